package dev.torchffm.nn;

import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Layers and losses as functions, each libtorch's own. Results are new tensors where the input lives. Any thread may
 * call them.
 *
 * {@snippet class="dev.torchffm.examples.NnSnippets" region="functional"}
 *
 * <p>Source: the PyTorch page "torch.nn.functional".
 */
public final class Functional {

    private Functional() {}

    /**
     * Computes input · weightᵀ + bias.
     *
     * <p>Source: the PyTorch page "torch.nn.functional.linear".
     *
     * @param input of sizes {@code [..., in]}
     * @param weight of sizes {@code [out, in]} and the input's dtype
     * @param bias of sizes {@code [out]} and the input's dtype, or null for none
     * @return of sizes {@code [..., out]}
     * @throws dev.torchffm.TorchException when sizes or dtypes do not fit
     */
    public static Tensor linear(Tensor input, Tensor weight, @Nullable Tensor bias) {
        return one("aten::linear", Inputs.require(input), Objects.requireNonNull(weight, "weight"), bias);
    }

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
            return one("aten::mse_loss", input, target);
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
        return one(
                "aten::mse_loss",
                Torch.call("aten::broadcast_tensors", List.of(input, target)).toArray());
    }

    /**
     * Computes the mean cross entropy of classes: mean(log Σ exp(input) - input[target]).
     *
     * <p>Source: the PyTorch page "torch.nn.functional.cross_entropy".
     *
     * @param input floating-point scores, not normalised, of sizes {@code [samples, classes]}, or {@code [classes]}
     *     of one sample
     * @param target INT64 classes from 0, of sizes {@code [samples]} or none, where -100 leaves a sample out; or each
     *     class's probability, of the input's sizes and dtype
     * @return a tensor of no dimension
     * @throws dev.torchffm.TorchException when sizes or dtypes do not fit, or a class is out of range
     */
    public static Tensor crossEntropy(Tensor input, Tensor target) {
        return one("aten::cross_entropy_loss", Inputs.require(input), Objects.requireNonNull(target, "target"));
    }

    private static Tensor one(String operator, @Nullable Object... arguments) {
        return (Tensor) Objects.requireNonNull(Torch.call(operator, arguments).getFirst());
    }
}
