package dev.torchffm.nn;

import dev.torchffm.Tensor;

/**
 * exp(x) divided by its sum along a dimension, so that the elements there lie from 0 to 1 and add up to 1.
 *
 * <p>FLOAT32, FLOAT64, FLOAT16 or BFLOAT16, of any shape. Stateless: any thread may use it.
 *
 * <p>Source: the PyTorch page "torch.nn.Softmax". Its deprecated guess of a dimension is left out.
 */
public final class Softmax implements Module {

    private final long dim;

    /**
     * A module.
     *
     * @param dim the dimension; -1 is the last one
     */
    public Softmax(long dim) {
        this.dim = dim;
    }

    /**
     * Computes the function along the dimension.
     *
     * @param input read; floating-point
     * @return a new tensor where the input lives
     * @throws dev.torchffm.TorchException for integers and BOOL, and where there is no such dimension
     */
    @Override
    public Tensor forward(Tensor input) {
        return Inputs.require(input).softmax(dim);
    }

    /** {@return the module as PyTorch prints one} */
    @Override
    public String toString() {
        return "Softmax(dim=" + dim + ")";
    }
}
