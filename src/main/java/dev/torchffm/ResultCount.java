package dev.torchffm;

import dev.torchffm.internal.Operator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How many results an operator that gives a list of tensors may give: that many are made room for before the call, and
 * too many are refused before libtorch makes them.
 */
final class ResultCount {

    /** As many as a list among the arguments may have. */
    private static final int MOST = 1 << 20;

    /** A tensor for each dimension, and one more. */
    private static final int FOR_DIMENSIONS = 65;

    private ResultCount() {}

    /** The most results for these arguments; where they do not fit the operator, which libtorch says, any number. */
    static int of(Operator operator, @Nullable Object[] arguments) {
        long count = count(operator.name(), arguments);
        if (count > MOST) {
            throw new IllegalArgumentException("operator is " + operator + ", which would give " + count
                    + " tensors, and a call gives at most " + MOST + ": call it for parts, which aten::narrow gives");
        }
        return (int) Math.max(FOR_DIMENSIONS, count);
    }

    private static long count(String name, @Nullable Object[] arguments) {
        Object self = arguments.length > 0 ? arguments[0] : null;
        Object second = arguments.length > 1 ? arguments[1] : null;
        String plain = name.substring("aten::".length()).replace("unsafe_", "").replace("_copy", "");
        return switch (plain) {
            case "unbind" -> size(self, second);
            case "split" -> second instanceof Number step ? steps(size(self, third(arguments)), step) : length(second);
            case "split_with_sizes", "chunk", "tensor_split", "hsplit", "vsplit", "dsplit" -> parts(second);
            case "histogramdd" -> size(self, -1) + 1; // the edges of each dimension beside the histogram
            default -> longestList(arguments);
        };
    }

    private static @Nullable Object third(@Nullable Object[] arguments) {
        return arguments.length > 2 ? arguments[2] : null;
    }

    /** A tensor's size in a dimension, the first by default. */
    private static long size(@Nullable Object self, @Nullable Object dimension) {
        if (!(self instanceof Tensor tensor)) {
            return 0;
        }
        long[] sizes = tensor.layout().sizes();
        long dim = dimension instanceof Number number ? number.longValue() : 0;
        long index = dim < 0 ? dim + sizes.length : dim;
        return index >= 0 && index < sizes.length ? sizes[(int) index] : 0;
    }

    private static long steps(long size, Number step) {
        return step.longValue() <= 0 ? 0 : (size - 1) / step.longValue() + 1;
    }

    /** A number of parts, or where they end: one more. */
    private static long parts(@Nullable Object given) {
        return given instanceof Tensor tensor
                ? partsIn(tensor)
                : given instanceof Number count ? count.longValue() : length(given) + 1;
    }

    private static long partsIn(Tensor given) {
        return given.dim() == 0 && !given.dtype().isFloatingPoint()
                ? given.item().longValue()
                : given.numel() + 1;
    }

    private static long longestList(@Nullable Object[] arguments) {
        long longest = 0;
        for (Object argument : arguments) {
            longest = Math.max(longest, length(argument));
        }
        return longest + 1; // beside it there may be another result
    }

    private static long length(@Nullable Object list) {
        return switch (list) {
            case List<?> elements -> elements.size();
            case Tensor[] elements -> elements.length;
            case long[] elements -> elements.length;
            case int[] elements -> elements.length;
            case null, default -> 0;
        };
    }
}
