package dev.torchffm.nn;

import dev.torchffm.Aten;
import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Normalises the elements of the last dimensions to mean 0 and variance 1, then scales and shifts each by what is
 * learned.
 *
 * <p>Parameters are {@code weight}, ones at first, and {@code bias}, zeros, of the normalised sizes. They live in
 * automatic arenas.
 *
 * <p>Source: the PyTorch page "torch.nn.LayerNorm".
 */
public final class LayerNorm extends AbstractModule {

    private final long[] normalizedShape;
    private final Options options;
    private final @Nullable Tensor weight;
    private final @Nullable Tensor bias;

    /**
     * A module with PyTorch's defaults.
     *
     * @param normalizedShape the sizes of the last dimensions
     * @throws IllegalArgumentException when one is negative
     */
    public LayerNorm(long... normalizedShape) {
        this(normalizedShape, new Options());
    }

    /**
     * A module with options.
     *
     * @param normalizedShape the sizes of the last dimensions
     * @param options how
     * @throws IllegalArgumentException when a size is negative
     */
    public LayerNorm(long[] normalizedShape, Options options) {
        this.normalizedShape = normalizedShape.clone();
        this.options = Objects.requireNonNull(options, "options");
        Tensor ones = Torch.ones(options.dtype(), normalizedShape); // made without affine too: it checks the sizes
        weight = options.elementwiseAffine() ? registerParameter("weight", Torch.parameter(ones)) : null;
        bias = options.elementwiseAffine() && options.bias()
                ? registerParameter("bias", Torch.parameter(Torch.zeros(options.dtype(), normalizedShape)))
                : null;
    }

    /** {@return the weight: the parameter itself; or null} */
    public @Nullable Tensor weight() {
        return weight;
    }

    /** {@return the bias: the parameter itself; or null} */
    public @Nullable Tensor bias() {
        return bias;
    }

    /**
     * Normalises.
     *
     * @param input read; its last dimensions have the normalised sizes
     * @return a new tensor where the input lives
     * @throws dev.torchffm.TorchException when the sizes or the dtype do not fit
     */
    @Override
    public Tensor forward(Tensor input) {
        return Aten.layerNorm(Inputs.require(input), normalizedShape, weight, bias, options.eps(), false);
    }

    @Override
    protected String extraRepr() {
        String shape = Python.repr(Arrays.stream(normalizedShape).boxed().toList());
        return shape + ", eps=" + Python.repr(options.eps()) + ", elementwise_affine="
                + Python.repr(options.elementwiseAffine()) + ", bias=" + Python.repr(bias != null);
    }

    /**
     * How {@link LayerNorm} normalises.
     *
     * @param eps what is added to the variance
     * @param elementwiseAffine whether a weight and a bias are learned
     * @param bias whether there is a bias, where elementwiseAffine
     * @param dtype of the parameters, floating-point
     */
    public record Options(double eps, boolean elementwiseAffine, boolean bias, DType dtype) {

        /**
         * All options.
         *
         * @throws IllegalArgumentException when the dtype is not floating-point
         */
        public Options {
            Inputs.requireFloatingPoint(dtype);
        }

        /** PyTorch's defaults: eps 1e-5, a weight and a bias. */
        public Options() {
            this(1e-5, true, true, DType.FLOAT32);
        }

        /** {@return these with another eps} */
        public Options eps(double eps) {
            return new Options(eps, elementwiseAffine, bias, dtype);
        }

        /** {@return these with or without parameters} */
        public Options elementwiseAffine(boolean elementwiseAffine) {
            return new Options(eps, elementwiseAffine, bias, dtype);
        }

        /** {@return these with or without a bias} */
        public Options bias(boolean bias) {
            return new Options(eps, elementwiseAffine, bias, dtype);
        }

        /** {@return these with another dtype} */
        public Options dtype(DType dtype) {
            return new Options(eps, elementwiseAffine, bias, dtype);
        }
    }
}
