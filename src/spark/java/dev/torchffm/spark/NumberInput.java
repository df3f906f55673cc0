package dev.torchffm.spark;

import dev.torchffm.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarArray;
import org.apache.spark.sql.vectorized.ColumnarBatch;

/** Columns of numbers: one is a tensor of n elements, k of them are a matrix of n rows and k columns. A null is a 0. */
record NumberInput(Numeric numeric, int[] columns) implements Input {

    @Override
    public Optional<Tensor> tensor(ColumnarBatch batch, int from, int count, long row, Block block, Arena arena) {
        MemorySegment memory = columns.length == 1
                ? ownMemory(batch.column(columns[0]), from, count).orElseGet(() -> copy(batch, from, count, block))
                : copy(batch, from, count, block);
        return Optional.of(
                columns.length == 1
                        ? numeric.tensor(arena, memory, count)
                        : numeric.tensor(arena, memory, count, columns.length));
    }

    private Optional<MemorySegment> ownMemory(ColumnVector vector, int from, int count) {
        return vector.hasNull()
                ? Optional.empty()
                : VectorMemory.of(vector, numeric.bytes(from + count))
                        .map(memory -> memory.asSlice(numeric.bytes(from), numeric.bytes(count)));
    }

    private MemorySegment copy(ColumnarBatch batch, int from, int count, Block block) {
        MemorySegment memory = block.first(numeric.bytes((long) count * columns.length));
        for (int i = 0; i < columns.length; i++) {
            numeric.copy(new ColumnarArray(batch.column(columns[i]), from, count), memory, i, columns.length);
        }
        return memory.asReadOnly();
    }
}
