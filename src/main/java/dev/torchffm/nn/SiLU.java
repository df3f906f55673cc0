package dev.torchffm.nn;

import dev.torchffm.Aten;
import dev.torchffm.Tensor;

/**
 * The sigmoid linear unit, x · σ(x), also called swish.
 *
 * <p>FLOAT32, FLOAT64, FLOAT16 or BFLOAT16, of any shape. A NaN stays one. Stateless: any thread may use it.
 *
 * <p>In place, a leaf that requires its gradient ({@code requiresGrad_}) is refused with libtorch's own text.
 *
 * <p>Source: the PyTorch page "torch.nn.SiLU".
 */
public final class SiLU implements Module {

    private final boolean inplace;

    /** A module that leaves its input as it is. */
    public SiLU() {
        this(false);
    }

    /**
     * A module that works in place or not.
     *
     * @param inplace whether {@link #forward} writes its input and returns it
     */
    public SiLU(boolean inplace) {
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
        return inplace ? Aten.silu_(input) : Aten.silu(input);
    }

    /** {@return the module as PyTorch prints one} */
    @Override
    public String toString() {
        return inplace ? "SiLU(inplace=True)" : "SiLU()";
    }
}
