package dev.torchffm;

import static dev.torchffm.bindings.TorchFfm.tffm_clear_grad_;
import static dev.torchffm.bindings.TorchFfm.tffm_requires_grad_;

import dev.torchffm.internal.Modes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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
 * is garbage-collected. The result of an operator lives in its input's arena; if that is an automatic one, the
 * result gets an automatic one of its own. {@link #in(Arena)} names another.
 *
 * <p>After the arena is closed every use of the elements or the gradient throws an {@link IllegalStateException}; one
 * from a thread that a confined arena does not belong to throws a {@link WrongThreadException}. The dtype, the shape and
 * {@link #toString} answer always. An arena cannot be closed while an operator runs on its memory.
 *
 * <h2>Threads</h2>
 *
 * Any thread that the arena allows may use a tensor. No thread may change a tensor's elements, or its
 * history (an operator in place that is recorded, {@link #requiresGrad_}), while another uses it: libtorch does not
 * guard histories against this, and the process may end. A shape never changes.
 *
 * <p>Two tensors are equal when they are the same object; {@link #equal} compares their elements. Names that
 * end with an underscore write in place and give back the very same object, as PyTorch's do.
 *
 * {@snippet file="Relu.java"}
 *
 * <p>Source: the PyTorch page "torch.Tensor".
 */
public final class Tensor extends TensorMethods implements TensorOperators, TensorElements, TensorIndexing, Index {

    /** The arena of results; null stands for an automatic one for each. */
    final @Nullable Arena resultArena;

    final Storage storage;
    final History history;
    final Handle handle;

    Tensor(@Nullable Arena resultArena, Handle handle, Storage storage, History history) {
        this.resultArena = resultArena;
        this.handle = handle;
        this.storage = storage;
        this.history = history;
        history.belongsTo(handle);
    }

    // ---- made from Java's values and memory ----

    /** A one-dimensional FLOAT32 tensor of the values, which are copied, in an automatic arena. */
    public static Tensor of(float... values) {
        return Adoption.copyOf(null, MemorySegment.ofArray(requireValues(values)), DType.FLOAT32);
    }

    /** A one-dimensional FLOAT32 tensor of the values, which are copied, in the arena. */
    public static Tensor of(Arena arena, float... values) {
        return Adoption.copyOf(requireArena(arena), MemorySegment.ofArray(requireValues(values)), DType.FLOAT32);
    }

    /**
     * A one-dimensional FLOAT64 tensor of the values, which are copied, in an automatic arena. Java's type decides:
     * Python's {@code torch.tensor}, and {@link Torch#full(long[], Number)}, make FLOAT32 of such numbers.
     */
    public static Tensor of(double... values) {
        return Adoption.copyOf(null, MemorySegment.ofArray(requireValues(values)), DType.FLOAT64);
    }

    /** A one-dimensional FLOAT64 tensor of the values, which are copied, in the arena; see {@link #of(double...)}. */
    public static Tensor of(Arena arena, double... values) {
        return Adoption.copyOf(requireArena(arena), MemorySegment.ofArray(requireValues(values)), DType.FLOAT64);
    }

    /** A one-dimensional INT32 tensor of the values, which are copied, in an automatic arena. */
    public static Tensor of(int... values) {
        return Adoption.copyOf(null, MemorySegment.ofArray(requireValues(values)), DType.INT32);
    }

    /** A one-dimensional INT32 tensor of the values, which are copied, in the arena. */
    public static Tensor of(Arena arena, int... values) {
        return Adoption.copyOf(requireArena(arena), MemorySegment.ofArray(requireValues(values)), DType.INT32);
    }

    /** A one-dimensional INT64 tensor of the values, which are copied, in an automatic arena. */
    public static Tensor of(long... values) {
        return Adoption.copyOf(null, MemorySegment.ofArray(requireValues(values)), DType.INT64);
    }

    /** A one-dimensional INT64 tensor of the values, which are copied, in the arena. */
    public static Tensor of(Arena arena, long... values) {
        return Adoption.copyOf(requireArena(arena), MemorySegment.ofArray(requireValues(values)), DType.INT64);
    }

    /** A one-dimensional INT16 tensor of the values, which are copied, in an automatic arena. */
    public static Tensor of(short... values) {
        return Adoption.copyOf(null, MemorySegment.ofArray(requireValues(values)), DType.INT16);
    }

    /** A one-dimensional INT16 tensor of the values, which are copied, in the arena. */
    public static Tensor of(Arena arena, short... values) {
        return Adoption.copyOf(requireArena(arena), MemorySegment.ofArray(requireValues(values)), DType.INT16);
    }

    /** A one-dimensional INT8 tensor of the values, which are copied, in an automatic arena. */
    public static Tensor of(byte... values) {
        return Adoption.copyOf(null, MemorySegment.ofArray(requireValues(values)), DType.INT8);
    }

    /** A one-dimensional INT8 tensor of the values, which are copied, in the arena. */
    public static Tensor of(Arena arena, byte... values) {
        return Adoption.copyOf(requireArena(arena), MemorySegment.ofArray(requireValues(values)), DType.INT8);
    }

    /** A one-dimensional BOOL tensor of the values, which are copied, in an automatic arena. */
    public static Tensor of(boolean... values) {
        return Adoption.copyOf(null, Elements.bytes(requireValues(values)), DType.BOOL);
    }

    /** A one-dimensional BOOL tensor of the values, which are copied, in the arena. */
    public static Tensor of(Arena arena, boolean... values) {
        return Adoption.copyOf(requireArena(arena), Elements.bytes(requireValues(values)), DType.BOOL);
    }

    /**
     * A tensor of arrays of arrays, of as many dimensions as {@code values} has brackets, and in an automatic arena. The
     * dtype is as for one array: FLOAT64 for {@code double[][]}.
     *
     * {@snippet class="dev.torchffm.examples.IndexingSnippets" region="nested"}
     *
     * @param values such as a {@code float[][]}; copied. Below an empty array a dimension has length 0
     * @throws IllegalArgumentException when arrays of one depth differ in length, or hold no primitive type
     */
    public static Tensor of(Object[] values) {
        return Nested.tensor(null, values);
    }

    /** A tensor of arrays of arrays, which are copied, in the arena; see {@link #of(Object[])}. */
    public static Tensor of(Arena arena, Object[] values) {
        return Nested.tensor(requireArena(arena), values);
    }

    static Arena requireArena(Arena arena) {
        return Objects.requireNonNull(arena, "arena");
    }

    private static <T> T requireValues(T values) {
        return Objects.requireNonNull(values, "values");
    }

    /**
     * A row-major tensor over memory from the segment's start, in an automatic arena. Nothing is copied.
     *
     * <p>To libtorch two such tensors over one memory are not related: a write to one is not counted as a write to the
     * other, so a {@code backward} that needs what was overwritten does not fail. An operator that would write one and
     * read the other fails as for views of one tensor.
     *
     * {@snippet class="dev.torchffm.examples.Snippets" region="fromSegment"}
     *
     * @param memory native memory, aligned to the element size, at least as long as the elements; its own arena
     *     keeps it, and the tensor cannot be used once that is closed. Operators may read read-only memory; those
     *     that would write it are refused
     * @param dtype the elements' type
     * @param sizes the shape; none for a tensor of no dimension, with one element
     * @throws IllegalArgumentException when the memory is on the heap, misaligned or too short, or a size is
     *     negative, or the sizes' product overflows, or there are more than 64 of them
     */
    public static Tensor fromSegment(MemorySegment memory, DType dtype, long... sizes) {
        Objects.requireNonNull(memory, "memory");
        return Adoption.overSegment(null, memory, "memory", dtype, Layout.contiguous(sizes, dtype));
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
        Layout.numel(sizes, dtype);
        var layout = new Layout(sizes.clone(), strides.clone(), storageOffset);
        return Adoption.overSegment(handles, storage, "storage", dtype, layout);
    }

    // ---- described ----

    /** {@return the elements' type} */
    public DType dtype() {
        return handle.dtype();
    }

    /** {@return the length of each dimension, in a new array} */
    public long[] sizes() {
        return layout().sizes().clone();
    }

    /** {@return for each dimension the step from one element to the next, in elements, in a new array} */
    public long[] strides() {
        return layout().strides().clone();
    }

    /** {@return where element 0 lies in the storage, in elements} */
    public long storageOffset() {
        return layout().offset();
    }

    /** {@return the number of dimensions} */
    public int dim() {
        return layout().sizes().length;
    }

    /** {@return the number of elements} */
    public long numel() {
        return layout().numel();
    }

    /** {@return whether the elements lie in row-major order without a gap} */
    public boolean isContiguous() {
        return layout().isContiguous();
    }

    /**
     * The memory of the elements, from element 0 to the last one, gaps between them included. It is the
     * tensor's own memory: what is written here is seen by libtorch, and the other way round.
     *
     * {@snippet class="dev.torchffm.examples.Snippets" region="segment"}
     *
     * @return a segment that lives as long as the memory's arena; for libtorch's memory, as the tensor's arena
     */
    public MemorySegment segment() {
        requireAlive();
        long size = handle.dtype().byteSize();
        long start = Math.min(layout().offset() * size, memory().byteSize());
        return memory().asSlice(start, layout().extent() * size);
    }

    /** {@return the address of element 0, PyTorch's {@code data_ptr()}} */
    public long dataPtr() {
        return segment().address();
    }

    // ---- read out ----

    Elements elements() {
        return new Elements(segment(), handle.dtype(), layout());
    }

    /** {@return the tensor as PyTorch prints it; without elements where they cannot be read, as after a close} */
    @Override
    public String toString() {
        return TensorText.of(this);
    }

    /**
     * {@return whether two tensors have the same sizes and equal elements, PyTorch's {@code torch.equal}} A NaN
     * is equal to nothing; the dtypes need not be the same.
     */
    public static boolean equal(Tensor a, Tensor b) {
        Objects.requireNonNull(a, "a");
        Objects.requireNonNull(b, "b");
        return (boolean)
                Objects.requireNonNull(Operators.call(null, Ops.EQUAL, a, b).getFirst());
    }

    // ---- any operator ----

    /**
     * Calls an operator by its name, {@code "softmax.int"} or {@code "sort"}, with this tensor as its first argument; see
     * {@link Torch#call(String, Object...)}.
     *
     * {@snippet class="dev.torchffm.examples.IndexingSnippets" region="call"}
     */
    public Results call(String operator, @Nullable Object... more) {
        return NamedOperators.callOn(this, operator, more);
    }

    // ---- where results live ----

    /**
     * The same tensor, over the same memory and handle, whose operators' results live in the arena.
     *
     * {@snippet class="dev.torchffm.examples.Snippets" region="in"}
     *
     * @param arena kept, never closed by the tensor; beside another tensor a parameter does not say where results live
     */
    public Tensor in(Arena arena) {
        requireArena(arena);
        requireAlive();
        return new Tensor(arena, handle, storage, history);
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
        if (requiresGrad && handle.dtype().isFloatingPoint()) { // libtorch refuses others
            History.request();
        }
        TorchException.check(tffm_requires_grad_(Modes.current(), handle(), requiresGrad ? 1 : 0));
        return this;
    }

    /**
     * {@return whether this tensor was made in {@link Torch#inferenceMode} and takes no part in autograd}
     *
     * <p>Source: the PyTorch page "torch.Tensor.is_inference".
     */
    public boolean isInference() {
        return handle.inference();
    }

    /** {@return whether operators on this tensor are recorded} */
    public boolean requiresGrad() {
        requireAlive();
        return Adoption.described(this).requiresGrad();
    }

    /** Computes the gradients of a tensor of one element: {@code backward(null, false)}. */
    public void backward() {
        backward(null, false);
    }

    /** Computes gradients with this tensor's own one given: {@code backward(gradOutput, false)}. */
    public void backward(@Nullable Tensor gradOutput) {
        backward(gradOutput, false);
    }

    /**
     * Computes gradients from this tensor back to the leaves that it was computed from, and adds them to theirs.
     *
     * <p>Source: the PyTorch page "torch.Tensor.backward".
     *
     * @param gradOutput the gradient of this tensor, of its sizes, and of any dtype, which is converted to this
     *     tensor's; null stands for 1, for a tensor of one element
     * @param retainGraph whether what the recorded operators keep stays, so that another backward can follow
     * @throws TorchException when this tensor was not recorded, has not exactly one element where gradOutput is null, or
     *     has other sizes than gradOutput
     * @throws IllegalStateException when memory that a recorded operator read is closed
     */
    public void backward(@Nullable Tensor gradOutput, boolean retainGraph) {
        Gradients.backward(this, gradOutput, retainGraph);
    }

    /** {@return the gradient of this leaf, or null if it has none; {@link #backward} adds to the same memory} */
    public @Nullable Tensor grad() {
        return Adoption.gradient(this);
    }

    /**
     * Removes this leaf's gradient, so that {@link #backward} begins a new one: Python's {@code grad = None}. Tensors
     * that {@link #grad} returned before keep their elements.
     *
     * @return this tensor
     */
    public Tensor clearGrad_() {
        requireAlive();
        TorchException.check(tffm_clear_grad_(handle()));
        return this;
    }

    // ---- copies ----

    /**
     * {@return a copy over new memory, of the same layout where that has no gaps} Source: the PyTorch page
     * "torch.clone".
     */
    @Override
    public Tensor clone() {
        return Adoption.copyOf(this);
    }

    // ---- for the package: what operators need ----

    /** The handle, for the shim. */
    MemorySegment handle() {
        return handle.segment();
    }

    /** All the memory that libtorch may reach through this tensor. */
    MemorySegment memory() {
        return storage.segment();
    }

    /** The segment that keeps the memory alive as an argument of a call; libtorch's lives in the handle's arena. */
    MemorySegment keptMemory() {
        return storage.ofLibtorch() ? handle() : memory();
    }

    Layout layout() {
        return handle.layout();
    }

    /** Of the elements. */
    long byteSize() {
        return layout().numel() * handle.dtype().byteSize();
    }

    /** Refuses every use of a closed tensor, also those that do not need its memory. */
    void requireAlive() {
        handle.requireAlive(handle());
        if (!storage.ofLibtorch()) {
            handle.requireAlive(memory());
        }
    }

    void requireWritable(String name) {
        if (storage.isReadOnly()) {
            requireAlive();
            storage.refuseWrite(name);
        }
    }

    /** Whether operators on this tensor are recorded in the thread's mode. */
    boolean isRecorded() {
        return History.gradientsWereRequested() && Modes.records() && requiresGrad();
    }
}
