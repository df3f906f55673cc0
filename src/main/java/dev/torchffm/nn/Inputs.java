package dev.torchffm.nn;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Checks of modules' arguments. */
final class Inputs {

    private Inputs() {}

    static Tensor require(@Nullable Tensor input) {
        return Objects.requireNonNull(input, "input");
    }

    /** Numbers for height and width, or one for both. */
    static List<Long> pair(String name, List<Long> numbers) {
        if (numbers.isEmpty() || numbers.size() > 2) {
            throw new IllegalArgumentException(
                    name + " has " + numbers.size() + " numbers, and must have one, or height and width");
        }
        return List.copyOf(numbers);
    }

    static long[] array(List<Long> numbers) {
        return numbers.stream().mapToLong(Long::longValue).toArray();
    }

    static String requireOneOf(String name, String value, String... words) {
        if (!List.of(words).contains(Objects.requireNonNull(value, name))) {
            throw new IllegalArgumentException(name + " is " + value + ", and must be one of " + List.of(words));
        }
        return value;
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
