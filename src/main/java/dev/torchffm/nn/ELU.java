package dev.torchffm.nn;

import dev.torchffm.Aten;
import dev.torchffm.Tensor;

/**
 * The exponential linear unit: x above 0, and alpha · (exp(x) - 1) below.
 *
 * <p>FLOAT32, FLOAT64, FLOAT16 or BFLOAT16, of any shape. A NaN stays one. Stateless: any thread may use it.
 *
 * <p>In place, a leaf that requires its gradient ({@code requiresGrad_}) is refused, and so is a {@code backward} through
 * a negative alpha, as the output does not show the input's sign; each failure has libtorch's own text.
 *
 * <p>Source: the PyTorch page "torch.nn.ELU".
 */
public final class ELU implements Module {

    private final double alpha;
    private final boolean inplace;

    /** A module of alpha 1 that leaves its input as it is. */
    public ELU() {
        this(1);
    }

    /**
     * A module that leaves its input as it is.
     *
     * @param alpha the factor below 0
     */
    public ELU(double alpha) {
        this(alpha, false);
    }

    /**
     * A module that works in place or not.
     *
     * @param alpha the factor below 0
     * @param inplace whether {@link #forward} writes its input and returns it
     */
    public ELU(double alpha, boolean inplace) {
        this.alpha = alpha;
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
        return inplace ? Aten.elu_(input, alpha) : Aten.elu(input, alpha);
    }

    /** {@return the module as PyTorch prints one} */
    @Override
    public String toString() {
        return "ELU(alpha=" + Python.repr(alpha) + (inplace ? ", inplace=True)" : ")");
    }
}
