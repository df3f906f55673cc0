package dev.torchffm.nn;

import dev.torchffm.Aten;
import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Normalises each channel to mean 0 and variance 1, then scales and shifts it by what is learned: what
 * {@link BatchNorm1d} and {@link BatchNorm2d} have in common.
 *
 * <p>In training mode mean and variance are the batch's, and go into running averages; in evaluation mode they are these
 * averages, if they are kept, else the batch's.
 *
 * <p>Parameters are {@code weight}, ones at first, and {@code bias}, zeros; buffers are {@code running_mean},
 * {@code running_var} and {@code num_batches_tracked}. All live in automatic arenas.
 */
public abstract sealed class BatchNorm extends AbstractModule permits BatchNorm1d, BatchNorm2d {

    private final long numFeatures;
    private final Options options;
    private final @Nullable Tensor weight;
    private final @Nullable Tensor bias;
    private final @Nullable Tensor runningMean;
    private final @Nullable Tensor runningVar;
    private final @Nullable Tensor numBatchesTracked;

    BatchNorm(long numFeatures, Options options) {
        this.numFeatures = Inputs.requireCount("numFeatures", numFeatures);
        this.options = Objects.requireNonNull(options, "options");
        DType dtype = options.dtype();
        boolean tracks = options.trackRunningStats();
        weight = options.affine() ? registerParameter("weight", Torch.parameter(Torch.ones(dtype, numFeatures))) : null;
        bias = options.affine() && options.bias()
                ? registerParameter("bias", Torch.parameter(Torch.zeros(dtype, numFeatures)))
                : null;
        runningMean = tracks ? registerBuffer("running_mean", Torch.zeros(dtype, numFeatures)) : null;
        runningVar = tracks ? registerBuffer("running_var", Torch.ones(dtype, numFeatures)) : null;
        numBatchesTracked = tracks ? registerBuffer("num_batches_tracked", Torch.zeros(DType.INT64)) : null;
    }

    abstract void checkInputDim(int dim);

    /** {@return the weight: the parameter itself; or null} */
    public final @Nullable Tensor weight() {
        return weight;
    }

    /** {@return the bias: the parameter itself; or null} */
    public final @Nullable Tensor bias() {
        return bias;
    }

    /** {@return the running averages of means: the buffer itself; or null} */
    public final @Nullable Tensor runningMean() {
        return runningMean;
    }

    /** {@return the running averages of variances: the buffer itself; or null} */
    public final @Nullable Tensor runningVar() {
        return runningVar;
    }

    /** {@return the number of batches that the running averages have seen: the buffer itself; or null} */
    public final @Nullable Tensor numBatchesTracked() {
        return numBatchesTracked;
    }

    /**
     * Normalises, and in training mode updates the running averages.
     *
     * @param input read; of the parameters' dtype, dimension 1 has the channels
     * @return a new tensor where the input lives
     * @throws dev.torchffm.TorchException when the number of channels or the dtype do not fit
     * @throws IllegalArgumentException when the number of dimensions does not fit, when eps is below 0, and where mean
     *     and variance are the batch's, when eps is 0 or a channel has but one value
     */
    @Override
    public Tensor forward(Tensor input) {
        checkInputDim(Inputs.require(input).dim());
        boolean training = isTraining();
        boolean byBatch = training || runningMean == null;
        double factor = training ? countBatch() : Objects.requireNonNullElse(options.momentum(), 0.0);
        if (byBatch) {
            requireSeveralValues(input.sizes());
        }
        if (byBatch && options.eps() <= 0) {
            throw new IllegalArgumentException(
                    "batch_norm eps must be positive during training, but got " + options.eps());
        }
        if (options.eps() < 0) {
            throw new IllegalArgumentException("batch_norm eps must be non-negative, but got " + options.eps());
        }
        return Aten.batchNorm(input, weight, bias, runningMean, runningVar, byBatch, factor, options.eps(), false);
    }

    /** Counts a batch, and gives its part of the running averages. */
    private double countBatch() {
        if (numBatchesTracked != null) {
            numBatchesTracked.add_(1);
        }
        Double momentum = options.momentum();
        return momentum != null
                ? momentum
                : numBatchesTracked == null ? 0 : 1.0 / numBatchesTracked.item().longValue();
    }

    private static void requireSeveralValues(long[] sizes) {
        long perChannel = Arrays.stream(sizes).skip(2).reduce(sizes[0], (a, b) -> a * b);
        if (perChannel == 1) {
            throw new IllegalArgumentException("Expected more than 1 value per channel when training, got input size"
                    + " torch.Size(" + Arrays.toString(sizes) + ")");
        }
    }

    @Override
    protected final String extraRepr() {
        Double momentum = options.momentum();
        return numFeatures + ", eps=" + Python.repr(options.eps()) + ", momentum="
                + (momentum == null ? "None" : Python.repr(momentum)) + ", affine=" + Python.repr(options.affine())
                + ", bias=" + Python.repr(bias != null) + ", track_running_stats="
                + Python.repr(options.trackRunningStats());
    }

    /**
     * How a {@link BatchNorm} normalises.
     *
     * @param eps what is added to the variance
     * @param momentum how much of a running average a batch is; null makes it the mean of all batches
     * @param affine whether a weight and a bias are learned
     * @param bias whether there is a bias, where affine
     * @param trackRunningStats whether there are running averages
     * @param dtype of parameters and averages, floating-point
     */
    public record Options(
            double eps,
            @Nullable Double momentum,
            boolean affine,
            boolean bias,
            boolean trackRunningStats,
            DType dtype) {

        /**
         * All options.
         *
         * @throws IllegalArgumentException when the dtype is not floating-point
         */
        public Options {
            Inputs.requireFloatingPoint(dtype);
        }

        /** PyTorch's defaults: eps 1e-5, momentum 0.1, parameters and running averages. */
        public Options() {
            this(1e-5, 0.1, true, true, true, DType.FLOAT32);
        }

        /** {@return these with another eps} */
        public Options eps(double eps) {
            return new Options(eps, momentum, affine, bias, trackRunningStats, dtype);
        }

        /** {@return these with another momentum, or null for the mean of all batches} */
        public Options momentum(@Nullable Double momentum) {
            return new Options(eps, momentum, affine, bias, trackRunningStats, dtype);
        }

        /** {@return these with or without parameters} */
        public Options affine(boolean affine) {
            return new Options(eps, momentum, affine, bias, trackRunningStats, dtype);
        }

        /** {@return these with or without a bias} */
        public Options bias(boolean bias) {
            return new Options(eps, momentum, affine, bias, trackRunningStats, dtype);
        }

        /** {@return these with or without running averages} */
        public Options trackRunningStats(boolean trackRunningStats) {
            return new Options(eps, momentum, affine, bias, trackRunningStats, dtype);
        }

        /** {@return these with another dtype} */
        public Options dtype(DType dtype) {
            return new Options(eps, momentum, affine, bias, trackRunningStats, dtype);
        }
    }
}
