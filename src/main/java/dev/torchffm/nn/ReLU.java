package dev.torchffm.nn;

import dev.torchffm.Tensor;

/**
 * The rectified linear unit, max(0, x), by libtorch's own {@code relu} and {@code relu_}.
 *
 * <p>Its derivative is 1 above 0 and 0 below; at 0, where it has none, libtorch takes 0, which {@link MyReLU} does not
 * over libtorch 2.13. The derivative is computed from the output, which must therefore stay as it is until
 * {@code backward}; in place nothing else is kept.
 *
 * <p>Of any shape and any dtype but BOOL, which it keeps. A NaN stays one, and so does -0.0. Stateless: any thread may
 * use it.
 *
 * <p>In place, a leaf that requires its gradient ({@code requiresGrad_}) is refused, and a {@code backward} that needs
 * overwritten elements fails, each with libtorch's own text.
 *
 * <p>Source: the PyTorch page "torch.nn.ReLU".
 */
public final class ReLU implements Module {

    private final boolean inplace;

    /** A module that leaves its input as it is. */
    public ReLU() {
        this(false);
    }

    /**
     * A module that works in place or not.
     *
     * @param inplace whether {@link #forward} writes its input and returns it
     */
    public ReLU(boolean inplace) {
        this.inplace = inplace;
    }

    /**
     * Rectifies every element.
     *
     * @param input of any dtype but BOOL, of any shape; written when this module works in place
     * @return in place the very same object over the same memory; else a new tensor where the input lives
     * @throws dev.torchffm.TorchException for BOOL, and in place for a leaf that requires its gradient
     * @throws IllegalArgumentException when this module works in place and the memory is read-only
     */
    @Override
    public Tensor forward(Tensor input) {
        return inplace ? Inputs.require(input).relu_() : Inputs.require(input).relu();
    }

    /** {@return the module as PyTorch prints one} */
    @Override
    public String toString() {
        return inplace ? "ReLU(inplace=True)" : "ReLU()";
    }
}
