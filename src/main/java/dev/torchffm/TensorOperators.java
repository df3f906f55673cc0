package dev.torchffm;

import static dev.torchffm.Operators.inPlace;
import static dev.torchffm.Operators.tensor;

import java.lang.foreign.Arena;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Methods of a {@link Tensor} that are written by hand: clamp and relu, and those that may give this very tensor back.
 * All others are in {@link TensorMethods}.
 *
 * {@snippet class="dev.torchffm.examples.Snippets" region="operators"}
 *
 * <p>Source: the PyTorch pages of the operators' names, such as "torch.clamp".
 */
public sealed interface TensorOperators permits Tensor {

    private Tensor self() {
        return (Tensor) this;
    }

    // ---- clamp and relu ----

    /**
     * Clamps every element between the bounds, into a new tensor.
     *
     * <p>Source: the PyTorch page "torch.clamp". An element below {@code min} becomes {@code min}, then one above
     * {@code max} becomes {@code max}; all others keep their bits, NaN and -0.0 too. A floating-point bound makes
     * an integer tensor's result FLOAT32.
     *
     * <p>Up to libtorch 2.14 an integral bound out of an integral dtype's range is an error, and a negative one wraps
     * around for UINT8. From 2.15 on it is an error only where every element would be out of range; a lower bound below
     * the range, or an upper one above it, bounds nothing. The gradient at a bound is passed on by libtorch 2.13, and is
     * 0 from 2.14 on.
     *
     * @param min a Float, a Double or an integral Number, or null for no bound
     * @param max likewise
     * @return a new tensor over other memory
     * @throws TorchException when both are null, or a bound is out of the dtype's range
     */
    default Tensor clamp(@Nullable Number min, @Nullable Number max) {
        return Clamp.fresh(self(), Clamp.CLAMP, min, max);
    }

    /**
     * Clamps every element in place; see {@link #clamp(Number, Number)}. No byte outside the view is written.
     *
     * @return this tensor
     * @throws TorchException when the dtype would change, or as for {@code clamp}
     * @throws IllegalArgumentException when the memory is read-only
     */
    default Tensor clamp_(@Nullable Number min, @Nullable Number max) {
        return Clamp.inPlace(self(), Clamp.CLAMP, min, max);
    }

    /**
     * Clamps every element into another tensor; see {@link #clamp(Number, Number)}.
     *
     * @param out written; of this tensor's sizes and a dtype that the result can be cast to
     * @return {@code out}
     * @throws IllegalArgumentException when out's sizes differ or its memory is read-only
     */
    default Tensor clamp(@Nullable Number min, @Nullable Number max, Tensor out) {
        return Clamp.into(self(), Clamp.CLAMP, min, max, out);
    }

    /** Clamps from below into a new tensor: PyTorch's {@code clamp_min}; see {@link #clamp(Number, Number)}. */
    default Tensor clampMin(Number min) {
        return Clamp.fresh(self(), Clamp.CLAMP_MIN, Objects.requireNonNull(min, "min"), null);
    }

    /** Clamps from below in place and returns this tensor; see {@link #clamp_(Number, Number)}. */
    default Tensor clampMin_(Number min) {
        return Clamp.inPlace(self(), Clamp.CLAMP_MIN, Objects.requireNonNull(min, "min"), null);
    }

    /** Clamps from below into {@code out} and returns it; see {@link #clamp(Number, Number, Tensor)}. */
    default Tensor clampMin(Number min, Tensor out) {
        return Clamp.into(self(), Clamp.CLAMP_MIN, Objects.requireNonNull(min, "min"), null, out);
    }

    /** Clamps from above into a new tensor: PyTorch's {@code clamp_max}; see {@link #clamp(Number, Number)}. */
    default Tensor clampMax(Number max) {
        return Clamp.fresh(self(), Clamp.CLAMP_MAX, null, Objects.requireNonNull(max, "max"));
    }

    /** Clamps from above in place and returns this tensor; see {@link #clamp_(Number, Number)}. */
    default Tensor clampMax_(Number max) {
        return Clamp.inPlace(self(), Clamp.CLAMP_MAX, null, Objects.requireNonNull(max, "max"));
    }

    /** Clamps from above into {@code out} and returns it; see {@link #clamp(Number, Number, Tensor)}. */
    default Tensor clampMax(Number max, Tensor out) {
        return Clamp.into(self(), Clamp.CLAMP_MAX, null, Objects.requireNonNull(max, "max"), out);
    }

    /**
     * Replaces every negative element by 0, into a new tensor: libtorch's own {@code relu}.
     *
     * <p>Source: the PyTorch page "torch.nn.functional.relu".
     *
     * @throws TorchException for a BOOL tensor
     */
    default Tensor relu() {
        return Clamp.fresh(self(), Clamp.RELU, 0, null);
    }

    /**
     * Replaces every negative element by 0, in place.
     *
     * @return this tensor
     * @throws TorchException for a BOOL tensor
     * @throws IllegalArgumentException when the memory is read-only
     */
    default Tensor relu_() {
        return Clamp.inPlace(self(), Clamp.RELU, 0, null);
    }

    /** {@return whether a tensor has this one's sizes and equal elements; see {@link Tensor#equal(Tensor, Tensor)}} */
    default boolean equal(Tensor other) {
        return Tensor.equal(self(), other);
    }

    // ---- the same tensor where nothing is to be done ----

    /** {@return a tensor of another dtype, by PyTorch's conversions; this one where it has the dtype} */
    default Tensor to(DType dtype) {
        return Objects.requireNonNull(dtype, "dtype") == self().dtype() ? self() : tensor(Ops.TO, self(), dtype);
    }

    /** {@return this tensor where it is contiguous, else a contiguous copy over new memory} */
    default Tensor contiguous() {
        self().requireAlive();
        return self().isContiguous() ? self() : tensor(Ops.CLONE, self(), 0 /* memory_format: contiguous_format */);
    }

    // ---- history ----

    /**
     * {@return a tensor over the same memory that takes no part in this one's history} A write in place to either is seen
     * in both, and a {@code backward} that needs the overwritten elements fails.
     */
    default Tensor detach() {
        return tensor(Ops.DETACH, self());
    }

    /**
     * Sets this leaf's gradient to zeros where it has one, in the memory that it has; {@link Tensor#clearGrad_} removes
     * it.
     *
     * @return this tensor
     */
    default Tensor zeroGrad_() {
        try (Arena arena = Arena.ofConfined()) {
            @Nullable Tensor gradient = self().in(arena).grad();
            if (gradient != null) {
                inPlace(Ops.ZERO_, gradient);
            }
        }
        return self();
    }
}
