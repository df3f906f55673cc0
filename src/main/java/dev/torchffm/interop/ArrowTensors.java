package dev.torchffm.interop;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.BufferLedger;
import org.apache.arrow.memory.ForeignAllocation;
import org.apache.arrow.memory.ReferenceManager;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float2Vector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.SmallIntVector;
import org.apache.arrow.vector.TinyIntVector;
import org.apache.arrow.vector.UInt1Vector;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;
import org.jspecify.annotations.Nullable;

/**
 * Apache Arrow's vectors as tensors and tensors as vectors, over the same memory.
 *
 * <table>
 * <caption>Which vector goes with which dtype</caption>
 * <tr><th>vector</th><th>dtype</th></tr>
 * <tr><td>{@code Float2Vector}</td><td>FLOAT16</td></tr>
 * <tr><td>{@code Float4Vector}</td><td>FLOAT32</td></tr>
 * <tr><td>{@code Float8Vector}</td><td>FLOAT64</td></tr>
 * <tr><td>{@code TinyIntVector}</td><td>INT8</td></tr>
 * <tr><td>{@code UInt1Vector}</td><td>UINT8</td></tr>
 * <tr><td>{@code SmallIntVector}</td><td>INT16</td></tr>
 * <tr><td>{@code IntVector}</td><td>INT32</td></tr>
 * <tr><td>{@code BigIntVector}</td><td>INT64</td></tr>
 * </table>
 *
 * BOOL and {@code BitVector} do not go together: one has a byte for each element, the other a bit. Arrow has no
 * BFLOAT16. A dictionary-encoded vector is taken as its indices.
 *
 * <h2>Who may write</h2>
 *
 * Both sides may write memory of Arrow's own allocators. Memory that Arrow got from elsewhere, through the C Data
 * Interface or {@code wrapForeignAllocation}, may be read-only, as a mapped file is, and Arrow does not say so. So a tensor over such memory is read-only: an operator that
 * would write it is refused with an {@link IllegalArgumentException}, and does not end the process.
 * {@link #writableTensor} is for callers who know that the memory may be written.
 *
 * <h2>Needed</h2>
 *
 * {@code org.apache.arrow:arrow-vector} and {@code arrow-memory-unsafe} or another {@code arrow-memory}, both of 19.0.0.
 * Arrow's own warnings on JDK 25 are silenced by {@code --sun-misc-unsafe-memory-access=allow}. {@link ArrowCData} is
 * for the C Data Interface.
 *
 * <h2>Threads</h2>
 *
 * Any thread that the arena allows may call these methods, as long as no other one changes the vector meanwhile:
 * Arrow's vectors are not safe for several threads.
 *
 * <p>Source: the Arrow page "Arrow Columnar Format".
 */
public final class ArrowTensors {

    /** The managers of Arrow's own memory, by name, as the classes are optional. All other memory is from elsewhere. */
    private static final Set<String> ARROW_MANAGERS = Set.of(
            "org.apache.arrow.memory.unsafe.UnsafeAllocationManager",
            "org.apache.arrow.memory.netty.NettyAllocationManager");

    private ArrowTensors() {}

    // ---- from Arrow ----

    /**
     * A tensor over a vector's values, as many as its value count. Nothing is copied.
     *
     * {@snippet class="dev.torchffm.examples.InteropSnippets" region="fromArrow"}
     *
     * <p>The tensor holds one reference to the vector's buffer, until the arena is closed: the vector may be closed
     * before, and the tensor closed before it. Arrow's allocator must be closed after the arena; before, its
     * {@code close} throws an {@code IllegalStateException}. In an automatic arena it is not known when
     * the reference is given back. A vector that grows moves to other memory, and leaves the tensor over the old.
     *
     * @param vector of a type of the table above, without nulls; a slice of another vector too
     * @param arena of the tensor, and of results
     * @return a tensor of one dimension, read-only where the vector's memory is not an Arrow allocator's own, that of
     *     {@link #vector} included
     * @throws IllegalArgumentException when the vector has nulls, or is of another type, or its values are not aligned
     *     to their size or fewer than it says
     */
    public static Tensor tensor(FieldVector vector, Arena arena) {
        return withoutNulls(vector, arena, Write.IF_OWNED_BY_ARROW);
    }

    /**
     * A tensor over a vector's values as {@link #tensor} makes one, but writable, whoever owns the memory.
     *
     * @param vector of a type of the table above, without nulls, and over memory that the caller knows may be written:
     *     a write to memory that is mapped read-only ends the process
     * @param arena of the tensor, and of results
     * @return a tensor of one dimension
     * @throws IllegalArgumentException as for {@code tensor}
     */
    public static Tensor writableTensor(FieldVector vector, Arena arena) {
        return withoutNulls(vector, arena, Write.ALWAYS);
    }

