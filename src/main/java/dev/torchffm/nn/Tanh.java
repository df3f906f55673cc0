package dev.torchffm.nn;

import dev.torchffm.Tensor;

/**
 * The hyperbolic tangent, tanh(x) = (exp(x) - exp(-x)) / (exp(x) + exp(-x)), from -1 to 1.
 *
 * <p>Its derivative, 1 - tanh²(x), is at most 1, at 0, and vanishes far from 0. libtorch computes it from the output,
 * which must therefore stay as it is until {@code backward}.
 *
 * <p>Of any shape; FLOAT32, FLOAT64, FLOAT16 and BFLOAT16 stay what they are, integers and BOOL become FLOAT32. A NaN
 * stays one, and so does -0.0. As in PyTorch there is no module in place; {@link Tensor#tanh_} works in place.
 * Stateless: any thread may use it.
 *
 * <p>Source: the PyTorch page "torch.nn.Tanh".
 */
public final class Tanh implements Module {

    /** The hyperbolic tangent. */
    public Tanh() {}

    /**
     * Computes the hyperbolic tangent of every element.
     *
     * @param input read; of any dtype and shape
     * @return a new tensor where the input lives
     */
    @Override
    public Tensor forward(Tensor input) {
        return Inputs.require(input).tanh();
    }

    /** {@return the module as PyTorch prints one} */
    @Override
    public String toString() {
        return "Tanh()";
    }
}
