package dev.torchffm;

import dev.torchffm.internal.Handles;
import dev.torchffm.internal.Modes;
import dev.torchffm.internal.OperatorCall.Slot;
import dev.torchffm.internal.Shim;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A tensor: elements in off-heap memory that Java and libtorch share without a copy.
 *
 * <h2>Memory and lifetime</h2>
 *
 * A tensor lives in an {@link Arena}, as any {@link MemorySegment} does. Over Java's memory ({@link #of},
 * {@link #fromSegment}) nothing is copied and libtorch never frees it. Results stand on libtorch's memory and
 * are freed with their arena. A tensor made without naming an arena lives in an automatic one of its own and
 * is garbage-collected; the result of an operator lives in its input's arena, or in an automatic one of its
 * own where the input does; {@link #in(Arena)} names another.
 *
 * <p>After the arena is closed every use is an {@link IllegalStateException}; from a thread that a confined
 * arena does not belong to, a {@link WrongThreadException}. An arena that is closed while an operator runs on
 * its memory refuses to close.
 *
 * <h2>Threads</h2>
 *
 * Any thread that the arena allows may use a tensor. No thread may change a tensor's elements, or its
 * history (an operator in place that is recorded, {@link #requiresGrad_}), while another uses it: libtorch does not
 * guard what it keeps of a history, and the process may end. A shape never changes.
 *
 * <p>Two tensors are equal when they are the same object; {@link #equal} compares their elements. Names that
 * end with an underscore write in place and give back the very same object, as PyTorch's do.
 *
 * {@snippet class="dev.torchffm.examples.ReadmeExample" region="example"}
 *
 * <p>Source: the PyTorch page "torch.Tensor".
 */
public final class Tensor implements TensorOperators {

    /** Where results go that name no arena; null is an automatic arena for each. */
    private final @Nullable Arena home;

    private final MemorySegment handle;
    private final DType dtype;

    /** Never changes: operators that would change it in place are refused. */
    private final Shape shape;

    /** All the memory that libtorch may reach through this tensor, from element offset 0 on. */
    private final MemorySegment storage;

    /** Whether libtorch allocated the memory. */
    private final boolean libtorchsMemory;

    /** Whether the handle, and with it libtorch's memory, lives in an automatic arena, which nobody closes. */
    private final boolean collected;

    private final Graph graph;

    private final boolean inference;

    private Tensor(
            @Nullable Arena home,
            MemorySegment handle,
            DType dtype,
            Shape shape,
            MemorySegment storage,
            boolean libtorchsMemory,
            Graph graph,
            boolean inference) {
        this.home = home;
        this.handle = handle;
        this.dtype = dtype;
        this.shape = shape;
        this.storage = storage;
        this.libtorchsMemory = libtorchsMemory;
        this.collected = Handles.isCollected(handle.scope());
        this.graph = graph;
        this.inference = inference;
    }

    // ---- made from Java's values and memory ----

    /**
     * A one-dimensional FLOAT32 tensor of the values, in an automatic arena.
     *
     * @param values copied
     */
    public static Tensor of(float... values) {
        return copyOf(null, MemorySegment.ofArray(requireValues(values)), DType.FLOAT32);
    }

    /** A one-dimensional FLOAT32 tensor of the values, which are copied, in the arena. */
    public static Tensor of(Arena arena, float... values) {
        return copyOf(requireArena(arena), MemorySegment.ofArray(requireValues(values)), DType.FLOAT32);
    }

    /** A one-dimensional FLOAT64 tensor of the values, which are copied, in an automatic arena. */
    public static Tensor of(double... values) {
        return copyOf(null, MemorySegment.ofArray(requireValues(values)), DType.FLOAT64);
    }

    /** A one-dimensional FLOAT64 tensor of the values, which are copied, in the arena. */
    public static Tensor of(Arena arena, double... values) {
        return copyOf(requireArena(arena), MemorySegment.ofArray(requireValues(values)), DType.FLOAT64);
    }

    /** A one-dimensional INT32 tensor of the values, which are copied, in an automatic arena. */
    public static Tensor of(int... values) {
        return copyOf(null, MemorySegment.ofArray(requireValues(values)), DType.INT32);
    }

    /** A one-dimensional INT32 tensor of the values, which are copied, in the arena. */
    public static Tensor of(Arena arena, int... values) {
        return copyOf(requireArena(arena), MemorySegment.ofArray(requireValues(values)), DType.INT32);
    }

    /** A one-dimensional INT64 tensor of the values, which are copied, in an automatic arena. */
    public static Tensor of(long... values) {
        return copyOf(null, MemorySegment.ofArray(requireValues(values)), DType.INT64);
    }

    /** A one-dimensional INT64 tensor of the values, which are copied, in the arena. */
    public static Tensor of(Arena arena, long... values) {
        return copyOf(requireArena(arena), MemorySegment.ofArray(requireValues(values)), DType.INT64);
    }

    /** A one-dimensional INT16 tensor of the values, which are copied, in an automatic arena. */
    public static Tensor of(short... values) {
        return copyOf(null, MemorySegment.ofArray(requireValues(values)), DType.INT16);
    }

    /** A one-dimensional INT16 tensor of the values, which are copied, in the arena. */
    public static Tensor of(Arena arena, short... values) {
        return copyOf(requireArena(arena), MemorySegment.ofArray(requireValues(values)), DType.INT16);
    }

    /** A one-dimensional INT8 tensor of the values, which are copied, in an automatic arena. */
    public static Tensor of(byte... values) {
        return copyOf(null, MemorySegment.ofArray(requireValues(values)), DType.INT8);
    }

    /** A one-dimensional INT8 tensor of the values, which are copied, in the arena. */
    public static Tensor of(Arena arena, byte... values) {
        return copyOf(requireArena(arena), MemorySegment.ofArray(requireValues(values)), DType.INT8);
    }

    /** A one-dimensional BOOL tensor of the values, which are copied, in an automatic arena. */
    public static Tensor of(boolean... values) {
        return copyOf(null, bytes(requireValues(values)), DType.BOOL);
    }

    /** A one-dimensional BOOL tensor of the values, which are copied, in the arena. */
    public static Tensor of(Arena arena, boolean... values) {
        return copyOf(requireArena(arena), bytes(requireValues(values)), DType.BOOL);
    }

    private static MemorySegment bytes(boolean[] values) {
        var bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) (values[i] ? 1 : 0);
        }
        return MemorySegment.ofArray(bytes);
    }

    static Arena requireArena(Arena arena) {
        return Objects.requireNonNull(arena, "arena");
    }

    private static <T> T requireValues(T values) {
        return Objects.requireNonNull(values, "values");
    }

    /** A one-dimensional tensor over new memory of Java's, aligned to a cache line. */
    private static Tensor copyOf(@Nullable Arena home, MemorySegment values, DType dtype) {
        Arena arena = home == null ? Arena.ofAuto() : home;
        MemorySegment memory = arena.allocate(values.byteSize(), 64).copyFrom(values);
        Shape shape = Shape.contiguous(new long[] {values.byteSize() / dtype.byteSize()}, dtype);
        return wrap(home, arena, memory, dtype, shape, new Graph(memory));
    }

    /**
     * A row-major tensor over memory from the segment's start, in an automatic arena. Nothing is copied.
     *
     * {@snippet class="dev.torchffm.examples.Snippets" region="fromSegment"}
     *
     * @param memory native memory, aligned to the element size, at least as long as the elements; its own arena
     *     keeps it, and the tensor is dead when that is closed. Read-only memory may be read by operators, and
     *     those that would write it are refused
     * @param dtype the elements' type
     * @param sizes the shape; none for a tensor of no dimension, with one element
     * @throws IllegalArgumentException when the memory is on the heap, misaligned or too short, or a size is
     *     negative, or the sizes' product overflows, or there are more than 64 of them
     */
    public static Tensor fromSegment(MemorySegment memory, DType dtype, long... sizes) {
        Objects.requireNonNull(memory, "memory");
        Shape.numel(sizes, dtype);
        return overSegment(null, memory, dtype, sizes.clone(), Shape.contiguousStrides(sizes), 0, "memory");
    }

    /**
     * A view of any strides over memory. Nothing is copied.
     *
     * {@snippet class="dev.torchffm.examples.Snippets" region="strided"}
     *
     * @param handles the arena of libtorch's handle on the memory, and of results
     * @param storage native memory, aligned to the element size; its own arena keeps it
     * @param dtype the elements' type
     * @param sizes the shape
     * @param strides for each dimension the step from one element to the next, in elements, 0 or more
     * @param storageOffset where element 0 lies in the storage, in elements
     * @throws IllegalArgumentException when the memory is on the heap, misaligned or too short for the last
     *     element, or sizes, strides or offset are negative, overflow, or are not of one length
     */
    public static Tensor fromSegment(
            Arena handles, MemorySegment storage, DType dtype, long[] sizes, long[] strides, long storageOffset) {
        Objects.requireNonNull(handles, "handles");
        Objects.requireNonNull(storage, "storage");
        Objects.requireNonNull(strides, "strides");
        Shape.numel(sizes, dtype);
        return overSegment(handles, storage, dtype, sizes.clone(), strides.clone(), storageOffset, "storage");
    }

    private static Tensor overSegment(
            @Nullable Arena home,
            MemorySegment memory,
            DType dtype,
            long[] sizes,
            long[] strides,
            long offset,
            String name) {
        if (!memory.isNative()) {
            throw new IllegalArgumentException(
                    name + " is " + memory + ", on the Java heap, and must be native: allocate it from an Arena");
        }
        var shape = new Shape(sizes, strides, offset);
        shape.check();
        if (memory.address() % dtype.byteSize() != 0) {
            throw new IllegalArgumentException(name + " starts at address 0x" + Long.toHexString(memory.address())
                    + ", and must be aligned to the " + dtype.byteSize() + " bytes of a " + dtype);
        }
        long needed = (offset + shape.extent()) * dtype.byteSize();
        if (needed > memory.byteSize()) {
            throw new IllegalArgumentException(name + " has " + memory.byteSize() + " bytes, and the elements reach to "
                    + needed + " (" + dtype + ", sizes " + Arrays.toString(sizes) + ", strides "
                    + Arrays.toString(strides) + ", storageOffset " + offset + ")");
        }
        MemorySegment storage = memory.asSlice(0, needed);
        Graph graph = new Graph(storage);
        return wrap(home, home == null ? Arena.ofAuto() : home, storage, dtype, shape, graph);
    }

    static Tensor wrap(
            @Nullable Arena home, Arena arena, MemorySegment storage, DType dtype, Shape shape, Graph graph) {
        TorchException.requireLibtorch();
        MemorySegment cell = Shim.resultCell();
        TorchException.check(
                Shim.fromMemory(storage, dtype.code, shape.sizes(), shape.strides(), shape.offset(), cell));
        return new Tensor(home, Handles.adopt(arena, cell), dtype, shape, storage, false, graph, Modes.isInference());
    }

    /** A tensor around the handle in a call's result cell, over memory that is nobody else's. */
    static Tensor adopt(@Nullable Arena home, MemorySegment cell) {
        return adopt(home, cell, List.of(), new Graph(null), Share.NOTHING);
    }

    private Tensor result(MemorySegment cell) {
        return adopt(home, cell, List.of(this), new Graph(null), Share.NOTHING);
    }

    /** A tensor around the handle in a call's result cell, which may stand on an input's memory and then shares its life. */
    static Tensor adopt(@Nullable Arena home, MemorySegment cell, List<Tensor> inputs) {
        return adopt(home, cell, inputs, new Graph(null), Share.HISTORY);
    }

    /** The same of {@code aten::detach}'s result, whose history begins there. */
    static Tensor adoptDetached(@Nullable Arena home, MemorySegment cell, List<Tensor> inputs) {
        return adopt(home, cell, inputs, new Graph(null), Share.MEMORY);
    }

    /** The result of an operator on every element, of which all but its address is known where nothing is recorded. */
    private Tensor result(MemorySegment cell, boolean keepsDtype) {
        if (!keepsDtype || !shape.isRowMajor() || shape.offset() != 0 || isRecorded()) {
            return result(cell);
        }
        Arena arena = home == null ? Arena.ofAuto() : home;
        MemorySegment result = Handles.adopt(arena, cell);
        TorchException.check(Shim.dataPtr(result, cell));
        MemorySegment data = cell.get(ValueLayout.ADDRESS, 0);
        long bytes = shape.numel() * dtype.byteSize();
        return new Tensor(
                home,
                result,
                dtype,
                shape,
                Handles.memory(arena, data, bytes, Handles.isCollected(arena.scope())),
                true,
                new Graph(null),
                Modes.isInference());
    }

    /**
     * A tensor around the handle in a call's result cell.
     *
     * @param inputs what the operator read
     * @param graph the history, unless the result shares an input's
     * @param share what the result may share of an input whose memory it stands on
     */
    private static Tensor adopt(
            @Nullable Arena home, MemorySegment cell, List<Tensor> inputs, Graph graph, Share share) {
        Shim.Info info;
        DType dtype;
        Tensor owner;
        try {
            info = usable(Shim.describe(cell.get(ValueLayout.ADDRESS, 0)));
            dtype = DType.of(info.dtype());
            owner = share == Share.NOTHING || share == Share.GRADIENTS_HISTORY ? null : ownerOf(info, inputs);
        } catch (RuntimeException e) {
            Handles.free(cell);
            throw e;
        }
        Arena arena = home == null ? Arena.ofAuto() : home;
        MemorySegment handle = Handles.adopt(arena, cell);
        boolean empty = info.numel() == 0;
        Shape shape = new Shape(info.sizes(), info.strides(), info.storageOffset());
        Graph history = owner == null ? graph : share == Share.MEMORY ? owner.graph.detached() : owner.graph.withView();
        Tensor result;
        if (owner != null && !owner.libtorchsMemory) {
            result = new Tensor(home, handle, dtype, shape, owner.storage, false, history, info.inference());
        } else {
            long offset = empty ? 0 : info.storageOffset() * dtype.byteSize();
            MemorySegment storage = Handles.memory(
                    arena,
                    MemorySegment.ofAddress(info.data().address() - offset),
                    offset + shape.extent() * dtype.byteSize(),
                    owner == null && Handles.isCollected(arena.scope()));
            result = new Tensor(home, handle, dtype, shape, storage, true, history, info.inference());
        }
        if (owner == null && share != Share.GRADIENTS_HISTORY) {
            result.record(inputs, info.requiresGrad());
        } else if (info.requiresGrad()) { // a view's own backward keeps sizes and no memory
            Graph.use();
        }
        return result;
    }

    /** What a tensor may share: a view all of an input, what is detached its memory alone, a gradient the leaf's. */
    private enum Share {
        NOTHING,
        MEMORY,
        HISTORY,
        GRADIENTS_HISTORY
    }

    /** What is told of a result that a tensor here may be; others are refused. */
    private static Shim.Info usable(Shim.@Nullable Info info) {
        if (info == null) {
            throw new IllegalArgumentException(Shim.lastError());
        }
        if (info.numel() > 0 && info.data().equals(MemorySegment.NULL)) {
            throw new IllegalArgumentException("a result has no memory, and a tensor here must have its elements");
        }
        return info;
    }

    /** The input on whose storage a result stands. */
    private static @Nullable Tensor ownerOf(Shim.Info info, List<Tensor> inputs) {
        Tensor owner = null;
        for (Tensor input : inputs) {
            Shim.Info other = Shim.describe(input.handle);
            if (other == null || !other.storage().equals(info.storage())) {
                continue;
            }
            if (owner != null && owner.graph != input.graph) { // one of them is detached, and nobody tells which it is
                throw new IllegalArgumentException("a result stands on memory that two of the tensors share with"
                        + " different histories: give the operator a clone() of one");
            }
            owner = input;
        }
        return owner;
    }

    /** Says that an operator with these inputs may have been recorded in this tensor's history, or have ended it. */
    void record(List<Tensor> inputs) {
        Shim.Info info = Shim.describe(handle);
        if (info != null) {
            record(inputs, info.requiresGrad());
        }
    }

    private void record(List<Tensor> inputs, boolean requiresGrad) {
        if (requiresGrad) {
            Graph.use();
        }
        if (requiresGrad && !Shim.gradFn(handle).isEmpty()) {
            if (Modes.records()) { // else libtorch keeps the history as it is
                graph.record(inputs);
            }
        } else {
            graph.forget();
        }
    }

    Graph graph() {
        return graph;
    }

    Shape shape() {
        return shape;
    }

    /** Whether operators on this tensor are recorded in the thread's mode. */
    boolean isRecorded() {
        return Graph.isInUse() && Modes.records() && requiresGrad();
    }

    void putInto(Slot slot) {
        slot.tensor(handle, storage.isReadOnly());
        if (!collected) {
            slot.keepAlive(handle);
        }
        graph.keepMemory(slot::keepAlive); // libtorch's memory lives in the handle's arena
    }

    /** Keeps alive what libtorch reads when it computes gradients back from this tensor. */
    void putHistoryInto(Slot slot) {
        graph.forEachMemory(slot::keepAlive);
    }

    @Nullable
    Arena home() {
        return home;
    }

    // ---- described ----

    /** {@return the elements' type} */
    public DType dtype() {
        requireAlive();
        return dtype;
    }

    /** {@return the length of each dimension, in a new array} */
    public long[] sizes() {
        requireAlive();
        return shape.sizes().clone();
    }

    /** {@return for each dimension the step from one element to the next, in elements, in a new array} */
    public long[] strides() {
        requireAlive();
        return shape.strides().clone();
    }

    /** {@return where element 0 lies in the storage, in elements} */
    public long storageOffset() {
        requireAlive();
        return shape.offset();
    }

    /** {@return the number of dimensions} */
    public int dim() {
        requireAlive();
        return shape.sizes().length;
    }

    /** {@return the number of elements} */
    public long numel() {
        requireAlive();
        return shape.numel();
    }

    /** {@return whether the elements lie in row-major order without a gap} */
    public boolean isContiguous() {
        requireAlive();
        return shape.isContiguous();
    }

    /**
     * The memory of the elements, from element 0 to the last one, gaps between them included. It is the
     * tensor's own memory: what is written here is seen by libtorch, and the other way round.
     *
     * {@snippet class="dev.torchffm.examples.Snippets" region="segment"}
     *
     * @return a segment that lives as long as the memory's arena, or for libtorch's memory as the tensor's
     */
    public MemorySegment segment() {
        requireAlive();
        return elements();
    }

    private MemorySegment elements() {
        long start = Math.min(shape.offset() * dtype.byteSize(), storage.byteSize());
        return storage.asSlice(start, shape.extent() * dtype.byteSize());
    }

    /** {@return the address of element 0, PyTorch's {@code data_ptr()}} */
    public long dataPtr() {
        return segment().address();
    }

    /** Every use of a closed tensor fails, also those that would not need its memory. */
    void requireAlive() {
        if (!handle.scope().isAlive() || !storage.scope().isAlive()) {
            throw new IllegalStateException("the tensor's arena is closed");
        }
        if (!handle.isAccessibleBy(Thread.currentThread()) || !storage.isAccessibleBy(Thread.currentThread())) {
            throw new WrongThreadException("the tensor's arena is confined to another thread");
        }
    }

    // ---- read out ----

    /**
     * The one element of a tensor that has just one.
     *
     * @return a {@code Float} for FLOAT32, FLOAT16 and BFLOAT16, a {@code Double} for FLOAT64, a {@code Long} for
     *     INT64, an {@code Integer} for the narrower integers, and for BOOL an {@code Integer} 0 or 1
     * @throws IllegalStateException when there is not just one element
     */
    public Number item() {
        requireAlive();
        if (shape.numel() != 1) {
            throw new IllegalStateException(
                    "the tensor has " + shape.numel() + " elements, and item() needs one that has just one");
        }
        return switch (dtype) {
            case FLOAT32, FLOAT16, BFLOAT16 -> (float) Elements.real(elements(), dtype, 0);
            case FLOAT64 -> Elements.real(elements(), dtype, 0);
            case INT64 -> Elements.integer(elements(), dtype, 0);
            case INT8, UINT8, INT16, INT32, BOOL -> (int) Elements.integer(elements(), dtype, 0);
        };
    }

    /**
     * The elements in row-major order, in a new array.
     *
     * @throws IllegalStateException for a dtype whose values a {@code float} does not hold: FLOAT64, INT32, INT64
     *     and BOOL
     */
    public float[] toFloatArray() {
        var values = new float
                [arrayLength(
                        "float", DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16, DType.INT8, DType.UINT8, DType.INT16)];
        MemorySegment elements = elements();
        shape.forEach((place, number) -> values[(int) number] = (float) Elements.real(elements, dtype, place));
        return values;
    }

    /**
     * The elements in row-major order, in a new array.
     *
     * @throws IllegalStateException for a dtype whose values a {@code double} does not hold: INT64 and BOOL
     */
    public double[] toDoubleArray() {
        var values = new double
                [arrayLength(
                        "double",
                        DType.FLOAT64,
                        DType.FLOAT32,
                        DType.FLOAT16,
                        DType.BFLOAT16,
                        DType.INT8,
                        DType.UINT8,
                        DType.INT16,
                        DType.INT32)];
        MemorySegment elements = elements();
        shape.forEach((place, number) -> values[(int) number] = Elements.real(elements, dtype, place));
        return values;
    }

    /** {@return the elements of an INT8, UINT8, INT16, INT32 or INT64 tensor in row-major order, in a new array} */
    public long[] toLongArray() {
        var values = new long[arrayLength("long", DType.INT8, DType.UINT8, DType.INT16, DType.INT32, DType.INT64)];
        MemorySegment elements = elements();
        shape.forEach((place, number) -> values[(int) number] = Elements.integer(elements, dtype, place));
        return values;
    }

    /** {@return the elements of an INT8, UINT8, INT16 or INT32 tensor in row-major order, in a new array} */
    public int[] toIntArray() {
        var values = new int[arrayLength("int", DType.INT8, DType.UINT8, DType.INT16, DType.INT32)];
        MemorySegment elements = elements();
        shape.forEach((place, number) -> values[(int) number] = (int) Elements.integer(elements, dtype, place));
        return values;
    }

    /** {@return the elements of an INT8, UINT8 or INT16 tensor in row-major order, in a new array} */
    public short[] toShortArray() {
        var values = new short[arrayLength("short", DType.INT8, DType.UINT8, DType.INT16)];
        MemorySegment elements = elements();
        shape.forEach((place, number) -> values[(int) number] = (short) Elements.integer(elements, dtype, place));
        return values;
    }

    /** {@return the elements of an INT8 tensor in row-major order, in a new array} */
    public byte[] toByteArray() {
        var values = new byte[arrayLength("byte", DType.INT8)];
        MemorySegment elements = elements();
        shape.forEach((place, number) -> values[(int) number] = (byte) Elements.integer(elements, dtype, place));
        return values;
    }

    /** {@return the elements of a BOOL tensor in row-major order, in a new array} */
    public boolean[] toBooleanArray() {
        var values = new boolean[arrayLength("boolean", DType.BOOL)];
        MemorySegment elements = elements();
        shape.forEach((place, number) -> values[(int) number] = Elements.integer(elements, dtype, place) != 0);
        return values;
    }

    /** The length of an array of the elements, after a check that the dtype is one whose values it holds. */
    private int arrayLength(String type, DType... dtypes) {
        requireAlive();
        if (!List.of(dtypes).contains(dtype)) {
            throw new IllegalStateException(
                    "the tensor is " + dtype + ", and a " + type + "[] does not hold every value of it");
        }
        if (shape.numel() > Integer.MAX_VALUE - 8) {
            throw new IllegalStateException(
                    "the tensor has " + shape.numel() + " elements, more than an array may have: use segment()");
        }
        return (int) shape.numel();
    }

    /**
     * Copies the elements in row-major order.
     *
     * @param target written from its start; on or off the heap, of any alignment, and at least
     *     {@code numel() * dtype().byteSize()} bytes long
     * @throws IllegalArgumentException when the target is shorter, or read-only
     */
    public void copyTo(MemorySegment target) {
        Objects.requireNonNull(target, "target");
        requireAlive();
        long bytes = shape.numel() * dtype.byteSize();
        if (target.byteSize() < bytes) {
            throw new IllegalArgumentException(
                    "target has " + target.byteSize() + " bytes, and the elements take " + bytes);
        }
        MemorySegment elements = elements();
        if (shape.isContiguous()) {
            MemorySegment.copy(elements, 0, target, 0, bytes);
            return;
        }
        int size = dtype.byteSize();
        shape.forEach((place, number) -> MemorySegment.copy(elements, place * size, target, number * size, size));
    }

    /** {@return the tensor as PyTorch prints it, to the letter} */
    @Override
    public String toString() {
        requireAlive();
        String autograd = "";
        if (requiresGrad()) {
            String gradFn = Shim.gradFn(handle);
            // PyTorch computes with a number by the operator on tensors, whose backward has another number.
            String name = gradFn.replaceFirst("^(Add|Sub|Mul|Div)Backward1$", "$1Backward0");
            autograd = name.isEmpty() ? "requires_grad=True" : "grad_fn=<" + name + ">";
        }
        return Printer.print(dtype, shape, elements(), autograd);
    }

    /**
     * {@return whether two tensors have the same sizes and equal elements, PyTorch's {@code torch.equal}} A NaN
     * is equal to nothing; the dtypes need not be the same.
     */
    public static boolean equal(Tensor a, Tensor b) {
        Objects.requireNonNull(a, "a");
        Objects.requireNonNull(b, "b");
        return (boolean) Objects.requireNonNull(
                Operator.call(null, "aten::equal", new Object[] {a, b}).getFirst());
    }

    // ---- where results live ----

    /**
     * The same tensor, over the same memory and handle, whose operators' results live in the arena.
     *
     * {@snippet class="dev.torchffm.examples.Snippets" region="in"}
     *
     * @param arena kept, never closed by the tensor
     */
    public Tensor in(Arena arena) {
        requireArena(arena);
        requireAlive();
        return new Tensor(arena, handle, dtype, shape, storage, libtorchsMemory, graph, inference);
    }

    // ---- how the operators of TensorOperators are called ----

    /** An operator of the shim on two tensors. */
    interface WithTensor {
        int call(
                MemorySegment self,
                MemorySegment memory,
                MemorySegment other,
                MemorySegment otherMemory,
                MemorySegment cell);
    }

    /** An operator of the shim on a tensor and a number. */
    interface WithNumber {
        int call(MemorySegment self, MemorySegment memory, int kind, long bits, MemorySegment cell);
    }

    /** The same in place. */
    interface WithNumberInPlace {
        int call(MemorySegment self, MemorySegment memory, int kind, long bits);
    }

    Tensor with(Tensor other, WithTensor operator) {
        Objects.requireNonNull(other, "other");
        MemorySegment cell = Shim.resultCell();
        TorchException.check(operator.call(handle, storage, other.handle, other.storage, cell));
        return adopt(home, cell, List.of(this, other));
    }

    Tensor with(Number number, WithNumber operator) {
        int kind = Bound.kind("number", Objects.requireNonNull(number, "number"));
        MemorySegment cell = Shim.resultCell();
        TorchException.check(operator.call(handle, storage, kind, Bound.bits(number), cell));
        return result(cell);
    }

    Tensor with_(Number number, WithNumberInPlace operator) {
        int kind = Bound.kind("number", Objects.requireNonNull(number, "number"));
        requireWritable("self");
        TorchException.check(operator.call(handle, storage, kind, Bound.bits(number)));
        return this;
    }

    /** Calls an operator of libtorch's on this and more arguments that gives one tensor. */
    Tensor operator(String name, Object... more) {
        var arguments = new @Nullable Object[1 + more.length];
        arguments[0] = this;
        for (int i = 0; i < more.length; i++) {
            arguments[1 + i] = Objects.requireNonNull(more[i], "argument");
        }
        return (Tensor)
                Objects.requireNonNull(Operator.call(home, name, arguments).getFirst());
    }

    // ---- clamp and relu ----

    /**
     * Clamps every element between the bounds, into a new tensor.
     *
     * <p>Source: the PyTorch page "torch.clamp". An element below {@code min} becomes {@code min}, then one above
     * {@code max} becomes {@code max}; all others keep their bits, NaN and -0.0 too. A floating-point bound makes
     * an integer tensor's result FLOAT32.
     *
     * @param min a Float, a Double or an integral Number, or null for no bound
     * @param max likewise
     * @return a new tensor over other memory
     * @throws TorchException when both are null, or a bound is out of the dtype's range
     */
    public Tensor clamp(@Nullable Number min, @Nullable Number max) {
        int minKind = Bound.kind("min", min);
        int maxKind = Bound.kind("max", max);
        Tensor out = roomFor(minKind, Bound.bits(min), maxKind, Bound.bits(max));
        if (out != null) {
            boolean clamped = clampedByShim(out, true, minKind, Bound.bits(min), maxKind, Bound.bits(max));
            return clamped ? out : clamp(min, max, out);
        }
        MemorySegment cell = Shim.resultCell();
        TorchException.check(Shim.clamp(handle, storage, minKind, Bound.bits(min), maxKind, Bound.bits(max), cell));
        return result(cell, keepsDtype(minKind, maxKind));
    }

    /**
     * Clamps every element in place; see {@link #clamp(Number, Number)}. No byte outside the view is written.
     *
     * @return this tensor
     * @throws TorchException when the dtype would change, or as for {@code clamp}
     * @throws IllegalArgumentException when the memory is read-only
     */
    public Tensor clamp_(@Nullable Number min, @Nullable Number max) {
        requireWritable("self");
        int minKind = Bound.kind("min", min);
        int maxKind = Bound.kind("max", max);
        if (!clampedByShim(this, false, minKind, Bound.bits(min), maxKind, Bound.bits(max))) {
            TorchException.check(Shim.clamp_(handle, storage, minKind, Bound.bits(min), maxKind, Bound.bits(max)));
        }
        return this;
    }

    /**
     * Clamps every element into another tensor; see {@link #clamp(Number, Number)}.
     *
     * @param out written; of this tensor's sizes and a dtype that the result can be cast to
     * @return {@code out}
     * @throws IllegalArgumentException when out's sizes differ or its memory is read-only
     */
    public Tensor clamp(@Nullable Number min, @Nullable Number max, Tensor out) {
        requireOut(out);
        int minKind = Bound.kind("min", min);
        int maxKind = Bound.kind("max", max);
        if (!clampedByShim(out, false, minKind, Bound.bits(min), maxKind, Bound.bits(max))) {
            TorchException.check(Shim.clampOut(
                    handle, storage, minKind, Bound.bits(min), maxKind, Bound.bits(max), out.handle, out.storage));
        }
        return out;
    }

    /** Clamps from below into a new tensor: PyTorch's {@code clamp_min}; see {@link #clamp(Number, Number)}. */
    public Tensor clampMin(Number min) {
        Objects.requireNonNull(min, "min");
        int kind = Bound.kind("min", min);
        Tensor out = roomFor(kind, Bound.bits(min), Bound.NONE, 0);
        if (out != null) {
            return clampedByShim(out, true, kind, Bound.bits(min), Bound.NONE, 0) ? out : clampMin(min, out);
        }
        MemorySegment cell = Shim.resultCell();
        TorchException.check(Shim.clampMin(handle, storage, kind, Bound.bits(min), cell));
        return result(cell, keepsDtype(kind, Bound.NONE));
    }

    /** Clamps from below in place and returns this tensor; see {@link #clamp_(Number, Number)}. */
    public Tensor clampMin_(Number min) {
        Objects.requireNonNull(min, "min");
        requireWritable("self");
        int kind = Bound.kind("min", min);
        if (!clampedByShim(this, false, kind, Bound.bits(min), Bound.NONE, 0)) {
            TorchException.check(Shim.clampMin_(handle, storage, kind, Bound.bits(min)));
        }
        return this;
    }

    /** Clamps from below into {@code out} and returns it; see {@link #clamp(Number, Number, Tensor)}. */
    public Tensor clampMin(Number min, Tensor out) {
        Objects.requireNonNull(min, "min");
        requireOut(out);
        int kind = Bound.kind("min", min);
        if (!clampedByShim(out, false, kind, Bound.bits(min), Bound.NONE, 0)) {
            TorchException.check(Shim.clampMinOut(handle, storage, kind, Bound.bits(min), out.handle, out.storage));
        }
        return out;
    }

    /** Clamps from above into a new tensor: PyTorch's {@code clamp_max}; see {@link #clamp(Number, Number)}. */
    public Tensor clampMax(Number max) {
        Objects.requireNonNull(max, "max");
        int kind = Bound.kind("max", max);
        Tensor out = roomFor(Bound.NONE, 0, kind, Bound.bits(max));
        if (out != null) {
            return clampedByShim(out, true, Bound.NONE, 0, kind, Bound.bits(max)) ? out : clampMax(max, out);
        }
        MemorySegment cell = Shim.resultCell();
        TorchException.check(Shim.clampMax(handle, storage, kind, Bound.bits(max), cell));
        return result(cell, keepsDtype(Bound.NONE, kind));
    }

    /** Clamps from above in place and returns this tensor; see {@link #clamp_(Number, Number)}. */
    public Tensor clampMax_(Number max) {
        Objects.requireNonNull(max, "max");
        requireWritable("self");
        int kind = Bound.kind("max", max);
        if (!clampedByShim(this, false, Bound.NONE, 0, kind, Bound.bits(max))) {
            TorchException.check(Shim.clampMax_(handle, storage, kind, Bound.bits(max)));
        }
        return this;
    }

    /** Clamps from above into {@code out} and returns it; see {@link #clamp(Number, Number, Tensor)}. */
    public Tensor clampMax(Number max, Tensor out) {
        Objects.requireNonNull(max, "max");
        requireOut(out);
        int kind = Bound.kind("max", max);
        if (!clampedByShim(out, false, Bound.NONE, 0, kind, Bound.bits(max))) {
            TorchException.check(Shim.clampMaxOut(handle, storage, kind, Bound.bits(max), out.handle, out.storage));
        }
        return out;
    }

    /**
     * Replaces every negative element by 0, into a new tensor: libtorch's own {@code relu}.
     *
     * <p>Source: the PyTorch page "torch.nn.functional.relu".
     *
     * @throws TorchException for a BOOL tensor
     */
    public Tensor relu() {
        Tensor out = dtype == DType.BOOL ? null : roomFor(Bound.INTEGER, 0, Bound.NONE, 0);
        if (out != null) {
            return clampedByShim(out, true, Bound.INTEGER, 0, Bound.NONE, 0) ? out : clampMin(0, out);
        }
        MemorySegment cell = Shim.resultCell();
        TorchException.check(Shim.relu(handle, storage, cell));
        return result(cell, true);
    }

    /**
     * Replaces every negative element by 0, in place.
     *
     * @return this tensor
     * @throws TorchException for a BOOL tensor
     * @throws IllegalArgumentException when the memory is read-only
     */
    public Tensor relu_() {
        requireWritable("self");
        if (!clampedByShim(this, false, Bound.INTEGER, 0, Bound.NONE, 0)) {
            TorchException.check(Shim.relu_(handle, storage));
        }
        return this;
    }

    /** Whether a result has this dtype: else bounds make it another, or libtorch fails. */
    private boolean keepsDtype(int minKind, int maxKind) {
        return dtype.isFloatingPoint() || dtype != DType.BOOL && minKind != Bound.REAL && maxKind != Bound.REAL;
    }

    /** Where a result goes that keeps the dtype, or null where libtorch makes it. */
    private @Nullable Tensor roomFor(int minKind, long min, int maxKind, long max) {
        return keepsDtype(minKind, maxKind)
                ? Results.like(this, clampedByShim(null, true, minKind, min, maxKind, max))
                : null;
    }

    /**
     * Clamps by the shim's own loops where they are asked for and serve; else libtorch must.
     *
     * @param to what is written, or null to hear whether a new tensor of this shape would be
     * @param fresh whether it is new, so that nobody can depend on its version
     */
    private boolean clampedByShim(@Nullable Tensor to, boolean fresh, int minKind, long min, int maxKind, long max) {
        if (!Modes.hasShimKernels() || to != null && (to.dtype != dtype || !fresh && !Results.shimMayWrite(to))) {
            return false;
        }
        if (!Results.shimMayRead(this)) {
            return false;
        }
        requireAlive();
        Tensor target = to == null ? this : to;
        int status = Shim.kernelClamp(
                storage,
                shape.offset(),
                target.storage,
                target.shape.offset(),
                to == null ? 0 : shape.numel(),
                dtype.code,
                minKind,
                min,
                maxKind,
                max);
        if (status == Shim.NOT_SERVED) {
            return false;
        }
        TorchException.check(status);
        return true;
    }

    private void requireWritable(String name) {
        if (storage.isReadOnly()) {
            requireAlive();
            throw new IllegalArgumentException(
                    name + " stands on read-only memory, " + storage + ", and the operator writes it");
        }
    }

    /** Another size would make libtorch move out's memory away from under its segment. */
    private void requireOut(Tensor out) {
        Objects.requireNonNull(out, "out");
        out.requireWritable("out");
        if (!Arrays.equals(shape.sizes(), out.shape.sizes())) {
            throw new IllegalArgumentException("out has sizes " + Arrays.toString(out.shape.sizes())
                    + ", and must have this tensor's, " + Arrays.toString(shape.sizes()));
        }
    }

    // ---- gradients ----

    /**
     * Says whether operators on this tensor are recorded, so that {@link #backward} can compute its gradient.
     *
     * {@snippet class="dev.torchffm.examples.Snippets" region="backward"}
     *
     * <p>Source: the PyTorch page "torch.Tensor.requires_grad_".
     *
     * @return this tensor
     * @throws TorchException for true on a dtype that is not floating-point, and for false on a tensor that is the
     *     result of a recorded operator
     */
    public Tensor requiresGrad_(boolean requiresGrad) {
        requireAlive();
        if (requiresGrad && dtype.isFloatingPoint()) { // libtorch refuses others
            Graph.use();
        }
        TorchException.check(Shim.requiresGrad_(handle, requiresGrad));
        return this;
    }

    /**
     * {@return whether this tensor was made in {@link Torch#inferenceMode} and takes no part in autograd}
     *
     * <p>Source: the PyTorch page "torch.Tensor.is_inference".
     */
    public boolean isInference() {
        requireAlive();
        return inference;
    }

    /** {@return whether operators on this tensor are recorded} */
    public boolean requiresGrad() {
        requireAlive();
        Shim.Info info = Shim.describe(handle);
        return info != null && info.requiresGrad();
    }

    /**
     * Computes the gradients of a tensor of one element, and adds them to the leaves'.
     *
     * @throws TorchException when this tensor was not recorded, or has not one element
     * @throws IllegalStateException when memory that a recorded operator read is closed
     */
    public void backward() {
        backward(null);
    }

    /**
     * Computes gradients from this tensor back to the leaves that it was computed from, and adds them to theirs.
     *
     * <p>Source: the PyTorch page "torch.Tensor.backward".
     *
     * @param gradOutput the gradient of this tensor, of its sizes; null is a one for a tensor of one element
     * @throws TorchException when this tensor was not recorded, or gradOutput's sizes differ
     * @throws IllegalStateException when memory that a recorded operator read is closed
     */
    public void backward(@Nullable Tensor gradOutput) {
        // libtorch may keep gradOutput's memory as a leaf's gradient, so it is always libtorch's own.
        Tensor gradient = gradOutput == null || gradOutput.libtorchsMemory ? gradOutput : gradOutput.copy();
        Operator.call(null, Operator.BACKWARD, new @Nullable Object[] {this, List.of(), gradient, null, false});
        graph.forget(); // libtorch has freed what it kept, and refuses another time
    }

    /** {@return the gradient that {@link #backward} added up in this leaf, over the memory that is added to; or null} */
    public @Nullable Tensor grad() {
        requireAlive();
        MemorySegment cell = Shim.resultCell();
        TorchException.check(Shim.grad(handle, cell));
        return cell.get(ValueLayout.ADDRESS, 0).equals(MemorySegment.NULL)
                ? null
                : adopt(home, cell, List.of(), graph.ofGradient(), Share.GRADIENTS_HISTORY);
    }

    /**
     * Takes this leaf's gradient away, so that {@link #backward} begins a new one: Python's {@code grad = None}. Tensors
     * that {@link #grad} gave before keep what they have.
     *
     * @return this tensor
     */
    public Tensor clearGrad_() {
        requireAlive();
        TorchException.check(Shim.clearGrad_(handle));
        return this;
    }

    // ---- copies ----

    /**
     * {@return a copy over new memory, of the same layout where that has no gaps} Source: the PyTorch page
     * "torch.clone".
     */
    @Override
    public Tensor clone() {
        // A contiguous clone keeps the strides of dimensions of length 1, which results of operators do not.
        boolean likeAResult = shape.isRowMajor() || !shape.isContiguous();
        Tensor out = likeAResult ? Results.like(this, false) : null;
        return out == null ? copy() : out.copy_(this);
    }

    /** A clone that libtorch makes. */
    private Tensor copy() {
        MemorySegment cell = Shim.resultCell();
        TorchException.check(Shim.clone(handle, storage, cell));
        return result(cell);
    }

    /** {@return this tensor where it is contiguous, else a contiguous copy over new memory of libtorch's} */
    public Tensor contiguous() {
        if (isContiguous()) {
            return this;
        }
        MemorySegment cell = Shim.resultCell();
        TorchException.check(Shim.contiguous(handle, storage, cell));
        return result(cell);
    }

    /**
     * Copies another tensor's elements into this one.
     *
     * @param source read; converted to this dtype and broadcast to these sizes
     * @return this tensor
     * @throws TorchException when the sizes do not fit
     * @throws IllegalArgumentException when this memory is read-only
     */
    public Tensor copy_(Tensor source) {
        Objects.requireNonNull(source, "source");
        requireWritable("self");
        TorchException.check(Shim.copy_(handle, storage, source.handle, source.storage));
        record(List.of(source)); // the history that was may still be read, and noGrad keeps it as it is
        return this;
    }
}