    /** When a tensor may be written. */
    enum Write {
        IF_OWNED_BY_ARROW,
        NEVER,
        ALWAYS
    }

    static Tensor withoutNulls(FieldVector vector, Arena arena, Write write) {
        DType dtype = requireDtype(vector);
        int nulls = vector.getNullCount();
        if (nulls > 0) {
            throw new IllegalArgumentException(named(vector) + " has " + nulls + " nulls in " + vector.getValueCount()
                    + " values, and a tensor has no nulls: fill them, or take tensorIgnoringNulls and validity");
        }
        return over(vector, dtype, arena, write);
    }

    /**
     * A tensor over a vector's values as {@link #tensor} makes one, where the vector has nulls too.
     *
     * @param vector of a type of the table above
     * @param arena of the tensor, and of results
     * @return a tensor of one dimension; where {@link #validity} is false, its element is whatever the vector's memory
     *     holds there
     * @throws IllegalArgumentException as for {@code tensor}, but for nulls
     */
    public static Tensor tensorIgnoringNulls(FieldVector vector, Arena arena) {
        return over(vector, requireDtype(vector), arena, Write.IF_OWNED_BY_ARROW);
    }

    /**
     * Which values of a vector are not null, copied.
     *
     * @param vector of a type of the table above
     * @param arena of the tensor, and of results
     * @return a BOOL tensor of one dimension, false where the vector has a null
     * @throws IllegalArgumentException when the vector is of another type
     */
    public static Tensor validity(FieldVector vector, Arena arena) {
        requireDtype(vector);
        MemorySegment valid = Objects.requireNonNull(arena, "arena").allocate(vector.getValueCount());
        for (int i = 0; i < vector.getValueCount(); i++) {
            valid.set(ValueLayout.JAVA_BYTE, i, (byte) (vector.isNull(i) ? 0 : 1));
        }
        return flat(arena, valid, DType.BOOL, vector.getValueCount());
    }

    static DType requireDtype(FieldVector vector) {
        DType dtype =
                switch (Objects.requireNonNull(vector, "vector")) {
                    case Float2Vector _ -> DType.FLOAT16;
                    case Float4Vector _ -> DType.FLOAT32;
                    case Float8Vector _ -> DType.FLOAT64;
                    case TinyIntVector _ -> DType.INT8;
                    case UInt1Vector _ -> DType.UINT8;
                    case SmallIntVector _ -> DType.INT16;
                    case IntVector _ -> DType.INT32;
                    case BigIntVector _ -> DType.INT64;
                    case BitVector _ ->
                        throw new IllegalArgumentException(
                                named(vector) + " is a BitVector, which has a bit for each value, and a BOOL tensor has"
                                        + " a byte for each element: copy its values");
                    default ->
                        throw new IllegalArgumentException(named(vector) + " is a "
                                + vector.getClass().getSimpleName() + ", and must be a Float2Vector, Float4Vector,"
                                + " Float8Vector, TinyIntVector, UInt1Vector, SmallIntVector, IntVector or"
                                + " BigIntVector");
                };
        if (vector.getValueCount() > vector.getValueCapacity()) {
            throw new IllegalArgumentException(named(vector) + " has a value count of " + vector.getValueCount()
                    + ", and its buffers have room for " + vector.getValueCapacity());
        }
        return dtype;
    }

    private static String named(FieldVector vector) {
        return "vector \"" + vector.getName() + "\"";
    }

    private static Tensor over(FieldVector vector, DType dtype, Arena arena, Write write) {
        Objects.requireNonNull(arena, "arena");
        int count = vector.getValueCount();
        if (count == 0) {
            return flat(arena, arena.allocate(0, dtype.byteSize()), dtype, 0);
        }
        ArrowBuf values = vector.getDataBuffer();
        if (values.memoryAddress() % dtype.byteSize() != 0) {
            throw new IllegalArgumentException(
                    named(vector) + " has its values at address 0x" + Long.toHexString(values.memoryAddress())
                            + ", and must be aligned to the " + dtype.byteSize() + " bytes of a " + dtype);
        }
        MemorySegment memory = retained(values, (long) count * dtype.byteSize(), arena);
        boolean writable = write == Write.ALWAYS || write == Write.IF_OWNED_BY_ARROW && isOwnedByArrow(values);
        return flat(arena, writable ? memory : memory.asReadOnly(), dtype, count);
    }

