package dev.torchffm.examples.service;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/** Runs the model on the rows of several requests at once. One run is under way at a time. */
final class Batcher {

    private final UnaryOperator<Tensor> model;
    private final Queue queue;
    private final Blocks blocks;

    Batcher(UnaryOperator<Tensor> model, Queue queue, Blocks blocks) {
        this.model = model;
        this.queue = queue;
        this.blocks = blocks;
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
        if (batch.size() == 1) {
            runAlone(batch.getFirst());
            return;
        }
        try (var joined = new Rows(blocks, batch.getFirst().rows().row())) {
            batch.forEach(visit -> joined.add(visit.rows().content()));
            run(joined);
            deal(batch, joined);
        } catch (RuntimeException | Error e) { // before any request was given its results
            batch.forEach(this::runAlone);
        }
    }

    private void runAlone(Visit visit) {
        try {
            run(visit.rows());
        } catch (RuntimeException | Error e) {
            visit.fail(e);
        }
    }

    /** Puts what the model makes of rows in their place. */
    private void run(Rows rows) {
        try (Arena results = Arena.ofConfined()) {
            Tensor result = model.apply(rows.tensor(results));
            long[] sizes = result.sizes();
            if (result.dtype() != DType.FLOAT32
                    || sizes.length == 0
                    || sizes[0] != rows.count()
                    || result.numel() == 0) {
                throw new IllegalStateException(
                        "of " + rows.count() + " rows the model made " + result.dtype() + " of sizes "
                                + Arrays.toString(sizes) + ", and must make FLOAT32 of as many rows, none empty");
            }
            rows.replace(result.contiguous().segment(), Arrays.copyOfRange(sizes, 1, sizes.length));
        }
    }

    /** Gives each request its rows of the results. */
    private static void deal(List<Visit> batch, Rows results) {
        long start = 0;
        for (Visit visit : batch) {
            long bytes = visit.rows().count() * results.width() * Float.BYTES;
            try {
                visit.rows().replace(results.content().asSlice(start, bytes), results.row());
            } catch (RuntimeException | Error e) { // no memory for the answer
                visit.fail(e);
            }
            start += bytes;
        }
    }
}
