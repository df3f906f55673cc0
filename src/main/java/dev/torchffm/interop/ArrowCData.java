package dev.torchffm.interop;

import dev.torchffm.Tensor;
import dev.torchffm.interop.ArrowTensors.Write;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import org.apache.arrow.c.ArrowArray;
import org.apache.arrow.c.ArrowSchema;
import org.apache.arrow.c.BaseStruct;
import org.apache.arrow.c.Data;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.util.TransferPair;

/**
 * Tensors through Apache Arrow's C Data Interface, over the same memory, to and from other languages of this process.
 * {@link ArrowTensors} says which types go with which dtypes.
 *
 * <h2>Who may write</h2>
 *
 * The interface asks both sides not to change what they share, and memory that comes through it may be read-only, as a
 * mapped file is. So an imported tensor is read-only: an operator that would write it is refused with an
 * {@link IllegalArgumentException}. {@link #importWritableFrom} is for callers who know that the memory may be written.
 *
 * <h2>Needed</h2>
 *
 * What {@code ArrowTensors} needs, {@code org.apache.arrow:arrow-c-data} of 19.0.0, and the flag
 * {@code --add-opens=java.base/java.nio=org.apache.arrow.memory.core,ALL-UNNAMED}, without which an
 * {@link UnsupportedOperationException} is thrown.
 *
 * <h2>Threads</h2>
 *
 * Any thread that the arena allows may call these methods.
 *
 * <p>Source: the Arrow page "The Arrow C data interface".
 */
public final class ArrowCData {

    /** The count of nulls that nobody counted. */
    private static final long UNKNOWN = -1;

    private ArrowCData() {}

    /**
     * Exports a tensor through the C Data Interface, for a consumer in another language of this process. Nothing is
     * copied.
     *
     * <p>The tensor's memory stays until the consumer has called the array's {@code release}. {@link ArrowTensors#vector} says
     * which memory is taken.
     *
     * @param tensor as for {@code ArrowTensors.vector}
     * @param allocator for the structures' own parts; must be closed after both are released
     * @param array filled; its consumer releases it
     * @param schema filled, with an empty name; its consumer releases it
     * @throws IllegalArgumentException as for {@code ArrowTensors.vector}
     */
    public static void exportTo(Tensor tensor, BufferAllocator allocator, ArrowArray array, ArrowSchema schema) {
        Objects.requireNonNull(array, "array");
        Objects.requireNonNull(schema, "schema");
        try (FieldVector vector = ArrowTensors.vector("", tensor, allocator)) {
            Data.exportVector(allocator, vector, null, array, schema);
        }
    }

    /**
     * A read-only tensor over an array that comes through the C Data Interface, from a producer in another language of
     * this process. Nothing is copied. The addresses and lengths in the structures are trusted, as they cannot be
     * checked.
     *
     * <p>The array's {@code release} is called once: when the arena is closed, or at once if this method fails.
     *
     * @param array of a type of {@link ArrowTensors}' table and without nulls, a slice too; consumed and closed, also on failure
     * @param schema the array's; released and closed, also on failure
     * @param allocator accounts for the bytes, and must be closed after the arena
     * @param arena of the tensor, and of results
     * @return a tensor of one dimension, which shows what the producer writes; operators that would write it are
     *     refused
     * @throws IllegalArgumentException when the array has a dictionary, or its offset and length together are 2^31 or
     *     more, which Arrow's Java part does not take, or as for {@link ArrowTensors#tensor}
     * @throws IllegalStateException when the array or the schema is already released
     */
    public static Tensor importFrom(ArrowArray array, ArrowSchema schema, BufferAllocator allocator, Arena arena) {
        return imported(array, schema, allocator, arena, Write.NEVER);
    }

