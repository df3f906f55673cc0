package dev.torchffm;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Modes: PyTorch's meaning, for one thread, until they are closed. */
@ExtendWith(TorchExtension.class)
final class ModeTest {

    @Test
    void noGradRecordsNothingUntilItIsClosed(Arena arena) {
        Tensor leaf = Tensor.of(arena, -1f, 2f).requiresGrad_(true);
        try (Mode _ = Torch.noGrad()) {
            assertFalse(leaf.clamp(0, null).requiresGrad());
            assertFalse(((Tensor) Torch.call("aten::sigmoid", leaf).getFirst()).requiresGrad());
            assertFalse(leaf.clone().isInference());
            try (Mode _ = Torch.inferenceMode()) {
                assertTrue(leaf.clone().isInference());
            }
            assertFalse(leaf.relu().isInference());
            leaf.clamp_(-0.5, null);
        }
        assertTrue(leaf.clamp(0, null).requiresGrad());
        assertEquals("tensor([-0.5000,  2.0000], requires_grad=True)", leaf.toString());
    }

    private static void assertFails(String text, Runnable call) {
        var failure = assertThrows(TorchException.class, call::run);
        assertTrue(String.valueOf(failure.getMessage()).startsWith(text), failure.getMessage());
    }

    @Test
    void inferenceTensorsTakeNoPartInAutograd(Arena arena) {
        Tensor normal = Tensor.of(arena, -1f, 2f);
        Tensor made;
        Tensor result;
        try (Mode _ = Torch.inferenceMode()) {
            made = Torch.ones(arena, 2);
            result = normal.clamp(0, null);
            result.relu_().copy_(made);
            normal.clamp_(0, null);
        }
        assertTrue(made.isInference() && result.isInference());
        assertFalse(normal.isInference());
        assertFails("Inplace update to inference tensor outside InferenceMode", () -> result.clamp_(0, 1));
        assertFails("Setting requires_grad=True on inference tensor", () -> made.requiresGrad_(true));
        Tensor leaf = Tensor.of(arena, 3f, 4f).requiresGrad_(true);
        assertFails("Inference tensors cannot be saved for backward", () -> Torch.call("aten::mul.Tensor", leaf, made));
        assertFalse(made.clone().isInference());
    }

    /** The gradient that arrives is a transposed one; PyTorch gives the leaf one of the leaf's own layout. */
    @Test
    void gradientsKeepTheLeafsLayoutInEveryMode() {
        for (Supplier<Mode> mode : List.<Supplier<Mode>>of(Torch::noGrad, Torch::inferenceMode)) {
            Tensor x = Torch.ones(2, 3).requiresGrad_(true);
            Tensor y = (Tensor) Torch.call("aten::t", x).getFirst();
            try (Mode _ = mode.get()) {
                y.backward(Torch.ones(3, 2));
            }
            assertArrayEquals(new long[] {3, 1}, requireNonNull(x.grad()).strides());
        }
    }

    @Test
    void modeIsOfTheThreadThatOpenedIt(Arena arena) {
        Tensor leaf = Tensor.of(arena, -1f, 2f).requiresGrad_(true);
        try (Mode mode = Torch.noGrad()) {
            assertTrue(CompletableFuture.supplyAsync(() -> leaf.relu().requiresGrad())
                    .join());
            var failure = assertThrows(CompletionException.class, () -> CompletableFuture.runAsync(mode::close)
                    .join());
            assertEquals(WrongThreadException.class, failure.getCause().getClass());
            assertFalse(leaf.relu().requiresGrad());
        }
    }

    /** More virtual threads than carriers, which all wait for each other within their modes. */
    @Test
    void modeStaysWithItsVirtualThread(Arena arena) throws Exception {
        Tensor leaf = Tensor.of(arena, -1f, 2f).requiresGrad_(true);
        int threads = 64;
        var barrier = new CyclicBarrier(threads);
        var results = new ArrayList<Future<Boolean>>();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < threads; i++) {
                boolean recorded = i % 2 == 0;
                results.add(executor.submit(() -> {
                    boolean right = true;
                    for (int round = 0; round < 20; round++) {
                        try (Mode _ = recorded ? new Mode(0, 0) : Torch.inferenceMode()) {
                            barrier.await();
                            Tensor y = leaf.clamp(0, null);
                            right &= y.requiresGrad() == recorded && y.isInference() != recorded;
                            barrier.await();
                        }
                    }
                    return right;
                }));
            }
        }
        for (Future<Boolean> result : results) {
            assertTrue(result.get());
        }
    }

    @Test
    void closeIsInReverseOrder() {
        Mode outer = Torch.noGrad();
        Mode inner = Torch.inferenceMode();
        Mode same = Torch.inferenceMode();
        assertThrows(IllegalStateException.class, outer::close);
        assertThrows(IllegalStateException.class, inner::close);
        same.close();
        inner.close();
        inner.close();
        outer.close();
        assertTrue(Tensor.of(1f).requiresGrad_(true).relu().requiresGrad());
    }
}
