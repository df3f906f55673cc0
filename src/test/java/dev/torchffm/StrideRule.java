package dev.torchffm;

import java.util.stream.IntStream;

/**
 * The strides that PyTorch gives the result of an operator on one tensor: a dense tensor's own, else dense ones in
 * the order of the tensor's strides.
 *
 * <p>Source: {@code compute_fast_setup_type} and {@code reorder_dimensions} in PyTorch's TensorIterator.cpp.
 */
final class StrideRule {

    /** From the innermost dimension to the outermost: of a row-major tensor of four, and with the channels last. */
    private static final int[] CHANNELS_LAST = {1, 3, 2, 0};

    private StrideRule() {}

    static long[] resultStrides(long[] sizes, long[] strides) {
        int[] rowMajor = rowMajor(sizes.length);
        boolean empty = IntStream.of(rowMajor).anyMatch(d -> sizes[d] == 0);
        if (empty || isDense(sizes, strides, rowMajor)) {
            return dense(sizes, rowMajor);
        }
        if (sizes.length == 4 && isDense(sizes, strides, CHANNELS_LAST)) {
            return dense(sizes, CHANNELS_LAST);
        }
        int[] ascending = IntStream.of(rowMajor)
                .boxed()
                .sorted((a, b) -> Long.compare(strides[a], strides[b]))
                .mapToInt(d -> d)
                .toArray();
        return isDense(sizes, strides, ascending) ? strides : dense(sizes, inStrideOrder(sizes, strides));
    }

    /** Whether writing through the tensor is refused: a place that is certain to be written more than once. */
    static boolean overlapsItself(long[] sizes, long[] strides) {
        IntStream dimensions = IntStream.range(0, sizes.length);
        return IntStream.range(0, sizes.length).noneMatch(d -> sizes[d] == 0)
                && dimensions.anyMatch(d -> strides[d] == 0 && sizes[d] > 1);
    }

    private static int[] rowMajor(int dim) {
        return IntStream.range(0, dim).map(i -> dim - 1 - i).toArray();
    }

    /** Whether the elements lie without a gap in this order, innermost dimension first. */
    private static boolean isDense(long[] sizes, long[] strides, int[] order) {
        long step = 1;
        for (int d : order) {
            if (sizes[d] != 1) {
                if (strides[d] != step) {
                    return false;
                }
                step *= sizes[d];
            }
        }
        return true;
    }

    private static long[] dense(long[] sizes, int[] order) {
        var strides = new long[sizes.length];
        long step = 1;
        for (int d : order) {
            strides[d] = step;
            step *= Math.max(1, sizes[d]);
        }
        return strides;
    }

    /** An insertion sort by stride, then size, in which a stride of 0 may stand anywhere and so stays. */
    private static int[] inStrideOrder(long[] sizes, long[] strides) {
        int[] order = rowMajor(sizes.length);
        for (int i = 1; i < order.length; i++) {
            int moving = i;
            for (int below = i - 1; below >= 0; below--) {
                int inner = order[below];
                int outer = order[moving];
                if (strides[inner] == 0 || strides[outer] == 0) {
                    continue;
                }
                int comparison = Long.compare(strides[inner], strides[outer]);
                if (comparison < 0) {
                    break;
                }
                if (comparison > 0 || sizes[inner] > sizes[outer]) {
                    order[below] = outer;
                    order[moving] = inner;
                    moving = below;
                }
            }
        }
        return order;
    }
}
