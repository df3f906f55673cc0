package dev.torchffm.nn;

import dev.torchffm.Aten;
import dev.torchffm.DType;
import dev.torchffm.Mode;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A table of vectors, looked up by their numbers.
 *
 * <p>The weight has sizes {@code [numEmbeddings, embeddingDim]} and begins as PyTorch's does, standard normal: after
 * {@link Torch#manualSeed} it has Python's own numbers. It lives in an automatic arena of its own.
 *
 * <p>Source: the PyTorch page "torch.nn.Embedding". Sparse gradients are left out, as tensors here are dense.
 */
public final class Embedding extends AbstractModule {

    private final Options options;
    private final @Nullable Long paddingIdx;
    private final Tensor weight;

    /**
     * A table of FLOAT32.
     *
     * @param numEmbeddings how many vectors
     * @param embeddingDim how long each is
     * @throws IllegalArgumentException when one is negative
     */
    public Embedding(long numEmbeddings, long embeddingDim) {
        this(numEmbeddings, embeddingDim, new Options());
    }

    /**
     * A table with options.
     *
     * @param numEmbeddings how many vectors
     * @param embeddingDim how long each is
     * @param options how
     * @throws IllegalArgumentException when a number is negative, or paddingIdx is none of the vectors
     */
    public Embedding(long numEmbeddings, long embeddingDim, Options options) {
        Inputs.requireCount("numEmbeddings", numEmbeddings);
        Inputs.requireCount("embeddingDim", embeddingDim);
        this.options = Objects.requireNonNull(options, "options");
        this.paddingIdx = inTable(options.paddingIdx(), numEmbeddings);
        Tensor values = Torch.empty(options.dtype(), numEmbeddings, embeddingDim);
        values.normal_();
        if (paddingIdx != null) {
            values.select(0, paddingIdx).zero_();
        }
        weight = registerParameter("weight", Torch.parameter(values));
    }

    private static @Nullable Long inTable(@Nullable Long paddingIdx, long numEmbeddings) {
        if (paddingIdx == null) {
            return null;
        }
        if (paddingIdx < -numEmbeddings || paddingIdx >= numEmbeddings) {
            throw new IllegalArgumentException(
                    "paddingIdx is " + paddingIdx + ", and must be within numEmbeddings, " + numEmbeddings);
        }
        return paddingIdx < 0 ? paddingIdx + numEmbeddings : paddingIdx;
    }

    /** {@return the table: the parameter itself} */
    public Tensor weight() {
        return weight;
    }

    /**
     * Looks vectors up.
     *
     * @param input read; INT64 or INT32 numbers from 0, of any shape
     * @return a new tensor where the input lives, with one more dimension, embeddingDim long
     * @throws dev.torchffm.TorchException for another dtype, and when a number is none of the table
     */
    @Override
    public Tensor forward(Tensor input) {
        Inputs.require(input);
        if (options.maxNorm() != null) {
            try (Mode _ = Torch.noGrad()) {
                Aten.embeddingRenorm_(weight.detach(), input.contiguous(), options.maxNorm(), options.normType());
            }
        }
        long padding = paddingIdx == null ? -1 : paddingIdx;
        return Aten.embedding(weight, input, padding, options.scaleGradByFreq(), false);
    }

    @Override
    protected String extraRepr() {
        long[] sizes = weight.sizes();
        Double maxNorm = options.maxNorm();
        return sizes[0] + ", " + sizes[1] + (paddingIdx == null ? "" : ", padding_idx=" + paddingIdx)
                + (maxNorm == null ? "" : ", max_norm=" + Python.repr(maxNorm))
                + (options.normType() == 2 ? "" : ", norm_type=" + Python.repr(options.normType()))
                + (options.scaleGradByFreq() ? ", scale_grad_by_freq=True" : "");
    }

    /**
     * How {@link Embedding} looks up.
     *
     * @param paddingIdx the number of a vector that is zeros at first and gets no gradient, below 0 from the end; or null
     * @param maxNorm the greatest norm: a longer vector is shortened in the table when it is looked up; or null
     * @param normType which norm that is
     * @param scaleGradByFreq whether a gradient is divided by how often its vector was looked up
     * @param dtype of the table, floating-point
     */
    public record Options(
            @Nullable Long paddingIdx,
            @Nullable Double maxNorm,
            double normType,
            boolean scaleGradByFreq,
            DType dtype) {

        /**
         * All options.
         *
         * @throws IllegalArgumentException when the dtype is not floating-point
         */
        public Options {
            Inputs.requireFloatingPoint(dtype);
        }

        /** PyTorch's defaults. */
        public Options() {
            this(null, null, 2, false, DType.FLOAT32);
        }

        /** {@return these with a vector for padding} */
        public Options paddingIdx(long paddingIdx) {
            return new Options(paddingIdx, maxNorm, normType, scaleGradByFreq, dtype);
        }

        /** {@return these with a greatest norm} */
        public Options maxNorm(double maxNorm) {
            return new Options(paddingIdx, maxNorm, normType, scaleGradByFreq, dtype);
        }

        /** {@return these with another kind of norm} */
        public Options normType(double normType) {
            return new Options(paddingIdx, maxNorm, normType, scaleGradByFreq, dtype);
        }

        /** {@return these, dividing gradients or not} */
        public Options scaleGradByFreq(boolean scaleGradByFreq) {
            return new Options(paddingIdx, maxNorm, normType, scaleGradByFreq, dtype);
        }

        /** {@return these with another dtype} */
        public Options dtype(DType dtype) {
            return new Options(paddingIdx, maxNorm, normType, scaleGradByFreq, dtype);
        }
    }
}
