package dev.torchffm.nn;

import dev.torchffm.Tensor;
import java.util.Objects;

/**
 * The rectified linear unit, max(0, x), made of libtorch's {@code clamp} and {@code clamp_}.
 *
 * {@snippet class="dev.torchffm.examples.ReadmeExample" region="example"}
 *
 * <p>A NaN stays, and so does -0.0. Stateless: any thread may use it.
 *
 * <p>Source: the PyTorch pages "torch.nn.ReLU" and "torch.clamp".
 */
public final class MyReLU implements Module {

    private final boolean inplace;

    /** A module that leaves its input as it is. */
    public MyReLU() {
        this(false);
    }

    /**
     * A module that works in place or not.
     *
     * @param inplace whether {@link #forward} writes its input and returns it
     */
    public MyReLU(boolean inplace) {
        this.inplace = inplace;
    }

    /**
     * Rectifies every element.
     *
     * @param input of any dtype and shape; written when this module works in place
     * @return in place the very same object over the same memory; else a new tensor over other memory
     * @throws dev.torchffm.TorchException when the dtype would change in place, for BOOL
     * @throws IllegalArgumentException when this module works in place and the memory is read-only
     */
    @Override
    public Tensor forward(Tensor input) {
        Objects.requireNonNull(input, "input");
        return inplace ? input.clamp_(0, null) : input.clamp(0, null);
    }

    /** {@return the module as PyTorch prints one} */
    @Override
    public String toString() {
        return inplace ? "MyReLU(inplace=True)" : "MyReLU()";
    }
}
