package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A graph that is kept, and gradients that are given. */
@ExtendWith(TorchExtension.class)
final class GradientsTest {

    private static String message(Class<? extends RuntimeException> type, Runnable action) {
        return String.valueOf(assertThrows(type, action::run).getMessage());
    }

    @Test
    void aKeptGraphIsGoneThroughAgain(Arena arena) {
        Tensor x = Tensor.of(arena, 1f, -2f).requiresGrad_(true);
        Tensor y = x.mul(x).sum();
        y.backward(null, true);
        y.backward(Tensor.of(arena, 2f).reshape(), true);
        assertEquals("tensor([  6., -12.])", String.valueOf(x.grad()));
        y.backward();
        String freed = message(TorchException.class, y::backward);
        assertTrue(freed.contains("a second time") && freed.endsWith("or give the first retainGraph."), freed);
        assertEquals("tensor([  8., -16.])", String.valueOf(x.grad()));
    }

    @Test
    void aKeptGraphStillNeedsItsMemory() {
        Tensor x = Tensor.of(3f).requiresGrad_(true);
        Tensor y;
        try (Arena arena = Arena.ofConfined()) {
            y = x.mul(Tensor.of(arena, 2f)).in(Arena.ofAuto()).clone();
            y.backward(null, true);
        }
        assertThrows(IllegalStateException.class, y::backward);
        assertThrows(IllegalStateException.class, () -> Torch.grad(List.of(y), List.of(x)));
        assertEquals("tensor([2.])", String.valueOf(x.grad()));
    }

    @Test
    void gradGivesGradientsOfLeavesAndResults(Arena arena) {
        Tensor x = Tensor.of(arena, 1f, 2f).requiresGrad_(true);
        Tensor w = Tensor.of(arena, 3f, 4f).requiresGrad_(true);
        Tensor product = x.mul(w);
        Tensor sum = product.mul(product).sum();
        List<Tensor> gradients = Torch.grad(List.of(sum), List.of(product, w));
        assertEquals("[tensor([ 6., 16.]), tensor([ 6., 32.])]", gradients.toString());
        assertNull(x.grad());
        assertNull(w.grad());
        assertThrows(UnsupportedOperationException.class, gradients::clear);
        // Of the outputs' own gradients, libtorch may give them as they are.
        Tensor given = Tensor.of(arena, 5f, 6f);
        List<Tensor> same = Torch.grad(List.of(x.add(w)), List.of(x, w), Arrays.asList(given), false, false, false);
        assertEquals("[tensor([5., 6.]), tensor([5., 6.])]", same.toString());
        same.forEach(gradient -> assertEquals(given.dataPtr(), gradient.dataPtr()));
        List<Tensor> ofTwo =
                Torch.grad(List.of(x.sum(), w.mul(x)), List.of(x), Arrays.asList(null, given), false, false, false);
        assertEquals("[tensor([16., 25.])]", ofTwo.toString());
    }

    @Test
    void gradFreesOnlyWhatItWentThrough() {
        Tensor x = Tensor.of(2f).requiresGrad_(true);
        Tensor w = Tensor.of(3f).requiresGrad_(true);
        Tensor sum = x.mul(x).add(w.mul(w));
        assertEquals("[tensor([4.])]", Torch.grad(List.of(sum), List.of(x)).toString());
        assertEquals("[tensor([6.])]", Torch.grad(List.of(sum), List.of(w)).toString());
        assertTrue(message(TorchException.class, () -> Torch.grad(List.of(sum), List.of(x)))
                .contains("a second time"));
    }

    @Test
    void gradIsRecordedWhereAsked(Arena arena) {
        Tensor x = Tensor.of(arena, 2f).requiresGrad_(true);
        Tensor cube = x.mul(x).mul(x);
        Tensor slope =
                Torch.grad(List.of(cube), List.of(x), null, false, true, false).getFirst();
        assertTrue(slope.requiresGrad());
        Tensor bend =
                Torch.grad(List.of(slope), List.of(x), null, true, false, false).getFirst();
        assertEquals("tensor([12.])", bend.toString());
        assertFalse(bend.requiresGrad());
        slope.backward();
        assertEquals("tensor([12.])", String.valueOf(x.grad()));
    }

    @Test
    void unusedInputsAreNullOrRefused(Arena arena) {
        Tensor x = Tensor.of(arena, 2f).requiresGrad_(true);
        Tensor other = Tensor.of(arena, 2f).requiresGrad_(true);
        assertEquals(
                "The differentiated Tensor at index 1 appears to not have been used in the graph. Set allowUnused if this"
                        + " is the desired behavior.",
                message(TorchException.class, () -> Torch.grad(List.of(x.mul(2)), List.of(x, other))));
        List<Tensor> gradients = Torch.grad(List.of(x.mul(2)), List.of(other, x), null, false, false, true);
        assertEquals("[null, tensor([2.])]", gradients.toString());
    }

    @Test
    void argumentsThatDoNotFitAreNamed(Arena arena) {
        Tensor x = Tensor.of(arena, 1f, 2f).requiresGrad_(true);
        Tensor y = x.mul(2);
        assertEquals(
                "outputs is empty, and must hold a tensor",
                message(IllegalArgumentException.class, () -> Torch.grad(List.of(), List.of(x))));
        assertEquals(
                "inputs is empty, and must hold a tensor",
                message(IllegalArgumentException.class, () -> Torch.grad(List.of(y), List.of())));
        assertEquals(
                "gradOutputs has 0 elements, and must have 1, one for each of outputs",
                message(
                        IllegalArgumentException.class,
                        () -> Torch.grad(List.of(y), List.of(x), List.of(), false, false, false)));
        assertEquals(
                "grad can be implicitly created only for scalar outputs",
                message(TorchException.class, () -> Torch.grad(List.of(y), List.of(x))));
        assertEquals(
                "Mismatch in shape: grad_output[1] has a shape of torch.Size([2]) and output[1] has a shape of"
                        + " torch.Size([]).",
                message(
                        TorchException.class,
                        () -> Torch.grad(List.of(y, y.sum()), List.of(x), Arrays.asList(x, x), false, false, false)));
        assertEquals(
                "One of the differentiated Tensors does not require grad",
                message(TorchException.class, () -> Torch.grad(List.of(y.sum()), List.of(x.detach()))));
        assertEquals(
                "element 0 of tensors does not require grad and does not have a grad_fn",
                message(TorchException.class, () -> Torch.grad(List.of(x.detach()), List.of(x))));
    }
}
