package dev.torchffm.nn;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Checks of modules' arguments. */
final class Inputs {

    private Inputs() {}

    static Tensor require(@Nullable Tensor input) {
        return Objects.requireNonNull(input, "input");
    }

    static long requireCount(String name, long count) {
        if (count < 0) {
            throw new IllegalArgumentException(name + " is " + count + ", and must be 0 or more");
        }
        return count;
    }

    /** Only floating-point tensors have gradients. */
    static DType requireFloatingPoint(DType dtype) {
        if (!Objects.requireNonNull(dtype, "dtype").isFloatingPoint()) {
            throw new IllegalArgumentException("dtype is " + dtype + ", and a parameter's must be floating-point");
        }
        return dtype;
    }
}
