package dev.torchffm.nn;

/**
 * A {@link BatchNorm} of inputs of two or three dimensions, of sizes {@code [samples, channels]} or {@code [samples, channels, length]}.
 *
 * <p>Source: the PyTorch page "torch.nn.BatchNorm1d".
 */
public final class BatchNorm1d extends BatchNorm {

    /**
     * A module with PyTorch's defaults.
     *
     * @param numFeatures the number of channels
     * @throws IllegalArgumentException when it is negative
     */
    public BatchNorm1d(long numFeatures) {
        this(numFeatures, new Options());
    }

    /**
     * A module with options.
     *
     * @param numFeatures the number of channels
     * @param options how
     * @throws IllegalArgumentException when numFeatures is negative
     */
    public BatchNorm1d(long numFeatures, Options options) {
        super(numFeatures, options);
    }

    @Override
    void checkInputDim(int dim) {
        if (dim != 2 && dim != 3) {
            throw new IllegalArgumentException("expected 2D or 3D input (got " + dim + "D input)");
        }
    }
}