    /** Whether memory is an Arrow allocator's own, which may be written. */
    private static boolean isOwnedByArrow(ArrowBuf buffer) {
        return buffer.getReferenceManager() instanceof BufferLedger ledger
                && ARROW_MANAGERS.contains(
                        ledger.getAllocationManager().getClass().getName());
    }

    /** A buffer's memory, with a reference to it that is given back when the arena is closed, or refuses the memory. */
    private static MemorySegment retained(ArrowBuf buffer, long bytes, Arena arena) {
        ReferenceManager references = buffer.getReferenceManager();
        references.retain();
        try {
            return MemorySegment.ofAddress(buffer.memoryAddress()).reinterpret(bytes, arena, _ -> references.release());
        } catch (RuntimeException | Error e) {
            references.release();
            throw e;
        }
    }

    private static Tensor flat(Arena arena, MemorySegment memory, DType dtype, long numel) {
        return Tensor.fromSegment(arena, memory, dtype, new long[] {numel}, new long[] {1}, 0);
    }

    // ---- to Arrow ----

    /**
     * A vector over a tensor's elements, without nulls. Nothing is copied; only the vector's bitmap of nulls is new.
     *
     * {@snippet class="dev.torchffm.examples.InteropSnippets" region="toArrow"}
     *
     * <p>The tensor's memory stays as long as Arrow has a reference to it, even without the tensor. Arrow does not
     * notice when an arena is closed, so the memory must be one that cannot be closed: that of an automatic arena (as
     * of a tensor made without naming one), of the global arena, or of a direct buffer. If native code made the buffer,
     * its owner must keep it. A vector that grows moves to other memory.
     *
     * @param name the vector's
     * @param tensor contiguous, of one dimension and a dtype of the table above
     * @param allocator accounts for the bytes, and must be closed after the vector
     * @return a vector that the caller closes
     * @throws IllegalArgumentException when the tensor has not one dimension, or is not contiguous, or requires
     *     gradients, or stands on memory that is read-only or can be closed, or is BOOL or BFLOAT16, or has 2^31
     *     elements or more
     * @throws org.apache.arrow.memory.OutOfMemoryException when the allocator's limit does not hold the bytes
     */
    public static FieldVector vector(String name, Tensor tensor, BufferAllocator allocator) {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(allocator, "allocator");
        MemorySegment memory = Borrowing.plainMemory(tensor, "Arrow");
        if (tensor.dim() != 1) {
            throw new IllegalArgumentException("tensor has sizes " + Arrays.toString(tensor.sizes())
                    + ", and a vector has one dimension: flatten it,"
                    + " Torch.call(\"aten::view\", tensor, new long[] {-1})");
        }
        if (tensor.numel() > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "tensor has " + tensor.numel() + " elements, and a vector has at most " + Integer.MAX_VALUE);
        }
        FieldVector vector = emptyVector(name, tensor.dtype(), allocator);
        try (ArrowBuf values = allocator.wrapForeignAllocation(new KeptMemory(memory))) {
            // For an empty bitmap Arrow makes one of its own.
            vector.loadFieldBuffers(new ArrowFieldNode(tensor.numel(), 0), List.of(allocator.getEmpty(), values));
        }
        return vector;
    }

    private static FieldVector emptyVector(String name, DType dtype, BufferAllocator allocator) {
        return switch (dtype) {
            case FLOAT16 -> new Float2Vector(name, allocator);
            case FLOAT32 -> new Float4Vector(name, allocator);
            case FLOAT64 -> new Float8Vector(name, allocator);
            case INT8 -> new TinyIntVector(name, allocator);
            case UINT8 -> new UInt1Vector(name, allocator);
            case INT16 -> new SmallIntVector(name, allocator);
            case INT32 -> new IntVector(name, allocator);
            case INT64 -> new BigIntVector(name, allocator);
            case BOOL ->
                throw new IllegalArgumentException(
                        "tensor is BOOL, with a byte for each element, and Arrow has a bit: cast it to UINT8");
            case BFLOAT16 ->
                throw new IllegalArgumentException(
                        "tensor is BFLOAT16, and Arrow has no such type: cast it to FLOAT32");
        };
    }

    /** A tensor's memory, kept until Arrow has no reference to it. */
    private static final class KeptMemory extends ForeignAllocation {

        private @Nullable MemorySegment memory;

        KeptMemory(MemorySegment memory) {
            super(memory.byteSize(), memory.address());
            this.memory = memory;
        }

        @Override
        protected void release0() {
            memory = null;
        }
    }
}
