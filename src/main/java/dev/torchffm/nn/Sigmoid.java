package dev.torchffm.nn;

import dev.torchffm.Tensor;

/**
 * The logistic function, σ(x) = 1 / (1 + exp(-x)), from 0 to 1.
 *
 * <p>Its derivative, σ(x) (1 - σ(x)), is at most 1/4, at 0, and vanishes far from 0: gradients shrink on their way
 * back through it. libtorch computes it from the output, which must therefore stay as it is until {@code backward}.
 *
 * <p>Of any shape; FLOAT32, FLOAT64, FLOAT16 and BFLOAT16 stay what they are, integers and BOOL become FLOAT32. A NaN
 * stays one. As in PyTorch there is no module in place; {@link Tensor#sigmoid_} works in place. Stateless: any thread
 * may use it.
 *
 * <p>Source: the PyTorch page "torch.nn.Sigmoid".
 */
public final class Sigmoid implements Module {

    /** The logistic function. */
    public Sigmoid() {}

    /**
     * Computes σ of every element.
     *
     * @param input read; of any dtype and shape
     * @return a new tensor where the input lives
     */
    @Override
    public Tensor forward(Tensor input) {
        return Inputs.require(input).sigmoid();
    }

    /** {@return the module as PyTorch prints one} */
    @Override
    public String toString() {
        return "Sigmoid()";
    }
}
