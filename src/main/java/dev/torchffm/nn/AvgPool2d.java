package dev.torchffm.nn;

import dev.torchffm.Aten;
import dev.torchffm.Tensor;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The mean of each window of height and width.
 *
 * <p>Stateless: any thread may use it.
 *
 * <p>Source: the PyTorch page "torch.nn.AvgPool2d".
 */
public final class AvgPool2d implements Module {

    private final Options options;

    /**
     * A module whose windows do not overlap.
     *
     * @param kernelSize height and width of the window
     */
    public AvgPool2d(long kernelSize) {
        this(new Options(kernelSize));
    }

    /**
     * A module with options.
     *
     * @param options how
     */
    public AvgPool2d(Options options) {
        this.options = Objects.requireNonNull(options, "options");
    }

    /**
     * Computes the means.
     *
     * @param input read; of sizes {@code [samples, channels, height, width]} or {@code [channels, height, width]}
     * @return a new tensor where the input lives
     * @throws dev.torchffm.TorchException when the sizes or the dtype do not fit
     */
    @Override
    public Tensor forward(Tensor input) {
        return Aten.avgPool2d(
                Inputs.require(input),
                Inputs.array(options.kernelSize()),
                Inputs.array(options.stride()),
                Inputs.array(options.padding()),
                options.ceilMode(),
                options.countIncludePad(),
                options.divisorOverride());
    }

    /** {@return the module as PyTorch prints one} */
    @Override
    public String toString() {
        return "AvgPool2d(kernel_size=" + Python.reprOfPair(options.kernelSize()) + ", stride="
                + Python.reprOfPair(options.stride()) + ", padding=" + Python.reprOfPair(options.padding()) + ")";
    }

    /**
     * How {@link AvgPool2d} pools. Each list has one number, or height and width.
     *
     * @param kernelSize of the window
     * @param stride the steps between windows
     * @param padding how many zeros are added on each side
     * @param ceilMode whether windows may reach beyond the end
     * @param countIncludePad whether the zeros that were added count
     * @param divisorOverride what sums are divided by, or null for the number of elements
     */
    public record Options(
            List<Long> kernelSize,
            List<Long> stride,
            List<Long> padding,
            boolean ceilMode,
            boolean countIncludePad,
            @Nullable Long divisorOverride) {

        /**
         * All options.
         *
         * @throws IllegalArgumentException when a list has not one or two numbers
         */
        public Options {
            kernelSize = Inputs.pair("kernelSize", kernelSize);
            stride = Inputs.pair("stride", stride);
            padding = Inputs.pair("padding", padding);
        }

        /** PyTorch's defaults for a square window: steps of its size, nothing added. */
        public Options(long kernelSize) {
            this(List.of(kernelSize));
        }

        private Options(List<Long> kernelSize) {
            this(kernelSize, kernelSize, List.of(0L), false, true, null);
        }

        /** {@return PyTorch's defaults for a window of a height and a width: steps of its size, nothing added} */
        public static Options kernelSize(long height, long width) {
            return new Options(List.of(height, width));
        }

        /** {@return these with another stride} */
        public Options stride(long stride) {
            return new Options(kernelSize, List.of(stride), padding, ceilMode, countIncludePad, divisorOverride);
        }

        /** {@return these with another stride} */
        public Options stride(long height, long width) {
            return new Options(kernelSize, List.of(height, width), padding, ceilMode, countIncludePad, divisorOverride);
        }

        /** {@return these with another padding} */
        public Options padding(long padding) {
            return new Options(kernelSize, stride, List.of(padding), ceilMode, countIncludePad, divisorOverride);
        }

        /** {@return these with another padding} */
        public Options padding(long height, long width) {
            return new Options(kernelSize, stride, List.of(height, width), ceilMode, countIncludePad, divisorOverride);
        }

        /** {@return these, with windows that may reach beyond the end or not} */
        public Options ceilMode(boolean ceilMode) {
            return new Options(kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride);
        }

        /** {@return these, counting the zeros that were added or not} */
        public Options countIncludePad(boolean countIncludePad) {
            return new Options(kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride);
        }

        /** {@return these with another divisor than the number of elements} */
        public Options divisorOverride(long divisorOverride) {
            return new Options(kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride);
        }
    }
}
