package dev.torchffm.nn;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Checks of modules' arguments, and calls of the operators behind them. */
final class Inputs {

    private Inputs() {}

    static Tensor require(@Nullable Tensor input) {
        return Objects.requireNonNull(input, "input");
    }

    /** Calls an operator that gives one tensor. */
    static Tensor call(String operator, @Nullable Object... arguments) {
        return (Tensor) Objects.requireNonNull(Torch.call(operator, arguments).getFirst());
    }

    /** Numbers for height and width, or one for both. */
    static List<Long> pair(String name, List<Long> numbers) {
        if (numbers.isEmpty() || numbers.size() > 2) {
            throw new IllegalArgumentException(
                    name + " has " + numbers.size() + " numbers, and must have one, or height and width");
        }
        return List.copyOf(numbers);
    }

    /** The number for height, 0, or width, 1. */
    static long at(List<Long> pair, int axis) {
        return pair.get(Math.min(axis, pair.size() - 1));
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
