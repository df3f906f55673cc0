package dev.torchffm.nn;

import dev.torchffm.Aten;
import dev.torchffm.Tensor;
import java.util.List;
import java.util.Objects;

/**
 * The greatest element of each window of height and width.
 *
 * <p>Stateless: any thread may use it.
 *
 * <p>Source: the PyTorch page "torch.nn.MaxPool2d". Its {@code return_indices} is {@code aten::max_pool2d_with_indices}.
 */
public final class MaxPool2d implements Module {

    private final Options options;

    /**
     * A module whose windows do not overlap.
     *
     * @param kernelSize height and width of the window
     */
    public MaxPool2d(long kernelSize) {
        this(new Options(kernelSize));
    }

    /**
     * A module with options.
     *
     * @param options how
     */
    public MaxPool2d(Options options) {
        this.options = Objects.requireNonNull(options, "options");
    }

    /**
     * Computes the greatest elements.
     *
     * @param input read; of sizes {@code [samples, channels, height, width]} or {@code [channels, height, width]}
     * @return a new tensor where the input lives
     * @throws IllegalArgumentException when padding or dilation are so large that a window holds no element
     * @throws dev.torchffm.TorchException when the sizes or the dtype do not fit
     */
    @Override
    public Tensor forward(Tensor input) {
        return Aten.maxPool2d(
                Inputs.require(input),
                Inputs.array(options.kernelSize()),
                Inputs.array(options.stride()),
                Inputs.array(options.padding()),
                Inputs.array(options.dilation()),
                options.ceilMode());
    }

    /** {@return the module as PyTorch prints one} */
    @Override
    public String toString() {
        return "MaxPool2d(kernel_size=" + Python.reprOfPair(options.kernelSize()) + ", stride="
                + Python.reprOfPair(options.stride()) + ", padding=" + Python.reprOfPair(options.padding())
                + ", dilation=" + Python.reprOfPair(options.dilation()) + ", ceil_mode="
                + Python.repr(options.ceilMode()) + ")";
    }

    /**
     * How {@link MaxPool2d} pools. Each list has one number, or height and width.
     *
     * @param kernelSize of the window
     * @param stride the steps between windows
     * @param padding how many infinities, negative, are added on each side
     * @param dilation the steps between the elements of a window
     * @param ceilMode whether windows may reach beyond the end
     */
    public record Options(
            List<Long> kernelSize, List<Long> stride, List<Long> padding, List<Long> dilation, boolean ceilMode) {

        /**
         * All options.
         *
         * @throws IllegalArgumentException when a list has not one or two numbers
         */
        public Options {
            kernelSize = Inputs.pair("kernelSize", kernelSize);
            stride = Inputs.pair("stride", stride);
            padding = Inputs.pair("padding", padding);
            dilation = Inputs.pair("dilation", dilation);
        }

        /** PyTorch's defaults for a square window: steps of its size, nothing added. */
        public Options(long kernelSize) {
            this(List.of(kernelSize));
        }

        private Options(List<Long> kernelSize) {
            this(kernelSize, kernelSize, List.of(0L), List.of(1L), false);
        }

        /** {@return PyTorch's defaults for a window of a height and a width: steps of its size, nothing added} */
        public static Options kernelSize(long height, long width) {
            return new Options(List.of(height, width));
        }

        /** {@return these with another stride} */
        public Options stride(long stride) {
            return new Options(kernelSize, List.of(stride), padding, dilation, ceilMode);
        }

        /** {@return these with another stride} */
        public Options stride(long height, long width) {
            return new Options(kernelSize, List.of(height, width), padding, dilation, ceilMode);
        }

        /** {@return these with another padding} */
        public Options padding(long padding) {
            return new Options(kernelSize, stride, List.of(padding), dilation, ceilMode);
        }

        /** {@return these with another padding} */
        public Options padding(long height, long width) {
            return new Options(kernelSize, stride, List.of(height, width), dilation, ceilMode);
        }

        /** {@return these with another dilation} */
        public Options dilation(long dilation) {
            return new Options(kernelSize, stride, padding, List.of(dilation), ceilMode);
        }

        /** {@return these with another dilation} */
        public Options dilation(long height, long width) {
            return new Options(kernelSize, stride, padding, List.of(height, width), ceilMode);
        }

        /** {@return these, with windows that may reach beyond the end or not} */
        public Options ceilMode(boolean ceilMode) {
            return new Options(kernelSize, stride, padding, dilation, ceilMode);
        }
    }
}
