package dev.torchffm;

import dev.torchffm.internal.Scalar;
import org.jspecify.annotations.Nullable;

/**
 * What an operator of clamp's family does: which one it is, and its bounds as libtorch's Scalars.
 *
 * @param operation the shim's code of the operator
 * @param minKind of {@link Scalar}
 * @param min the lower bound's bits
 * @param maxKind of {@link Scalar}
 * @param max the upper bound's bits
 */
record Bounds(int operation, int minKind, long min, int maxKind, long max) {

    /** The bounds of a call; a null one is none. */
    static Bounds of(int operation, @Nullable Number min, @Nullable Number max) {
        return new Bounds(
                operation, Scalar.kind("min", min), Scalar.bits(min), Scalar.kind("max", max), Scalar.bits(max));
    }

    /** Whether a result has this dtype: else bounds make it another, or libtorch fails. */
    boolean keep(DType dtype) {
        return dtype.isFloatingPoint() || dtype != DType.BOOL && minKind != Scalar.REAL && maxKind != Scalar.REAL;
    }
}
