package dev.torchffm.nn;

/**
 * A {@link BatchNorm} of inputs of four dimensions, of sizes {@code [samples, channels, height, width]}.
 *
 * <p>Source: the PyTorch page "torch.nn.BatchNorm2d".
 */
public final class BatchNorm2d extends BatchNorm {

    /**
     * A module with PyTorch's defaults.
     *
     * @param numFeatures the number of channels
     * @throws IllegalArgumentException when it is negative
     */
    public BatchNorm2d(long numFeatures) {
        this(numFeatures, new Options());
    }

    /**
     * A module with options.
     *
     * @param numFeatures the number of channels
     * @param options how
     * @throws IllegalArgumentException when numFeatures is negative
     */
    public BatchNorm2d(long numFeatures, Options options) {
        super(numFeatures, options);
    }

    @Override
    void checkInputDim(int dim) {
        if (dim != 4) {
            throw new IllegalArgumentException("expected 4D input (got " + dim + "D input)");
        }
    }
}
