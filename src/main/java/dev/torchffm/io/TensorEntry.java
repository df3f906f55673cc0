package dev.torchffm.io;

import dev.torchffm.DType;
import java.util.Arrays;

/**
 * Where a tensor lies in a file, and how.
 *
 * @param name its name in messages
 * @param columnMajor whether neighbours in the first dimension are neighbours in the file; else those in the last
 * @param start where its elements begin, in bytes from the file's start
 * @param bytes how many bytes they take
 */
record TensorEntry(String name, DType dtype, long[] sizes, boolean columnMajor, long start, long bytes) {

    boolean isAligned() {
        return start % dtype.byteSize() == 0;
    }

    /** As in PyTorch, a dimension of length 0 counts as one of length 1. */
    long[] strides() {
        var strides = new long[sizes.length];
        long step = 1;
        for (int i = 0; i < sizes.length; i++) {
            int d = columnMajor ? i : sizes.length - 1 - i;
            strides[d] = step;
            step *= Math.max(1, sizes[d]);
        }
        return strides;
    }

    @Override
    public String toString() {
        return name + " of " + dtype + " with sizes " + Arrays.toString(sizes);
    }
}
