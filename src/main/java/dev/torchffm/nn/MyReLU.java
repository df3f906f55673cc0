package dev.torchffm.nn;

import dev.torchffm.Tensor;
import dev.torchffm.internal.ClampKernel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * The rectified linear unit, max(0, x), made of libtorch's {@code clamp} and {@code clamp_}.
 *
 * {@snippet file="Relu.java"}
 *
 * <p>Its derivative is 1 above 0 and 0 below. At 0, where it has none, {@code clamp} of libtorch 2.14 and later takes 0,
 * as its {@code relu} does, which {@link ReLU} calls; that of 2.13 takes 1, as 0 is within the bounds. {@code clamp}
 * computes the derivative from its input, so that in place libtorch keeps a copy of it while gradients are recorded.
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

    /**
     * Rectifies every element of a Java array, on which native code works during the call. The bits are those of
     * {@link #forward(Tensor)} on a tensor of the values; no gradients are recorded. The shim's own loops do it,
     * whatever {@link dev.torchffm.Torch#kernels} says.
     *
     * {@snippet class="dev.torchffm.examples.ArraySnippets" region="forward"}
     *
     * <p>Up to 65,536 elements (256 KiB) are rectified where they lie, in some 10 µs; the garbage collector, and every
     * thread that waits for it, waits that long. A longer array is copied to native memory, clamped there and copied
     * back, which costs several times the clamp itself: use a tensor for large data that is needed more than once.
     *
     * @param values written when this module works in place, and by no other thread during the call
     * @return in place the very same array; else a new one
     * @throws dev.torchffm.TorchException when libtorch cannot be loaded
     */
    public float[] forward(float[] values) {
        Objects.requireNonNull(values, "values");
        float[] result = inplace ? values : values.clone();
        if (!ClampKernel.rectify(result)) {
            try (Arena arena = Arena.ofConfined()) {
                Tensor.of(arena, result).clamp_(0, null).copyTo(MemorySegment.ofArray(result));
            }
        }
        return result;
    }

    /** {@return the module as PyTorch prints one} */
    @Override
    public String toString() {
        return inplace ? "MyReLU(inplace=True)" : "MyReLU()";
    }
}
