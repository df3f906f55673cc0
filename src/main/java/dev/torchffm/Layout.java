package dev.torchffm;

import dev.torchffm.bindings.tffm_info;
import dev.torchffm.internal.Native;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.LongPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Where a view's elements lie in its storage: sizes, strides and offset, all in elements. Never changed. */
final class Layout {

    private final long[] sizes;
    private final long[] strides;
    private final long offset;
    private final long numel;
    private final boolean contiguous;

    /**
     * A layout.
     *
     * @param sizes the length of each dimension
     * @param strides the step of each dimension
     * @param offset where element 0 lies
     */
    Layout(long[] sizes, long[] strides, long offset) {
        this.sizes = sizes;
        this.strides = strides;
        this.offset = offset;
        long product = 1;
        for (long size : sizes) {
            product *= size;
        }
        numel = product;
        contiguous = product == 0 || strides.length == sizes.length && isContiguous(sizes, strides);
    }

    /**
     * The layout of a tensor that was described.
     *
     * @param info a struct {@code tffm_info}
     * @param similar returned where it is equal; or null
     */
    static Layout described(MemorySegment info, @Nullable Layout similar) {
        int dim = (int) tffm_info.dim(info);
        long offset = tffm_info.storage_offset(info);
        if (similar != null && similar.offset == offset && similar.isOf(info, dim)) {
            return similar;
        }
        var sizes = new long[dim];
        var strides = new long[dim];
        for (int d = 0; d < dim; d++) {
            sizes[d] = number(info, tffm_info.sizes$offset(), d);
            strides[d] = number(info, tffm_info.strides$offset(), d);
        }
        return new Layout(sizes, strides, offset);
    }

    private boolean isOf(MemorySegment info, int dim) {
        boolean same = sizes.length == dim;
        for (int d = 0; same && d < dim; d++) {
            same = sizes[d] == number(info, tffm_info.sizes$offset(), d)
                    && strides[d] == number(info, tffm_info.strides$offset(), d);
        }
        return same;
    }

    private static long number(MemorySegment info, long offset, int index) {
        return info.get(ValueLayout.JAVA_LONG, offset + index * (long) Long.BYTES);
    }

    /** Not to be changed. */
    long[] sizes() {
        return sizes;
    }

    /** Not to be changed. */
    long[] strides() {
        return strides;
    }

    long offset() {
        return offset;
    }

    /** A row-major layout; the sizes are checked. */
    static Layout contiguous(long[] sizes, DType dtype) {
        numel(sizes, dtype);
        return new Layout(sizes.clone(), contiguousStrides(sizes), 0);
    }

    /** The strides of a row-major tensor; as in PyTorch, a dimension of length 0 counts as one of length 1. */
    static long[] contiguousStrides(long[] sizes) {
        var strides = new long[sizes.length];
        long step = 1;
        for (int d = sizes.length - 1; d >= 0; d--) {
            strides[d] = step;
            step *= Math.max(1, sizes[d]);
        }
        return strides;
    }

    /** The number of elements, after a check that sizes are no less than 0 and their product in bytes fits a long. */
    static long numel(long[] sizes, DType dtype) {
        Objects.requireNonNull(dtype, "dtype");
        Objects.requireNonNull(sizes, "sizes");
        if (sizes.length > Native.MAX_DIM) {
            throw new IllegalArgumentException(
                    "sizes has " + sizes.length + " dimensions, and a tensor has at most " + Native.MAX_DIM);
        }
        boolean empty = false;
        long bytes = dtype.byteSize();
        for (int d = 0; d < sizes.length; d++) {
            long size = sizes[d];
            if (size < 0) {
                throw new IllegalArgumentException("sizes[" + d + "] is " + size + ", and a size must be 0 or more");
            }
            empty |= size == 0;
            if (Math.multiplyHigh(bytes, Math.max(1, size)) != 0 || bytes * Math.max(1, size) < 0) {
                throw new IllegalArgumentException("sizes is " + Arrays.toString(sizes)
                        + ", and the sizes' product in bytes must be less than 2^63");
            }
            bytes *= Math.max(1, size);
        }
        return empty ? 0 : bytes / dtype.byteSize();
    }

