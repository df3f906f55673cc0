package dev.torchffm;

import static dev.torchffm.Operators.inPlace;
import static dev.torchffm.Operators.tensor;

import dev.torchffm.internal.Scalar;
import java.lang.foreign.Arena;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The operators of a {@link Tensor}: clamp and relu, arithmetic, reductions, activations, copies.
 *
 * <p>Each is libtorch's own, with its broadcasting, its promotion of dtypes and its errors, and gives a new tensor
 * that lives where this one does ({@link Tensor#in} names another arena). It is recorded for gradients where PyTorch
 * records it. A name that ends with an underscore writes this tensor and gives it back. Tensors may be used from any
 * thread that their arenas allow.
 *
 * <p>What libtorch refuses, such as sizes that do not fit, is a {@link TorchException} with its own text; a closed
 * arena is an {@link IllegalStateException}, a write to read-only memory an {@link IllegalArgumentException}.
 *
 * {@snippet class="dev.torchffm.examples.Snippets" region="operators"}
 *
 * <p>Source: the PyTorch pages of the operators' names, such as "torch.add".
 */
public sealed interface TensorOperators permits Tensor {

    private Tensor self() {
        return (Tensor) this;
    }

    private static Tensor required(Tensor other) {
        return Objects.requireNonNull(other, "other");
    }

    private static Number required(Number other) {
        return Scalar.require("other", other);
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

    // ---- element by element ----

    /** {@return the sums of the elements of both tensors, which are broadcast} */
    default Tensor add(Tensor other) {
        return tensor(Ops.ADD, self(), required(other));
    }

    /** {@return the elements, each plus a Float, a Double or an integral Number} */
    default Tensor add(Number other) {
        return tensor(Ops.ADD, self(), required(other));
    }

    /** {@return the differences of the elements of both tensors, which are broadcast} */
    default Tensor sub(Tensor other) {
        return tensor(Ops.SUB, self(), required(other));
    }

    /** {@return the elements, each less a Float, a Double or an integral Number} */
    default Tensor sub(Number other) {
        return tensor(Ops.SUB, self(), required(other));
    }

    /** {@return the products of the elements of both tensors, which are broadcast} */
    default Tensor mul(Tensor other) {
        return tensor(Ops.MUL, self(), required(other));
    }

    /** {@return the elements, each times a Float, a Double or an integral Number} */
    default Tensor mul(Number other) {
        return tensor(Ops.MUL, self(), required(other));
    }

    /** {@return the quotients of the elements of both tensors, which are broadcast; of integers they are FLOAT32} */
    default Tensor div(Tensor other) {
        return tensor(Ops.DIV, self(), required(other));
    }

    /** {@return the elements, each divided by a Float, a Double or an integral Number; of integers they are FLOAT32} */
    default Tensor div(Number other) {
        return tensor(Ops.DIV, self(), required(other));
    }

    /** {@return the elements, each times -1} */
    default Tensor neg() {
        return tensor(Ops.NEG, self());
    }

    /** {@return e to the power of each element} */
    default Tensor exp() {
        return tensor(Ops.EXP, self());
    }

    /** {@return the natural logarithm of each element} */
    default Tensor log() {
        return tensor(Ops.LOG, self());
    }

    /** {@return the square root of each element} */
    default Tensor sqrt() {
        return tensor(Ops.SQRT, self());
    }

    /** {@return a BOOL tensor that says where the elements of both tensors, which are broadcast, are equal} */
    default Tensor eq(Tensor other) {
        return tensor(Ops.EQ, self(), required(other));
    }

    /** {@return a BOOL tensor that says where an element equals a Float, a Double or an integral Number} */
    default Tensor eq(Number other) {
        return tensor(Ops.EQ_SCALAR, self(), required(other));
    }

    /** {@return a tensor of another dtype, by PyTorch's conversions; this one where it has the dtype} */
    default Tensor to(DType dtype) {
        return Objects.requireNonNull(dtype, "dtype") == self().dtype() ? self() : tensor(Ops.TO, self(), dtype);
    }

    // ---- activations ----

    /** {@return 1 / (1 + e<sup>-x</sup>) of each element; of integers it is FLOAT32} */
    default Tensor sigmoid() {
        return tensor(Ops.SIGMOID, self());
    }

    /** Puts {@link #sigmoid} of each element, of a floating-point dtype, in its place, and gives back this tensor. */
    default Tensor sigmoid_() {
        return inPlace(Ops.SIGMOID_, self());
    }

    /** {@return the hyperbolic tangent of each element; of integers it is FLOAT32} */
    default Tensor tanh() {
        return tensor(Ops.TANH, self());
    }

    /** Puts the hyperbolic tangent of each element, of a floating-point dtype, in its place; gives back this tensor. */
    default Tensor tanh_() {
        return inPlace(Ops.TANH_, self());
    }

    /**
     * {@return the elements, each negative one times the slope}
     *
     * @param negativeSlope a Float, a Double or an integral Number, 0.01 by PyTorch's default
     */
    default Tensor leakyRelu(Number negativeSlope) {
        return tensor(Ops.LEAKY_RELU, self(), Scalar.require("negativeSlope", negativeSlope));
    }

    /**
     * Multiplies each negative element by the slope in place, and gives back this tensor.
     *
     * @param negativeSlope as for {@link #leakyRelu}; for gradients it must not be negative
     */
    default Tensor leakyRelu_(Number negativeSlope) {
        return inPlace(Ops.LEAKY_RELU_, self(), Scalar.require("negativeSlope", negativeSlope));
    }

    /**
     * {@return the elements, each negative one times a learned weight}
     *
     * @param weight one element, or as many as dimension 1 is long; of this dtype
     */
    default Tensor prelu(Tensor weight) {
        return tensor(Ops.PRELU, self(), Objects.requireNonNull(weight, "weight"));
    }

    /**
     * {@return e to the power of each element, divided by the sum of these powers along a dimension}
     *
     * @param dim from 0, or from -1 for the last
     */
    default Tensor softmax(long dim) {
        return tensor(Ops.SOFTMAX, self(), dim);
    }

    // ---- matrices and shapes ----

    /** {@return the matrix product; of two vectors the dot product; of more dimensions a product for each matrix} */
    default Tensor matmul(Tensor other) {
        return tensor(Ops.MATMUL, self(), required(other));
    }

    /** {@return the transposed of a tensor of at most two dimensions, a view over the same memory} */
    default Tensor t() {
        return tensor(Ops.T, self());
    }

    /** {@return the elements in another shape, as a view where possible; one size may be -1, to be computed} */
    default Tensor reshape(long... sizes) {
        return tensor(Ops.RESHAPE, self(), Objects.requireNonNull(sizes, "sizes"));
    }

    // ---- reductions ----

    /** {@return the sum of all elements, in a tensor of no dimension; of integers it is INT64} */
    default Tensor sum() {
        return tensor(Ops.SUM, self());
    }

    /**
     * {@return the sums along a dimension}
     *
     * @param dim from 0, or from -1 for the last
     * @param keepdim whether the dimension stays, of length 1
     */
    default Tensor sum(long dim, boolean keepdim) {
        return tensor(Ops.SUM_DIM, self(), new long[] {dim}, keepdim);
    }

    /** {@return the mean of all elements, of a floating-point dtype, in a tensor of no dimension} */
    default Tensor mean() {
        return tensor(Ops.MEAN, self());
    }

    /**
     * {@return the means along a dimension, of a floating-point dtype}
     *
     * @param dim from 0, or from -1 for the last
     * @param keepdim whether the dimension stays, of length 1
     */
    default Tensor mean(long dim, boolean keepdim) {
        return tensor(Ops.MEAN_DIM, self(), new long[] {dim}, keepdim);
    }

    /** {@return the index of a greatest element, counted in row-major order, an INT64 tensor of no dimension} */
    default Tensor argmax() {
        return tensor(Ops.ARGMAX, self());
    }

    /**
     * {@return the index of a greatest element along a dimension, INT64}
     *
     * @param dim from 0, or from -1 for the last
     * @param keepdim whether the dimension stays, of length 1
     */
    default Tensor argmax(long dim, boolean keepdim) {
        return tensor(Ops.ARGMAX, self(), dim, keepdim);
    }

    // ---- copies ----

    /** {@return this tensor where it is contiguous, else a contiguous copy over new memory} */
    default Tensor contiguous() {
        self().requireAlive();
        return self().isContiguous() ? self() : tensor(Ops.CLONE, self(), 0 /* memory_format: contiguous_format */);
    }

    /**
     * Copies another tensor's elements into this one.
     *
     * @param source read; converted to this dtype and broadcast to these sizes
     * @return this tensor
     * @throws TorchException when the sizes do not fit
     * @throws IllegalArgumentException when this memory is read-only
     */
    default Tensor copy_(Tensor source) {
        return inPlace(Ops.COPY_, self(), Objects.requireNonNull(source, "source"));
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
