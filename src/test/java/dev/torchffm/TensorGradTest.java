package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.testing.TorchExtension;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.function.Executable;

/** Gradients of leaves: asked for, added up, set to zero, taken away. */
@ExtendWith(TorchExtension.class)
final class TensorGradTest {

    @Test
    void requiresGradIsToldAndPrinted() {
        Tensor x = Tensor.of(1f, -2f);
        assertFalse(x.requiresGrad());
        assertNull(x.grad());
        x.requiresGrad_(true);
        assertTrue(x.requiresGrad());
        assertEquals("tensor([ 1., -2.], requires_grad=True)", x.toString());
        assertEquals(
                "tensor([1., 0.], grad_fn=<ClampBackward1>)", x.clamp(0, null).toString());
        assertThrows(TorchException.class, () -> Tensor.of(1).requiresGrad_(true));
        assertThrows(TorchException.class, x::backward);
        assertThrows(IllegalArgumentException.class, () -> Torch.call("aten::_backward", x, java.util.List.of()));
    }

    private static void assertFails(String message, Executable action) {
        assertEquals(message, assertThrows(TorchException.class, action).getMessage());
    }

    @Test
    void requiresGradIsRefusedWherePyTorchRefusesIt() {
        String notALeaf = "you can only change requires_grad flags of leaf variables. If you want to use a computed"
                + " variable in a subgraph that doesn't require differentiation use var_no_grad = var.detach().";
        Tensor leaf = Tensor.of(1f, 2f).requiresGrad_(true);
        Tensor written = Tensor.of(1f, 2f);
        Tensor base = written.reshape(2);
        Torch.call("aten::mul_.Tensor", base, leaf);
        for (Tensor result : new Tensor[] {leaf.mul(2), leaf.reshape(1, 2), written, base}) {
            assertFails(notALeaf, () -> result.requiresGrad_(false));
            try (Mode _ = Torch.inferenceMode()) {
                assertFails(notALeaf, () -> result.requiresGrad_(false));
            }
            assertTrue(result.requiresGrad_(true).requiresGrad());
        }
        assertFalse(leaf.detach().requiresGrad_(false).requiresGrad());
        assertFalse(leaf.requiresGrad_(false).requiresGrad());
        for (DType dtype : DType.values()) {
            Tensor x = Torch.ones(dtype, 2);
            assertFalse(x.requiresGrad_(false).requiresGrad());
            if (!dtype.isFloatingPoint()) {
                assertThrows(TorchException.class, () -> x.requiresGrad_(true));
                assertFalse(x.requiresGrad());
            }
        }
    }

    @Test
    void inferenceTensorsRequireGradInsideOnly() {
        Tensor inside;
        try (Mode _ = Torch.inferenceMode()) {
            inside = Tensor.of(1f, 2f);
            assertTrue(inside.requiresGrad_(true).requiresGrad());
            assertFalse(inside.requiresGrad_(false).requiresGrad());
        }
        assertFails(
                "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.",
                () -> inside.requiresGrad_(true));
        assertFalse(inside.requiresGrad_(false).requiresGrad());
    }

    @Test
    void backwardRefusesAGradientOfOtherSizes() {
        Tensor leaf = Tensor.of(1f, 2f, 3f).requiresGrad_(true);
        for (Tensor output : new Tensor[] {leaf, leaf.clone(), Tensor.of(1f, 2f, 3f)}) {
            assertFails(
                    "Mismatch in shape: grad_output[0] has a shape of torch.Size([2, 3]) and output[0] has a shape of"
                            + " torch.Size([3]).",
                    () -> output.backward(Torch.ones(2, 3)));
            assertFails(
                    "Mismatch in shape: grad_output[0] has a shape of torch.Size([]) and output[0] has a shape of"
                            + " torch.Size([3]).",
                    () -> output.backward(Torch.ones()));
        }
        assertFails(
                "Mismatch in shape: grad_output[0] has a shape of torch.Size([1]) and output[0] has a shape of"
                        + " torch.Size([]).",
                () -> leaf.sum().backward(Torch.ones(1)));
        assertFails("grad can be implicitly created only for scalar outputs", () -> leaf.clone()
                .backward());
        assertNull(leaf.grad());
    }

    @Test
    void backwardConvertsAGradientOfAnotherDtype() {
        for (DType of : DType.values()) {
            if (!of.isFloatingPoint()) {
                continue;
            }
            for (DType given : DType.values()) {
                Tensor leaf = Torch.ones(of, 3).requiresGrad_(true);
                leaf.clone().backward(Torch.ones(given, 3));
                leaf.backward(Torch.ones(given, 3));
                assertTrue(Tensor.equal(Torch.full(of, new long[] {3}, 2), Objects.requireNonNull(leaf.grad())));
                assertEquals(of, leaf.grad().dtype());
            }
        }
    }

    @Test
    void viewWhoseHistoryIsRefusedPrintsInvalid() {
        Tensor base = Tensor.of(1f, -2f).requiresGrad_(true).clone();
        Tensor view;
        try (Mode _ = Torch.noGrad()) {
            view = base.reshape(2, 1);
        }
        base.clamp_(0, null);
        assertEquals("tensor([[1.],\n        [0.]], grad_fn=<Invalid>)", view.toString());
    }

    @Test
    void backwardAddsGradientsUp() {
        Tensor x = Tensor.of(1f, -2f).requiresGrad_(true);
        for (int round = 1; round <= 3; round++) {
            x.relu().backward(Torch.ones(2));
            assertEquals("tensor([" + round + "., 0.])", String.valueOf(x.grad()));
        }
    }

    @Test
    void clearGradStartsGradientsAnew() {
        Tensor leaf = Tensor.of(1f, -2f).requiresGrad_(true);
        assertSame(leaf, leaf.clearGrad_());
        leaf.mul(3).sum().backward();
        Tensor before = leaf.grad();
        assertNotNull(before);
        leaf.clearGrad_();
        assertNull(leaf.grad());
        assertEquals("tensor([3., 3.])", before.toString());
        leaf.mul(4).sum().backward();
        assertEquals("tensor([4., 4.])", String.valueOf(leaf.grad()));
        assertEquals("tensor([3., 3.])", before.toString());
    }

    @Test
    void zeroGradWritesTheGradientInPlace() {
        Tensor leaf = Tensor.of(1f, -2f).requiresGrad_(true);
        assertSame(leaf, leaf.zeroGrad_());
        assertNull(leaf.grad());
        leaf.mul(3).sum().backward();
        Tensor gradient = leaf.grad();
        assertNotNull(gradient);
        assertEquals("tensor([3., 3.])", gradient.toString());
        leaf.zeroGrad_();
        assertEquals("tensor([0., 0.])", gradient.toString());
    }

    @Test
    void gradGivesZerosToWhichLibtorchHasGivenNoMemory() {
        Tensor leaf = Tensor.of(1f, -2f).requiresGrad_(true);
        var sign = (Tensor) Torch.call("aten::sgn", leaf).getFirst();
        Objects.requireNonNull(sign).sum().backward();
        assertEquals("tensor([0., 0.])", String.valueOf(leaf.grad()));
    }

    @Test
    void gradRefusesASparseGradient() {
        Tensor weight = Torch.ones(3, 2).requiresGrad_(true);
        var rows = (Tensor) Torch.call("aten::embedding", weight, Tensor.of(0L, 2L), -1, false, true)
                .getFirst();
        Objects.requireNonNull(rows).sum().backward();
        for (int round = 0; round < 3; round++) {
            assertThrows(IllegalArgumentException.class, weight::grad);
        }
    }
}