    /** Checks strides and offset; the sizes have passed {@link #numel}. */
    void check() {
        if (strides.length != sizes.length) {
            throw new IllegalArgumentException("strides is " + Arrays.toString(strides) + ", and must have as many"
                    + " elements as sizes, which is " + Arrays.toString(sizes));
        }
        if (offset < 0) {
            throw new IllegalArgumentException("storageOffset is " + offset + ", and must be 0 or more");
        }
        for (int d = 0; d < strides.length; d++) {
            if (strides[d] < 0) {
                throw new IllegalArgumentException(
                        "strides[" + d + "] is " + strides[d] + ", and a stride must be 0 or more");
            }
        }
        try {
            long last = offset;
            for (int d = 0; d < sizes.length; d++) {
                last = Math.addExact(last, Math.multiplyExact(Math.max(0, sizes[d] - 1), strides[d]));
            }
            Math.multiplyExact(Math.addExact(last, 1), 8L);
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException(
                    "strides is " + Arrays.toString(strides) + " and sizes is " + Arrays.toString(sizes)
                            + ", and the last element's offset in bytes must be less than 2^63",
                    e);
        }
    }

    long numel() {
        return numel;
    }

    /** How many elements of storage lie between element 0 and the last one, both counted. */
    long extent() {
        long extent = 1;
        for (int d = 0; d < sizes.length; d++) {
            if (sizes[d] == 0) {
                return 0;
            }
            extent += (sizes[d] - 1) * strides[d];
        }
        return extent;
    }

    /** Whether the elements lie in row-major order without a gap; strides of dimensions of length 1 do not count. */
    boolean isContiguous() {
        return contiguous;
    }

    private static boolean isContiguous(long[] sizes, long[] strides) {
        long step = 1;
        for (int d = sizes.length - 1; d >= 0; d--) {
            if (sizes[d] != 1) {
                if (strides[d] != step) {
                    return false;
                }
                step *= sizes[d];
            }
        }
        return true;
    }

    /** Whether all strides are those of row-major order, also in dimensions of length 1. */
    boolean isRowMajor() {
        long step = 1;
        for (int d = sizes.length - 1; d >= 0; d--) {
            if (strides[d] != step || sizes[d] == 0) {
                return false;
            }
            step *= sizes[d];
        }
        return true;
    }

    /**
     * The layout that libtorch gives to the result of an elementwise operator. It keeps the order of elements that fill
     * a block of memory without gap or overlap; for other layouts its rule is more complicated, and this is null.
     */
    @Nullable
    Layout ofResult() {
        if (contiguous) {
            return new Layout(sizes, contiguousStrides(sizes), 0);
        }
        long step = 1;
        for (int d : order()) {
            if (sizes[d] == 1 || strides[d] != step) {
                return null;
            }
            step *= sizes[d];
        }
        return new Layout(sizes, strides, 0);
    }

    /** Whether there are elements, and they fill a block of memory without gap or overlap, in any order of dimensions. */
    boolean fillsABlock() {
        if (contiguous) {
            return numel > 0;
        }
        long step = 1;
        for (int d : order()) {
            if (sizes[d] != 1) {
                if (strides[d] != step) {
                    return false;
                }
                step *= sizes[d];
            }
        }
        return true;
    }

    /** The dimensions from the smallest stride to the greatest. */
    private List<Integer> order() {
        return IntStream.range(0, sizes.length)
                .boxed()
                .sorted(Comparator.comparingLong(d -> strides[d]))
                .toList();
    }

    /** Receives an element's place, in elements from element 0, and its number in row-major order. */
    interface Visitor {
        void visit(long place, long number);
    }

    /** Visits every element in row-major order. */
    void forEach(Visitor visitor) {
        var number = new long[1];
        allMatch(place -> {
            visitor.visit(place, number[0]++);
            return true;
        });
    }

    /** Whether all places pass, in row-major order, as far as one that does not. */
    boolean allMatch(LongPredicate predicate) {
        var index = new long[sizes.length];
        long place = 0;
        for (long number = 0; number < numel; number++) {
            if (!predicate.test(place)) {
                return false;
            }
            for (int d = sizes.length - 1; d >= 0; d--) {
                place += strides[d];
                if (++index[d] < sizes[d]) {
                    break;
                }
                place -= strides[d] * sizes[d];
                index[d] = 0;
            }
        }
        return true;
    }
}
