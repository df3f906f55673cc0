package dev.torchffm.nn;

import dev.torchffm.Aten;
import dev.torchffm.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * Functions of Python's module that do more than libtorch's operator of that name; {@link Aten} has all others. Any
 * thread may call them.
 *
 * {@snippet class="dev.torchffm.examples.NnSnippets" region="functional"}
 *
 * <p>Source: the PyTorch page "torch.nn.functional".
 */
public final class Functional {

    private Functional() {}

    /**
     * Computes the mean squared error, mean((input - target)²).
     *
     * <p>Source: the PyTorch page "torch.nn.functional.mse_loss".
     *
     * @param input floating-point, of any shape
     * @param target of the input's sizes; others that broadcast are taken, as in PyTorch, but a warning is logged
     *     ({@link System.Logger}, by this class's name), as they are likely a mistake
     * @return a tensor of no dimension
     * @throws dev.torchffm.TorchException when sizes or dtypes do not fit
     */
    public static Tensor mseLoss(Tensor input, Tensor target) {
        if (Arrays.equals(Inputs.require(input).sizes(), target.sizes())) {
            return Aten.mseLoss(input, target);
        }
        System.getLogger(Functional.class.getName())
                .log(
                        System.Logger.Level.WARNING,
                        "Using a target size (torch.Size(" + Arrays.toString(target.sizes())
                                + ")) that is different to the input size (torch.Size("
                                + Arrays.toString(input.sizes())
                                + ")). This will likely lead to incorrect results due to broadcasting. Please ensure"
                                + " they have the same size.");
        // As in Python: libtorch's own broadcasting divides the gradient by the wrong number.
        List<Tensor> both = Aten.broadcastTensors(List.of(input, target));
        return Aten.mseLoss(both.get(0), both.get(1));
    }
}
