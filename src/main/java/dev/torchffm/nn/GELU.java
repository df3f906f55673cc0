package dev.torchffm.nn;

import dev.torchffm.Aten;
import dev.torchffm.Tensor;

/**
 * The Gaussian error linear unit: x times the standard normal distribution's share below x.
 *
 * <p>FLOAT32, FLOAT64, FLOAT16 or BFLOAT16, of any shape. A NaN stays one. Stateless: any thread may use it.
 *
 * <p>Source: the PyTorch page "torch.nn.GELU".
 */
public final class GELU implements Module {

    private final String approximate;

    /** The exact function. */
    public GELU() {
        this("none");
    }

    /**
     * The function, or near to it.
     *
     * @param approximate {@code "none"}, or {@code "tanh"} for an approximation by tanh
     * @throws IllegalArgumentException for another word
     */
    public GELU(String approximate) {
        this.approximate = Inputs.requireOneOf("approximate", approximate, "none", "tanh");
    }

    /**
     * Computes the function of every element.
     *
     * @param input read; floating-point, of any shape
     * @return a new tensor where the input lives
     * @throws dev.torchffm.TorchException for integers and BOOL
     */
    @Override
    public Tensor forward(Tensor input) {
        return Aten.gelu(Inputs.require(input), approximate);
    }

    /** {@return the module as PyTorch prints one} */
    @Override
    public String toString() {
        return "GELU(approximate='" + approximate + "')";
    }
}
