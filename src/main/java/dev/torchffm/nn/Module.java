package dev.torchffm.nn;

import dev.torchffm.Tensor;
import java.util.function.UnaryOperator;

/**
 * Something that turns a tensor into a tensor.
 *
 * <p>Source: the PyTorch page "torch.nn.Module".
 */
@FunctionalInterface
public interface Module extends UnaryOperator<Tensor> {

    /**
     * Computes the output.
     *
     * @param input read, and written by modules that work in place
     * @return a new tensor where the input lives, or the input itself
     */
    Tensor forward(Tensor input);

    /** {@return {@code forward(input)}} */
    @Override
    default Tensor apply(Tensor input) {
        return forward(input);
    }
}
