package dev.torchffm.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.Tensor;
import dev.torchffm.TorchException;
import dev.torchffm.examples.NnSnippets;
import dev.torchffm.optim.SGD;
import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Gradients that are clipped. */
@ExtendWith(TorchExtension.class)
final class UtilsTest {

    private static Tensor leaf(Arena arena, float... gradient) {
        Tensor leaf = Tensor.of(arena, new float[gradient.length]).requiresGrad_(true);
        leaf.clone().backward(Tensor.of(arena, gradient));
        return leaf;
    }

    @Test
    void gradientsAreScaledByTheirNormTogether(Arena arena) {
        Tensor a = leaf(arena, 3, 0);
        Tensor b = leaf(arena, -4);
        Tensor without = Tensor.of(arena, 1f).requiresGrad_(true);
        Tensor before = a.grad();
        assertEquals(
                "tensor(5.)", Utils.clipGradNorm_(List.of(a, without, b), 10).toString());
        assertEquals("tensor([3., 0.])", String.valueOf(a.grad()));
        assertEquals(
                "tensor(5.)", Utils.clipGradNorm_(List.of(a, without, b), 2.5).toString());
        assertEquals("tensor([1.5000, 0.0000])", String.valueOf(a.grad()));
        assertEquals("tensor([-2.0000])", String.valueOf(b.grad()));
        assertEquals(String.valueOf(a.grad()), String.valueOf(before), "the same memory");
        assertEquals(
                "tensor(2.0000)",
                Utils.clipGradNorm_(List.of(a, b), 1, Double.POSITIVE_INFINITY, true)
                        .toString());
        assertEquals("tensor(0.)", Utils.clipGradNorm_(List.of(without), 1).toString());
        assertEquals("tensor(0.)", Utils.clipGradNorm_(List.of(), 1).toString());
    }

    @Test
    void aNormThatIsNotFiniteIsRefusedWhereAsked(Arena arena) {
        Tensor a = leaf(arena, Float.POSITIVE_INFINITY, 1);
        String message = assertThrows(TorchException.class, () -> Utils.clipGradNorm_(List.of(a), 1, 2, true))
                .getMessage();
        assertTrue(String.valueOf(message).startsWith("The total norm of order 2.0"), message);
        assertEquals("tensor([inf, 1.])", String.valueOf(a.grad()));
        assertEquals("tensor(inf)", Utils.clipGradNorm_(List.of(a), 1).toString());
        assertEquals("tensor([nan, 0.])", String.valueOf(a.grad()));
    }

    @Test
    void aClippedStepIsShort(Arena arena) {
        Tensor x = Tensor.of(arena, 30f, 40f).reshape(1, 2);
        var layer = new Linear(2, 1, false);
        Tensor before = layer.weight().detach().clone();
        layer.forward(x).sum().backward();
        assertEquals(
                50f, NnSnippets.clipped(layer, new SGD(layer.parameters(), 1)).item());
        Tensor step = before.sub(layer.weight().detach());
        assertEquals(1, step.mul(step).sum().item().doubleValue(), 1e-5);
    }
}
