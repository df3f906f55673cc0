package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;

/** A failure of libtorch costs some calls, not the thousands that a backtrace would cost. */
final class RefusalCostTest {

    private static final int CALLS = 200;
    private static final int LIMIT = 60;

    private final Tensor x = Tensor.of(1f, 2f);

    @Test
    void byNameThroughTheDispatcher() {
        assertCheap(dim -> Torch.call("aten::sort", x, dim));
    }

    @Test
    void byNameThroughAnEntryPoint() {
        assertCheap(dim -> Torch.call("aten::argmax", x, dim));
    }

    @Test
    void byAMethod() {
        assertCheap(dim -> x.softmax(dim));
    }

    /** Compares calls over a dimension that x lacks with calls over one that it has. */
    private static void assertCheap(IntConsumer call) {
        double refused = Double.MAX_VALUE;
        double done = Double.MAX_VALUE;
        for (int round = 0; round < 10; round++) { // in turn, so that both meet the same machine
            done = Math.min(done, nanoseconds(() -> call.accept(0)));
            refused = Math.min(refused, nanoseconds(() -> refuse(call)));
        }
        assertTrue(refused < LIMIT * done, "refused " + refused + " ns, done " + done + " ns");
    }

    private static void refuse(IntConsumer call) {
        try {
            call.accept(7);
        } catch (TorchException expected) {
            return;
        }
        throw new AssertionError("no failure");
    }

    private static double nanoseconds(Runnable call) {
        long start = System.nanoTime();
        for (int i = 0; i < CALLS; i++) {
            call.run();
        }
        return (double) (System.nanoTime() - start) / CALLS;
    }
}
