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
import java.util.Objects;
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
    private final TaskContext task = TaskContext.get();
    private final Block inputs = new Block();
    private final Block results = new Block();
    private Iterator<InternalRow> rows = Collections.emptyIterator();
    private long row;

    ModelTask(BoundColumn column, Iterator<ColumnarBatch> batches) {
        this.column = column;
        this.input = column.input();
        this.batches = batches;
        closeAtEndOfTask();
    }

    @Override
    public boolean hasNext() {
        while (!rows.hasNext()) {
            if (!batches.hasNext()) {
                close(); // before the task ends, for it may have many partitions, by coalesce
                return false;
            }
            ColumnarBatch batch = batches.next();
            closeAtEndOfTask();
            rows = withResults(batch).rowIterator();
            row += batch.numRows();
        }
        return true;
    }

    /** Asked for after each batch, as Spark closes in reverse order: its own vectors stay until the model is done. */
    private void closeAtEndOfTask() {
        task.addTaskCompletionListener(_ -> {
            close();
        });
    }

    /** Waits for the model, which may be at work in another thread, as that which writes to {@code RDD.pipe}. */
    private synchronized void close() {
        inputs.close();
        results.close();
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

    private synchronized ColumnVector compute(ColumnarBatch batch) {
        requireRunning();
        UnaryOperator<Tensor> model = LoadedModels.get(column.model());
        Torch.setNumThreads(task.cpus());
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
        requireRunning();
        ColumnVector[] read =
                Arrays.stream(column.inputs()).mapToObj(batch::column).toArray(ColumnVector[]::new);
        return new ResultVector(column.type(), memory, width, total, read);
    }

    /** When a task has ended, Spark's vectors are freed, or are about to be. */
    private void requireRunning() {
        if (task.isCompleted()) {
            throw new IllegalStateException("the task has ended");
        }
    }

    private Tensor apply(UnaryOperator<Tensor> model, Tensor input, long row) {
        try {
            return Objects.requireNonNull(model.apply(input), () -> "model " + column.model() + " gave null");
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "model " + column.model() + " refuses columns " + Arrays.toString(column.names()) + " from row "
                            + row + " of partition " + task.partitionId() + " on: " + e.getMessage(),
                    e);
        }
    }
}
