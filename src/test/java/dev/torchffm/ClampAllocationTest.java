package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** In place nothing is allocated on the Java heap. */
@ExtendWith(TorchExtension.class)
final class ClampAllocationTest {

    private static final int CALLS = 10_000;

    /** More than the compiler needs. */
    private static final int MOST_ROUNDS = 200;

    private static final ThreadMXBean THREAD = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** {@return the bytes that so many calls allocate, once the compiler is done with them} */
    private static long bytes(Runnable operator) {
        long bytes = Long.MAX_VALUE;
        for (int round = 0; round < MOST_ROUNDS && bytes > 0; round++) {
            long before = THREAD.getCurrentThreadAllocatedBytes();
            for (int call = 0; call < CALLS; call++) {
                operator.run();
            }
            bytes = Math.min(bytes, THREAD.getCurrentThreadAllocatedBytes() - before);
        }
        return bytes;
    }

    private static void assertNone(Arena arena) {
        Tensor x = Torch.randn(arena, 8);
        assertEquals(0, bytes(() -> x.clamp_(0, null)));
        assertEquals(0, bytes(() -> x.clampMin_(0)));
        assertEquals(0, bytes(x::relu_));
    }

    @Test
    void clampInPlaceAllocatesNothing(Arena arena) {
        assertNone(arena);
    }

    @Test
    void clampInPlaceAllocatesNothingInInferenceMode(Arena arena) {
        try (Mode _ = Torch.inferenceMode()) {
            assertNone(arena);
        }
    }

    @Test
    void clampInPlaceByTheShimAllocatesNothing(@TempDir Path folder) throws Exception {
        var child = new ChildJvm(folder).option("-Ddev.torchffm.kernels=shim");
        assertEquals(new ChildJvm.Result(0, "none\n"), child.run(WithTheShimsKernels.class));
    }

    /** In a process of its own, where nobody has asked for gradients. */
    static final class WithTheShimsKernels {
        static void main() {
            try (Arena arena = Arena.ofConfined()) {
                assertNone(arena);
            }
            System.out.println("none");
        }
    }
}
