package dev.torchffm.spark;

import dev.torchffm.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.execution.vectorized.WritableColumnVector;
import org.apache.spark.sql.vectorized.ArrowColumnVector;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarArray;
import org.apache.spark.sql.vectorized.ColumnarBatch;

/** A column of arrays, as the rows of a matrix. The first array of the partition says how long all must be. */
final class ArrayInput implements Input {

    private final String name;
    private final Numeric numeric;
    private final int column;
    private int width;

    ArrayInput(String name, Numeric numeric, int column) {
        this.name = name;
        this.numeric = numeric;
        this.column = column;
    }

    @Override
    public Optional<Tensor> tensor(ColumnarBatch batch, int from, int count, long row, Block block, Arena arena) {
        ColumnVector vector = batch.column(column);
        boolean elementNulls = mayHaveElementNulls(vector);
        boolean nulls = false;
        boolean values = false;
        for (int i = 0; i < count; i++) {
            if (vector.isNullAt(from + i)) {
                nulls = true;
            } else {
                values = true;
                check(vector.getArray(from + i), elementNulls, row + i);
            }
        }
        if (!values) {
            return Optional.empty();
        }
        MemorySegment memory = (nulls ? Optional.<MemorySegment>empty() : ownMemory(vector, from, count))
                .orElseGet(() -> copy(vector, from, count, block));
        return Optional.of(numeric.tensor(arena, memory, count, width));
    }

    private void check(ColumnarArray array, boolean elementNulls, long row) {
        int length = array.numElements();
        if (width == 0) {
            width = length;
        }
        if (length == 0 || length != width) {
            throw refused(
                    row,
                    "has " + length + " elements, and must have "
                            + (width == 0 ? "at least 1" : width + ", as the partition's first array has"));
        }
        for (int i = 0; elementNulls && i < length; i++) {
            if (array.isNullAt(i)) {
                throw refused(
                        row, "has a null as element " + i + ", and must have none: only a whole array may be null");
            }
        }
    }

    private static boolean mayHaveElementNulls(ColumnVector vector) {
        return switch (vector) {
            case WritableColumnVector writable -> writable.getChild(0).hasNull();
            case ArrowColumnVector arrow
            when arrow.getValueVector() instanceof ListVector list ->
                list.getDataVector().getNullCount() > 0;
            default -> true;
        };
    }

    private IllegalArgumentException refused(long row, String rule) {
        return new IllegalArgumentException("column " + name + ", row " + row + " of partition "
                + TaskContext.getPartitionId() + ": the array " + rule);
    }

    /** The values' memory, where the arrays lie in it one after the other. */
    private Optional<MemorySegment> ownMemory(ColumnVector vector, int from, int count) {
        int first = offset(vector, from);
        for (int i = 0; i < count; i++) {
            if (first < 0 || offset(vector, from + i) != first + i * width) {
                return Optional.empty();
            }
        }
        return VectorMemory.ofElements(vector, numeric.bytes(first + (long) count * width))
                .map(memory -> memory.asSlice(numeric.bytes(first)));
    }

    /** Where a row's values start, or -1 for a vector that does not say. */
    private static int offset(ColumnVector vector, int row) {
        return switch (vector) {
            case WritableColumnVector writable -> writable.getArrayOffset(row);
            case ArrowColumnVector arrow
            when arrow.getValueVector() instanceof ListVector list -> list.getElementStartIndex(row);
            default -> -1;
        };
    }

    private MemorySegment copy(ColumnVector vector, int from, int count, Block block) {
        MemorySegment memory = block.first(numeric.bytes((long) count * width)).fill((byte) 0);
        for (int i = 0; i < count; i++) {
            if (!vector.isNullAt(from + i)) {
                numeric.copy(vector.getArray(from + i), memory, (long) i * width, 1);
            }
        }
        return memory.asReadOnly();
    }
}
