package dev.torchffm.spark;

import dev.torchffm.Tensor;
import java.lang.foreign.Arena;
import java.util.Optional;
import org.apache.spark.sql.vectorized.ColumnarBatch;

/** What a model reads of a batch. */
sealed interface Input permits NumberInput, ArrayInput {

    /**
     * Some rows as a read-only tensor: over the memory of Spark's own vectors where that is possible, else over the
     * block.
     *
     * @param row the number of the first of them in the partition, for messages
     * @return empty when there is nothing to compute, as all rows are null
     */
    Optional<Tensor> tensor(ColumnarBatch batch, int from, int count, long row, Block block, Arena arena);
}
