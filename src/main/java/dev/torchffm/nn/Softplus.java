package dev.torchffm.nn;

import dev.torchffm.Aten;
import dev.torchffm.Tensor;

/**
 * A smooth {@link ReLU}, always above 0: log(1 + exp(beta · x)) / beta, and x itself where beta · x is above threshold.
 *
 * <p>FLOAT32, FLOAT64, FLOAT16 or BFLOAT16, of any shape. A NaN stays one. Stateless: any thread may use it.
 *
 * <p>Source: the PyTorch page "torch.nn.Softplus".
 */
public final class Softplus implements Module {

    private final double beta;
    private final double threshold;

    /** A module of beta 1 and threshold 20. */
    public Softplus() {
        this(1, 20);
    }

    /**
     * A module.
     *
     * @param beta how sharp the bend is
     * @param threshold above which beta · x gives x
     */
    public Softplus(double beta, double threshold) {
        this.beta = beta;
        this.threshold = threshold;
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
        return Aten.softplus(Inputs.require(input), beta, threshold);
    }

    /** {@return the module as PyTorch prints one} */
    @Override
    public String toString() {
        return "Softplus(beta=" + Python.repr(beta) + ", threshold=" + Python.repr(threshold) + ")";
    }
}
