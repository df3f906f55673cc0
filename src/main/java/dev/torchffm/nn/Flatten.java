package dev.torchffm.nn;

import dev.torchffm.Tensor;

/**
 * Makes one dimension of several that follow each other, by default of all but the first, the samples.
 *
 * <p>Of any dtype. Stateless: any thread may use it.
 *
 * <p>Source: the PyTorch page "torch.nn.Flatten".
 */
public final class Flatten implements Module {

    private final long startDim;
    private final long endDim;

    /** One dimension of all but the first. */
    public Flatten() {
        this(1, -1);
    }

    /**
     * One dimension of those from the first named to the last.
     *
     * @param startDim the first; below 0 from the end
     * @param endDim the last, included; below 0 from the end
     */
    public Flatten(long startDim, long endDim) {
        this.startDim = startDim;
        this.endDim = endDim;
    }

    /**
     * Gives the elements another shape.
     *
     * @param input of as many dimensions as are named
     * @return a view of the input where its strides allow one, else a copy; the input itself where nothing is to be done
     * @throws dev.torchffm.TorchException when there are no such dimensions
     */
    @Override
    public Tensor forward(Tensor input) {
        Tensor output = Inputs.require(input).flatten(startDim, endDim);
        return output.dim() == input.dim() ? input : output;
    }

    /** {@return the module as PyTorch prints one} */
    @Override
    public String toString() {
        return "Flatten(start_dim=" + startDim + ", end_dim=" + endDim + ")";
    }
}
