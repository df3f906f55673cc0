package dev.torchffm.nn;

import dev.torchffm.Aten;
import dev.torchffm.Tensor;

/**
 * In training mode, sets each element to 0 with a probability p, and divides the others by 1 - p; in evaluation mode
 * does nothing.
 *
 * <p>The elements are drawn by libtorch's generator: after {@link dev.torchffm.Torch#manualSeed} they are Python's own.
 *
 * <p>Source: the PyTorch page "torch.nn.Dropout".
 */
public final class Dropout extends AbstractModule {

    private final double p;
    private final boolean inplace;

    /** A module of probability 0.5. */
    public Dropout() {
        this(0.5);
    }

    /**
     * A module that leaves its input as it is.
     *
     * @param p the probability, from 0 to 1
     * @throws IllegalArgumentException for another one
     */
    public Dropout(double p) {
        this(p, false);
    }

    /**
     * A module that works in place or not.
     *
     * @param p the probability, from 0 to 1
     * @param inplace whether {@link #forward} writes its input and returns it
     * @throws IllegalArgumentException for another probability
     */
    public Dropout(double p, boolean inplace) {
        if (!(p >= 0 && p <= 1)) {
            throw new IllegalArgumentException("dropout probability has to be between 0 and 1, but got " + p);
        }
        this.p = p;
        this.inplace = inplace;
    }

    /**
     * Drops elements, in training mode.
     *
     * @param input of any shape; written in training mode when this module works in place
     * @return in place, and where nothing is dropped, the very same object; else a new tensor where the input lives
     * @throws dev.torchffm.TorchException for a dtype that is not floating-point, and in place for a leaf that requires
     *     its gradient
     * @throws IllegalArgumentException when this module works in place and the memory is read-only
     */
    @Override
    public Tensor forward(Tensor input) {
        if (!isTraining() || p == 0 || Inputs.require(input).numel() == 0) {
            return Inputs.require(input);
        }
        return inplace ? Aten.dropout_(input, p, true) : Aten.dropout(input, p, true);
    }

    @Override
    protected String extraRepr() {
        return "p=" + Python.repr(p) + ", inplace=" + Python.repr(inplace);
    }
}
