package dev.torchffm.examples.service;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/** Runs the model on the rows of several requests at once. One run is under way at a time. */
final class Batcher implements AutoCloseable {

    private final UnaryOperator<Tensor> model;
    private final Queue queue;
    private final Blocks blocks;
    /** Where the rows of several requests are joined, for one run after the other. */
    private final Blocks.Block joined;

    /** Rows have so many floats, and memory of these blocks. */
    Batcher(UnaryOperator<Tensor> model, long width, Queue queue, Blocks blocks, Limits limits) {
        this.model = model;
        this.queue = queue;
        this.blocks = blocks;
        this.joined = blocks.take(limits.batch() * width * Float.BYTES);
    }

    /** Waits for a run of the model on the rows, whose place its results take. */
    void run(Visit visit, Rows rows) {
        List<Visit> batch = queue.join(visit, rows);
        if (!batch.isEmpty()) {
            try {
                runTogether(batch);
            } finally {
                queue.ran(batch);
            }
        }
        visit.throwFailure();
    }

    /** Where a joined run fails, each request is run alone, so that none fails by another's rows. */
    private void runTogether(List<Visit> batch) {
        try (Arena results = Arena.ofConfined()) {
            deal(batch, call(batch, results));
        } catch (RuntimeException | Error e) {
            if (batch.size() == 1) {
                batch.getFirst().fail(e);
            } else {
                batch.forEach(visit -> runTogether(List.of(visit)));
            }
        }
    }

    private Tensor call(List<Visit> batch, Arena results) {
        Rows first = batch.getFirst().rows();
        MemorySegment input = batch.size() == 1 ? first.content() : join(batch);
        Tensor result = model.apply(first.tensor(results, input));
        long count = input.byteSize() / (first.width() * Float.BYTES);
        if (result.dtype() != DType.FLOAT32 || result.dim() == 0 || result.size(0) != count) {
            throw new IllegalStateException("of " + count + " rows the model made " + result.dtype() + " of sizes "
                    + Arrays.toString(result.sizes()) + ", and must make FLOAT32 of as many rows");
        }
        return result.contiguous();
    }

    private MemorySegment join(List<Visit> batch) {
        long end = 0;
        for (Visit visit : batch) {
            MemorySegment rows = visit.rows().content();
            MemorySegment.copy(rows, 0, joined.memory(), end, rows.byteSize());
            end += rows.byteSize();
        }
        return joined.memory().asSlice(0, end);
    }

    /** Gives each request its rows of the result. */
    private static void deal(List<Visit> batch, Tensor result) {
        long[] sizes = result.sizes();
        long[] row = Arrays.copyOfRange(sizes, 1, sizes.length);
        MemorySegment rows = result.segment();
        long bytes = rows.byteSize() / sizes[0];
        long start = 0;
        for (Visit visit : batch) {
            long length = visit.rows().count() * bytes;
            try {
                visit.rows().replace(rows.asSlice(start, length), row);
            } catch (Refusal e) { // no memory for the answer
                visit.fail(e);
            }
            start += length;
        }
    }

    /** Gives its memory back, when no run is under way any more. */
    @Override
    public void close() {
        blocks.giveBack(joined);
    }
}
