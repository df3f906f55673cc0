package dev.torchffm.spark;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.ValueVector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.spark.sql.execution.vectorized.OffHeapColumnVector;
import org.apache.spark.sql.execution.vectorized.WritableColumnVector;
import org.apache.spark.sql.vectorized.ArrowColumnVector;
import org.apache.spark.sql.vectorized.ColumnVector;

/** The memory that a vector of numbers stands on, where Spark or Arrow has it off the heap, one value after the other. */
final class VectorMemory {

    private VectorMemory() {}

    /** The first bytes of a vector's values, read-only, for as long as Spark keeps the batch. */
    static Optional<MemorySegment> of(ColumnVector vector, long bytes) {
        return switch (vector) {
            // With a dictionary the values are not there yet.
            case OffHeapColumnVector values when !values.hasDictionary() -> at(values.valuesNativeAddress(), bytes);
            case ArrowColumnVector arrow -> of(arrow.getValueVector(), bytes);
            default -> Optional.empty();
        };
    }

    /** The same of the elements of a vector of arrays. */
    static Optional<MemorySegment> ofElements(ColumnVector arrays, long bytes) {
        return switch (arrays) {
            case WritableColumnVector writable -> of(writable.getChild(0), bytes);
            case ArrowColumnVector arrow
            when arrow.getValueVector() instanceof ListVector list -> of(list.getDataVector(), bytes);
            default -> Optional.empty();
        };
    }

    private static Optional<MemorySegment> of(ValueVector vector, long bytes) {
        return switch (vector) {
            case Float4Vector _, Float8Vector _, IntVector _, BigIntVector _ ->
                at(vector.getDataBuffer().memoryAddress(), bytes);
            default -> Optional.empty();
        };
    }

    private static Optional<MemorySegment> at(long address, long bytes) {
        return Optional.of(MemorySegment.ofAddress(address).reinterpret(bytes).asReadOnly());
    }
}
