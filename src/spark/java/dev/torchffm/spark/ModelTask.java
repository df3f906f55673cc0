package dev.torchffm.spark;

import dev.torchffm.Mode;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarBatch;

/** The rows of a partition with the model's results, computed batch by batch. Each is good until the next is asked for. */
final class ModelTask implements Iterator<InternalRow> {

    private final BoundColumn column;
    private final Input input;
    private final Iterator<ColumnarBatch> batches;
    private final int threads = TaskContext.get().cpus();
    private final int partition = TaskContext.getPartitionId();
    private final Block inputs = new Block();
    private final Block results = new Block();
    private Iterator<InternalRow> rows = Collections.emptyIterator();
    private long row;

    /** Its memory is freed when Spark's task ends, in whatever way. */
    ModelTask(BoundColumn column, Iterator<ColumnarBatch> batches) {
        this.column = column;
        this.input = column.input();
        this.batches = batches;
        TaskContext.get().addTaskCompletionListener(_ -> {
            inputs.close();
            results.close();
        });
    }

    @Override
    public boolean hasNext() {
        while (!rows.hasNext() && batches.hasNext()) {
            ColumnarBatch batch = batches.next();
            rows = withResults(batch).rowIterator();
            row += batch.numRows();
        }
        return rows.hasNext();
    }

    @Override
    public InternalRow next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return rows.next();
    }

    private ColumnarBatch withResults(ColumnarBatch batch) {
        ColumnVector result = compute(batch);
        ColumnVector[] all = new ColumnVector[column.columns()];
        for (int i = 0; i < all.length; i++) {
            all[i] = i == column.output() ? result : batch.column(i);
        }
        return new ColumnarBatch(all, batch.numRows());
    }

    private ColumnVector compute(ColumnarBatch batch) {
        UnaryOperator<Tensor> model = LoadedModels.get(column.model());
        Torch.setNumThreads(threads);
        int total = batch.numRows();
        int width = 0;
        MemorySegment memory = MemorySegment.NULL;
        for (int from = 0; from < total; from += column.batchRows()) {
            int count = Math.min(column.batchRows(), total - from);
            try (Mode _ = Torch.inferenceMode();
                    Arena arena = Arena.ofConfined()) {
                Optional<Tensor> some = input.tensor(batch, from, count, row + from, inputs, arena);
                if (some.isPresent()) {
                    Tensor result = apply(model, some.get(), row + from);
                    if (width == 0) {
                        width = column.width(result, count);
                        memory = results.first(column.result().bytes((long) total * width));
                    }
                    column.requireRows(result, count, width);
                    long bytes = column.result().bytes(width);
                    column.result()
                            .tensor(arena, memory.asSlice(from * bytes, count * bytes), result.sizes())
                            .copy_(result);
                }
            }
        }
        ColumnVector[] read =
                Arrays.stream(column.inputs()).mapToObj(batch::column).toArray(ColumnVector[]::new);
        return new ResultVector(column.type(), memory, width, total, read);
    }

    private Tensor apply(UnaryOperator<Tensor> model, Tensor input, long row) {
        try {
            return model.apply(input);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "model " + column.model() + " refuses columns " + Arrays.toString(column.names()) + " from row "
                            + row + " of partition " + partition + " on: " + e.getMessage(),
                    e);
        }
    }
}
