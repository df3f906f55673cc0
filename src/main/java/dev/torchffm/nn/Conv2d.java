package dev.torchffm.nn;

import dev.torchffm.Aten;
import dev.torchffm.DType;
import dev.torchffm.Tensor;
import java.util.List;
import java.util.Objects;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * A layer of convolutions over height and width.
 *
 * <p>The weight has sizes {@code [outChannels, inChannels / groups, height, width]}, the bias {@code [outChannels]}; both
 * begin as PyTorch's do, uniform between ±1/√(inChannels / groups · height · width), the weight drawn before the bias:
 * after {@link dev.torchffm.Torch#manualSeed} they are Python's own numbers. They live in automatic arenas of their own
 * and are garbage-collected.
 *
 * {@snippet class="dev.torchffm.examples.NnSnippets" region="module"}
 *
 * <p>Source: the PyTorch page "torch.nn.Conv2d".
 */
public final class Conv2d extends AbstractModule {

    private final Options options;
    private final long inChannels;
    private final Tensor weight;
    private final @Nullable Tensor bias;

    /**
     * A layer of FLOAT32 with a bias and a square kernel, of stride 1, without padding.
     *
     * @param inChannels the input's channels
     * @param outChannels the output's channels
     * @param kernelSize the kernel's height and width
     * @throws IllegalArgumentException when a number is negative
     */
    public Conv2d(long inChannels, long outChannels, long kernelSize) {
        this(inChannels, outChannels, new Options(kernelSize));
    }

    /**
     * A layer with options.
     *
     * @param inChannels the input's channels, a multiple of the groups
     * @param outChannels the output's channels, a multiple of the groups
     * @param options how
     * @throws IllegalArgumentException when a number is negative or no multiple
     */
    public Conv2d(long inChannels, long outChannels, Options options) {
        this.options = Objects.requireNonNull(options, "options");
        this.inChannels = requireMultiple("inChannels", inChannels, options.groups());
        requireMultiple("outChannels", outChannels, options.groups());
        long[] kernel = Inputs.array(options.kernelSize());
        long perGroup = inChannels / options.groups();
        weight = registerParameter(
                "weight", Initial.weight(options.dtype(), outChannels, perGroup, kernel[0], kernel[1]));
        bias = options.bias()
                ? registerParameter(
                        "bias", Initial.bias(options.dtype(), perGroup * kernel[0] * kernel[1], outChannels))
                : null;
    }

    private static long requireMultiple(String name, long channels, long groups) {
        if (Inputs.requireCount(name, channels) % groups != 0) {
            throw new IllegalArgumentException(
                    name + " is " + channels + ", and must be divisible by groups, " + groups);
        }
        return channels;
    }

    /** {@return the weight: the parameter itself} */
    public Tensor weight() {
        return weight;
    }

    /** {@return the bias: the parameter itself; or null} */
    public @Nullable Tensor bias() {
        return bias;
    }

    /**
     * Computes the convolutions.
     *
     * @param input read; of the weight's dtype, and of sizes {@code [samples, inChannels, height, width]} or
     *     {@code [inChannels, height, width]}
     * @return a new tensor where the input lives
     * @throws dev.torchffm.TorchException when the sizes or the dtype do not fit
     */
    @Override
    public Tensor forward(Tensor input) {
        Inputs.require(input);
        long[] stride = Inputs.array(options.stride());
        long[] padding = Inputs.array(options.padding());
        long[] dilation = Inputs.array(options.dilation());
        long groups = options.groups();
        if (!options.paddingMode().equals("zeros")) {
            Tensor padded = Aten.pad(input, around(), options.paddingMode());
            return Aten.conv2d(padded, weight, bias, stride, new long[] {0, 0}, dilation, groups);
        }
        return options.paddingWord() == null
                ? Aten.conv2d(input, weight, bias, stride, padding, dilation, groups)
                : Aten.conv2d(input, weight, bias, stride, options.paddingWord(), dilation, groups);
    }

    /** How much is added left, right, above and below. */
    private long[] around() {
        if ("same".equals(options.paddingWord())) {
            return LongStream.of(1, 0)
                    .flatMap(axis -> {
                        int i = (int) axis;
                        long total = options.dilation().get(i)
                                * (options.kernelSize().get(i) - 1);
                        return LongStream.of(total / 2, total - total / 2);
                    })
                    .toArray();
        }
        long height = options.padding().get(0);
        long width = options.padding().get(1);
        return new long[] {width, width, height, height};
    }

    @Override
    protected String extraRepr() {
        var text = new StringBuilder();
        text.append(inChannels).append(", ").append(weight.sizes()[0]);
        text.append(", kernel_size=").append(Python.repr(options.kernelSize()));
        text.append(", stride=").append(Python.repr(options.stride()));
        if (options.paddingWord() != null) {
            text.append(", padding=").append(options.paddingWord());
        } else if (!options.padding().equals(List.of(0L, 0L))) {
            text.append(", padding=").append(Python.repr(options.padding()));
        }
        if (!options.dilation().equals(List.of(1L, 1L))) {
            text.append(", dilation=").append(Python.repr(options.dilation()));
        }
        if (options.groups() != 1) {
            text.append(", groups=").append(options.groups());
        }
        if (bias == null) {
            text.append(", bias=False");
        }
        if (!options.paddingMode().equals("zeros")) {
            text.append(", padding_mode=").append(options.paddingMode());
        }
        return text.toString();
    }

    /**
     * How {@link Conv2d} convolves. Each list has a number for height and one for width.
     *
     * @param kernelSize of the kernel
     * @param stride the steps of the kernel
     * @param padding how many elements are added on each side, 0 or more; zeros where a paddingWord says it
     * @param paddingWord {@code "same"} for an output of the input's height and width, {@code "valid"} for no padding, or
     *     null where padding says it
     * @param dilation the steps between the elements under the kernel
     * @param groups into how many groups the channels fall, each with kernels of its own
     * @param bias whether there is one
     * @param paddingMode what is added: {@code "zeros"}, {@code "reflect"}, {@code "replicate"} or {@code "circular"}
     * @param dtype of the parameters, floating-point
     */
    public record Options(
            List<Long> kernelSize,
            List<Long> stride,
            List<Long> padding,
            @Nullable String paddingWord,
            List<Long> dilation,
            long groups,
            boolean bias,
            String paddingMode,
            DType dtype) {

        /**
         * All options. A list of one number counts for height and width.
         *
         * @throws IllegalArgumentException when an option breaks its rule, or padding is {@code "same"} and a stride is
         *     not 1
         */
        public Options {
            kernelSize = both("kernelSize", kernelSize);
            kernelSize.forEach(size -> Inputs.requireCount("kernelSize", size));
            stride = both("stride", stride);
            padding = paddingWord == null ? both("padding", padding) : List.of(0L, 0L);
            padding.forEach(size -> Inputs.requireCount("padding", size));
            dilation = both("dilation", dilation);
            if (groups <= 0) {
                throw new IllegalArgumentException("groups is " + groups + ", and must be above 0");
            }
            if (paddingWord != null) {
                Inputs.requireOneOf("padding", paddingWord, "same", "valid");
                if (paddingWord.equals("same") && !stride.equals(List.of(1L, 1L))) {
                    throw new IllegalArgumentException("padding='same' is not supported for strided convolutions, and"
                            + " stride is " + Python.repr(stride));
                }
            }
            Inputs.requireOneOf("paddingMode", paddingMode, "zeros", "reflect", "replicate", "circular");
            Inputs.requireFloatingPoint(dtype);
        }

        private static List<Long> both(String name, List<Long> numbers) {
            List<Long> pair = Inputs.pair(name, numbers);
            return pair.size() == 2 ? pair : List.of(pair.getFirst(), pair.getFirst());
        }

        /** PyTorch's defaults for a square kernel. */
        public Options(long kernelSize) {
            this(List.of(kernelSize));
        }

        private Options(List<Long> kernelSize) {
            this(kernelSize, List.of(1L), List.of(0L), null, List.of(1L), 1, true, "zeros", DType.FLOAT32);
        }

        /** {@return PyTorch's defaults for a kernel of a height and a width} */
        public static Options kernelSize(long height, long width) {
            return new Options(List.of(height, width));
        }

        /** {@return these with another stride} */
        public Options stride(long stride) {
            return stride(stride, stride);
        }

        /** {@return these with another stride} */
        public Options stride(long height, long width) {
            return new Options(
                    kernelSize,
                    List.of(height, width),
                    padding,
                    paddingWord,
                    dilation,
                    groups,
                    bias,
                    paddingMode,
                    dtype);
        }

        /** {@return these with another padding} */
        public Options padding(long padding) {
            return padding(padding, padding);
        }

        /** {@return these with another padding} */
        public Options padding(long height, long width) {
            return new Options(
                    kernelSize, stride, List.of(height, width), null, dilation, groups, bias, paddingMode, dtype);
        }

        /** {@return these with a padding of {@code "same"} or {@code "valid"}} */
        public Options padding(String paddingWord) {
            return new Options(
                    kernelSize, stride, List.of(0L), paddingWord, dilation, groups, bias, paddingMode, dtype);
        }

        /** {@return these with another dilation} */
        public Options dilation(long dilation) {
            return dilation(dilation, dilation);
        }

        /** {@return these with another dilation} */
        public Options dilation(long height, long width) {
            return new Options(
                    kernelSize, stride, padding, paddingWord, List.of(height, width), groups, bias, paddingMode, dtype);
        }

        /** {@return these with another number of groups} */
        public Options groups(long groups) {
            return new Options(kernelSize, stride, padding, paddingWord, dilation, groups, bias, paddingMode, dtype);
        }

        /** {@return these with or without a bias} */
        public Options bias(boolean bias) {
            return new Options(kernelSize, stride, padding, paddingWord, dilation, groups, bias, paddingMode, dtype);
        }

        /** {@return these, adding something else} */
        public Options paddingMode(String paddingMode) {
            return new Options(kernelSize, stride, padding, paddingWord, dilation, groups, bias, paddingMode, dtype);
        }

        /** {@return these with another dtype} */
        public Options dtype(DType dtype) {
            return new Options(kernelSize, stride, padding, paddingWord, dilation, groups, bias, paddingMode, dtype);
        }
    }
}
