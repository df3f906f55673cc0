package dev.torchffm.nn;

import dev.torchffm.Tensor;

/**
 * The leaky rectified linear unit: x above 0, and negativeSlope · x below, so that no unit stops learning.
 *
 * <p>Its derivative is 1 above 0 and negativeSlope below; at 0 libtorch takes negativeSlope. A slope of 0 is
 * {@link ReLU} but for -∞, of which it makes NaN, and for the sign of a 0.
 *
 * <p>FLOAT32, FLOAT64, FLOAT16 or BFLOAT16, of any shape. A NaN stays one. Stateless: any thread may use it.
 *
 * <p>In place, a leaf that requires its gradient ({@code requiresGrad_}) is refused. A {@code backward} that needs
 * overwritten elements fails, and so does one through a negative slope, as the output does not show the input's sign.
 * Each failure has libtorch's own text.
 *
 * <p>Source: the PyTorch page "torch.nn.LeakyReLU".
 */
public final class LeakyReLU implements Module {

    private final double negativeSlope;
    private final boolean inplace;

    /** A module of slope 0.01 that leaves its input as it is. */
    public LeakyReLU() {
        this(0.01);
    }

    /**
     * A module that leaves its input as it is.
     *
     * @param negativeSlope the factor below 0
     */
    public LeakyReLU(double negativeSlope) {
        this(negativeSlope, false);
    }

    /**
     * A module that works in place or not.
     *
     * @param negativeSlope the factor below 0
     * @param inplace whether {@link #forward} writes its input and returns it
     */
    public LeakyReLU(double negativeSlope, boolean inplace) {
        this.negativeSlope = negativeSlope;
        this.inplace = inplace;
    }

    /**
     * Computes the function of every element.
     *
     * @param input floating-point, of any shape; written when this module works in place
     * @return in place the very same object over the same memory; else a new tensor where the input lives
     * @throws dev.torchffm.TorchException for integers and BOOL, and in place for a leaf that requires its gradient
     * @throws IllegalArgumentException when this module works in place and the memory is read-only
     */
    @Override
    public Tensor forward(Tensor input) {
        Inputs.require(input);
        return inplace ? input.leakyRelu_(negativeSlope) : input.leakyRelu(negativeSlope);
    }

    /** {@return the module as PyTorch prints one} */
    @Override
    public String toString() {
        return "LeakyReLU(negative_slope=" + Python.repr(negativeSlope) + (inplace ? ", inplace=True)" : ")");
    }
}
