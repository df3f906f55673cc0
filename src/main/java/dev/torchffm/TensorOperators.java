package dev.torchffm;

import dev.torchffm.internal.Shim;
import java.lang.foreign.Arena;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The operators of a {@link Tensor} besides clamp and relu: arithmetic, reductions, activations.
 *
 * <p>Each is libtorch's own, with its broadcasting, its promotion of dtypes and its errors, and gives a new tensor
 * that lives where this one does ({@link Tensor#in} names another arena). It is recorded for gradients where PyTorch
 * records it. A name that ends with an underscore writes this tensor and gives it back. Tensors may be used from any
 * thread that their arenas allow.
 *
 * <p>What libtorch refuses, sizes that do not fit for one, is a {@link TorchException} with its own text; a closed
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

    // ---- element by element ----

    /** {@return the sums of the elements of both tensors, which are broadcast} */
    default Tensor add(Tensor other) {
        return self().with(other, Shim::add);
    }

    /** {@return the elements, each plus a Float, a Double or an integral Number} */
    default Tensor add(Number other) {
        return self().with(other, Shim::addScalar);
    }

    /** {@return the differences of the elements of both tensors, which are broadcast} */
    default Tensor sub(Tensor other) {
        return self().with(other, Shim::sub);
    }

    /** {@return the elements, each less a Float, a Double or an integral Number} */
    default Tensor sub(Number other) {
        return self().with(other, Shim::subScalar);
    }

    /** {@return the products of the elements of both tensors, which are broadcast} */
    default Tensor mul(Tensor other) {
        return self().operator("aten::mul.Tensor", Objects.requireNonNull(other, "other"));
    }

    /** {@return the elements, each times a Float, a Double or an integral Number} */
    default Tensor mul(Number other) {
        return self().with(other, Shim::mulScalar);
    }

    /** {@return the quotients of the elements of both tensors, which are broadcast; of integers they are FLOAT32} */
    default Tensor div(Tensor other) {
        return self().operator("aten::div.Tensor", Objects.requireNonNull(other, "other"));
    }

    /** {@return the elements, each divided by a Float, a Double or an integral Number; of integers they are FLOAT32} */
    default Tensor div(Number other) {
        return self().with(other, Shim::divScalar);
    }

    /** {@return the elements, each times -1} */
    default Tensor neg() {
        return self().operator("aten::neg");
    }

    /** {@return e to the power of each element} */
    default Tensor exp() {
        return self().operator("aten::exp");
    }

    /** {@return the natural logarithm of each element} */
    default Tensor log() {
        return self().operator("aten::log");
    }

    /** {@return the square root of each element} */
    default Tensor sqrt() {
        return self().operator("aten::sqrt");
    }

    /** {@return a BOOL tensor that says where the elements of both tensors, which are broadcast, are equal} */
    default Tensor eq(Tensor other) {
        return self().operator("aten::eq.Tensor", Objects.requireNonNull(other, "other"));
    }

    /** {@return a BOOL tensor that says where an element equals a Float, a Double or an integral Number} */
    default Tensor eq(Number other) {
        return self().with(other, Shim::eqScalar);
    }

    /** {@return a tensor of another dtype, by PyTorch's conversions; this one where it has the dtype} */
    default Tensor to(DType dtype) {
        return Objects.requireNonNull(dtype, "dtype") == self().dtype()
                ? self()
                : self().operator("aten::to.dtype", dtype);
    }

    // ---- activations ----

    /** {@return 1 / (1 + e<sup>-x</sup>) of each element; of integers it is FLOAT32} */
    default Tensor sigmoid() {
        return self().operator("aten::sigmoid");
    }

    /** Puts {@link #sigmoid} of each element, of a floating-point dtype, in its place, and gives back this tensor. */
    default Tensor sigmoid_() {
        return self().operator("aten::sigmoid_");
    }

    /** {@return the hyperbolic tangent of each element; of integers it is FLOAT32} */
    default Tensor tanh() {
        return self().operator("aten::tanh");
    }

    /** Puts the hyperbolic tangent of each element, of a floating-point dtype, in its place; gives back this tensor. */
    default Tensor tanh_() {
        return self().operator("aten::tanh_");
    }

    /**
     * {@return the elements, each negative one times the slope}
     *
     * @param negativeSlope a Float, a Double or an integral Number, 0.01 by PyTorch's default
     */
    default Tensor leakyRelu(Number negativeSlope) {
        return self().with(negativeSlope, Shim::leakyRelu);
    }

    /**
     * Multiplies each negative element by the slope in place, and gives back this tensor.
     *
     * @param negativeSlope as for {@link #leakyRelu}; for gradients it must not be negative
     */
    default Tensor leakyRelu_(Number negativeSlope) {
        return self().with_(negativeSlope, Shim::leakyRelu_);
    }

    /**
     * {@return the elements, each negative one times a learned weight}
     *
     * @param weight one element, or as many as dimension 1 is long; of this dtype
     */
    default Tensor prelu(Tensor weight) {
        return self().operator("aten::prelu", Objects.requireNonNull(weight, "weight"));
    }

    // ---- matrices and shapes ----

    /** {@return the matrix product; of vectors the dot product, of more dimensions one for each of a batch} */
    default Tensor matmul(Tensor other) {
        return self().operator("aten::matmul", Objects.requireNonNull(other, "other"));
    }

    /** {@return the transposed of a tensor of at most two dimensions, a view over the same memory} */
    default Tensor t() {
        return self().operator("aten::t");
    }

    /** {@return the elements in another shape, where that is possible a view; one size may be -1, for the rest} */
    default Tensor reshape(long... sizes) {
        return self().operator("aten::reshape", Objects.requireNonNull(sizes, "sizes"));
    }

    // ---- reductions ----

    /** {@return the sum of all elements, in a tensor of no dimension; of integers it is INT64} */
    default Tensor sum() {
        return self().operator("aten::sum");
    }

    /**
     * {@return the sums along a dimension}
     *
     * @param dim from 0, or from -1 for the last
     * @param keepdim whether the dimension stays, of length 1
     */
    default Tensor sum(long dim, boolean keepdim) {
        return self().operator("aten::sum.dim_IntList", new long[] {dim}, keepdim);
    }

    /** {@return the mean of all elements, of a floating-point dtype, in a tensor of no dimension} */
    default Tensor mean() {
        return self().operator("aten::mean");
    }

    /**
     * {@return the means along a dimension, of a floating-point dtype}
     *
     * @param dim from 0, or from -1 for the last
     * @param keepdim whether the dimension stays, of length 1
     */
    default Tensor mean(long dim, boolean keepdim) {
        return self().operator("aten::mean.dim", new long[] {dim}, keepdim);
    }

    /** {@return the index of a greatest of all elements in row-major order, an INT64 tensor of no dimension} */
    default Tensor argmax() {
        return self().operator("aten::argmax");
    }

    /**
     * {@return the index of a greatest element along a dimension, INT64}
     *
     * @param dim from 0, or from -1 for the last
     * @param keepdim whether the dimension stays, of length 1
     */
    default Tensor argmax(long dim, boolean keepdim) {
        return self().operator("aten::argmax", dim, keepdim);
    }

    // ---- history ----

    /**
     * {@return a tensor over the same memory that takes no part in this one's history} A write in place to either is seen
     * in both, and by a {@code backward} that needs what it overwrote.
     */
    default Tensor detach() {
        return self().operator("aten::detach");
    }

    /**
     * Sets this leaf's gradient to zeros where it has one, in the memory that it has; {@link Tensor#clearGrad_} takes it
     * away.
     *
     * @return this tensor
     */
    default Tensor zeroGrad_() {
        try (Arena arena = Arena.ofConfined()) {
            @Nullable Tensor gradient = self().in(arena).grad();
            if (gradient != null) {
                gradient.operator("aten::zero_");
            }
        }
        return self();
    }
}