    /**
     * A tensor over an array as {@link #importFrom} makes one, which may be written.
     *
     * @param array as there, of a producer that is known to let its memory be written: a write to memory that is
     *     mapped read-only ends the process
     * @param schema as there
     * @param allocator as there
     * @param arena as there
     * @return a tensor of one dimension
     * @throws IllegalArgumentException as there
     * @throws IllegalStateException as there
     */
    public static Tensor importWritableFrom(
            ArrowArray array, ArrowSchema schema, BufferAllocator allocator, Arena arena) {
        return imported(array, schema, allocator, arena, Write.ALWAYS);
    }

    private static Tensor imported(
            ArrowArray array, ArrowSchema schema, BufferAllocator allocator, Arena arena, Write write) {
        Objects.requireNonNull(array, "array");
        Objects.requireNonNull(schema, "schema");
        Objects.requireNonNull(allocator, "allocator");
        Objects.requireNonNull(arena, "arena");
        try (array;
                schema) {
            try {
                if (!isOpen(array) || !isOpen(schema)) {
                    throw new IllegalStateException((isOpen(array) ? "schema" : "array")
                            + " is closed, as it is after an import, and must be a new one");
                }
                ArrowArray.Snapshot slice = array.snapshot();
                requirePlain(slice);
                simplify(array);
                try (FieldVector vector = Data.importVector(allocator, array, schema, null, false)) {
                    return slice.offset == 0
                            ? ArrowTensors.withoutNulls(vector, arena, write)
                            : slice(vector, slice, allocator, arena, write);
                }
            } finally {
                release(array);
                release(schema);
            }
        }
    }

    /** Writes an array as Arrow's Java part takes it: from its buffers' start on, the nulls counted where it can be. */
    private static void simplify(ArrowArray array) {
        ArrowArray.Snapshot whole = array.snapshot();
        if (whole.length == 0 || whole.null_count == UNKNOWN && !hasBitmap(whole)) {
            whole.null_count = 0;
        } else if (whole.offset != 0 && whole.null_count > 0) {
            whole.null_count = UNKNOWN; // those before the slice count too
        }
        whole.length = whole.length == 0 ? 0 : whole.offset + whole.length;
        whole.offset = 0;
        array.save(whole);
    }

    private static boolean hasBitmap(ArrowArray.Snapshot array) {
        return array.n_buffers > 0
                && array.buffers != 0
                && MemorySegment.ofAddress(array.buffers)
                                .reinterpret(ValueLayout.JAVA_LONG.byteSize())
                                .get(ValueLayout.JAVA_LONG, 0)
                        != 0;
    }

    /** A tensor over the last values of a vector, as many as the slice has. */
    private static Tensor slice(
            FieldVector whole, ArrowArray.Snapshot slice, BufferAllocator allocator, Arena arena, Write write) {
        ArrowTensors.requireDtype(whole);
        TransferPair transfer = whole.getTransferPair(allocator);
        try (var vector = (FieldVector) transfer.getTo()) {
            transfer.splitAndTransfer(whole.getValueCount() - (int) slice.length, (int) slice.length);
            return ArrowTensors.withoutNulls(vector, arena, write);
        }
    }

    /** Releases a struct, unless that was done before. */
    private static void release(BaseStruct struct) {
        if (isOpen(struct)) {
            struct.release();
        }
    }

    /** Whether a struct is not closed; Arrow has no other way to ask. */
    private static boolean isOpen(BaseStruct struct) {
        try {
            struct.memoryAddress();
            return true;
        } catch (NullPointerException closed) {
            return false;
        }
    }

    private static void requirePlain(ArrowArray.Snapshot array) {
        if (array.release == 0) {
            throw new IllegalStateException("array is already released or imported, and can be imported only once");
        }
        if (array.offset < 0 || array.length < 0 || array.offset > Integer.MAX_VALUE - array.length) {
            throw new IllegalArgumentException("array has an offset of " + array.offset + " and a length of "
                    + array.length + ", and Arrow's Java part takes 0 to " + Integer.MAX_VALUE
                    + " for both together");
        }
        if (array.dictionary != 0) {
            throw new IllegalArgumentException("array has a dictionary, and a tensor has plain values: decode it");
        }
    }
}
