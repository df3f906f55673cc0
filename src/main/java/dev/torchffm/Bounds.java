package dev.torchffm;

import dev.torchffm.internal.Scalar;
import org.jspecify.annotations.Nullable;

/**
 * An operator of the clamp family and its bounds, as libtorch's Scalars.
 *
 * @param operation the shim's code of the operator
 * @param minKind the lower bound's kind, a constant of {@link Scalar}
 * @param min the lower bound's bits
 * @param maxKind the upper bound's kind
 * @param max the upper bound's bits
 */
record Bounds(int operation, int minKind, long min, int maxKind, long max) {

    /** The bounds of a call; null is no bound. */
    static Bounds of(int operation, @Nullable Number min, @Nullable Number max) {
        return new Bounds(
                operation, Scalar.kind("min", min), Scalar.bits(min), Scalar.kind("max", max), Scalar.bits(max));
    }

    /** Whether the result for this dtype has the same dtype. Otherwise libtorch promotes it, or fails. */
    boolean keep(DType dtype) {
        return dtype.isFloatingPoint() || dtype != DType.BOOL && minKind != Scalar.REAL && maxKind != Scalar.REAL;
    }
}
