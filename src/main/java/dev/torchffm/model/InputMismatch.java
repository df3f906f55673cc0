package dev.torchffm.model;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * What a model says of an input that does not fit, before it has read any.
 *
 * <p>Source: PyTorch's torch/_inductor/codegen/cpp_wrapper_cpu.py (codegen_input_size_asserts, check_input), and {@code
 * assert_size_stride} of torch/csrc/inductor/aoti_runtime/utils.h.
 */
record InputMismatch(Pattern text, BiFunction<Matcher, List<Tensor>, String> message) {

    /** PyTorch lets a dynamic size start at 2, as code for 1 may differ. */
    private static final String ONE =
            "; a model that is to take 1 too is compiled with inductor_configs={\"aot_inductor.check_lowerbound\": False}";

    private static final List<InputMismatch> KNOWN = List.of(
            of(
                    "unmatched dtype,\\s+expected: (\\d+)",
                    (found, input) ->
                            "is " + input.dtype() + ", and must be " + dtype(Integer.parseInt(found.group(2)))),
            of(
                    "unmatched dim value at (\\d+), expected: (\\d+)",
                    (found, input) -> size(found, input) + found.group(3)),
            of(
                    "dim value is too small at (\\d+), expected it to be >= (\\d+)",
                    (found, input) -> size(found, input) + found.group(3) + " or more"
                            + (found.group(3).equals("2") ? ONE : "")),
            of(
                    "dim value is too large at (\\d+), expected to be <= (\\d+)",
                    (found, input) -> size(found, input) + found.group(3) + " or less"),
            of(
                    "unmatched stride value at (\\d+), expected: (\\d+)",
                    (found, input) -> "has strides "
                            + Arrays.toString(input.strides()) + ", and stride " + found.group(2) + " must be "
                            + found.group(3) + "; contiguous() gives a copy in a row"),
            new InputMismatch(
                    Pattern.compile("expected ndim (\\d+) but got (\\d+)"),
                    (found, _) -> "an input has " + found.group(2) + " dimensions, and must have " + found.group(1)),
            new InputMismatch(
                    Pattern.compile("expected size (\\d+)==(\\d+), stride (\\d+)==(\\d+) at dim=(\\d+)"),
                    (found, inputs) -> which(found, inputs)
                            + (found.group(1).equals(found.group(2))
                                    ? " has the stride " + found.group(3) + " at " + found.group(5) + ", and must have "
                                            + found.group(4) + "; contiguous() gives a copy in a row"
                                    : " has the size " + found.group(1) + " at " + found.group(5) + ", and must have "
                                            + found.group(2) + ", as the sizes of the inputs belong together")));

    private static InputMismatch of(String text, BiFunction<Matcher, Tensor, String> message) {
        return new InputMismatch(Pattern.compile("input_handles\\[(\\d+)\\]: " + text), (found, inputs) -> {
            int index = Integer.parseInt(found.group(1));
            return "inputs[" + index + "] " + message.apply(found, inputs.get(index));
        });
    }

    /** What it means, or nothing for another failure. */
    static Optional<String> of(String text, List<Tensor> inputs) {
        return KNOWN.stream()
                .flatMap(known -> Optional.of(known.text().matcher(text)).filter(Matcher::find).stream()
                        .map(found -> known.message().apply(found, inputs)))
                .findFirst();
    }

    private static String size(Matcher found, Tensor input) {
        return "has sizes " + Arrays.toString(input.sizes()) + ", and size " + found.group(2) + " must be ";
    }

    /** The input that has such a size and stride, if there is one alone. */
    private static String which(Matcher found, List<Tensor> inputs) {
        int dim = Integer.parseInt(found.group(5));
        int[] fitting = IntStream.range(0, inputs.size())
                .filter(i -> dim < inputs.get(i).dim()
                        && inputs.get(i).sizes()[dim] == Long.parseLong(found.group(1))
                        && inputs.get(i).strides()[dim] == Long.parseLong(found.group(3)))
                .toArray();
        return fitting.length == 1 ? "inputs[" + fitting[0] + "]" : "an input";
    }

    private static String dtype(int code) {
        return TorchDType.of(code).map(DType::toString).orElse("libtorch's dtype " + code);
    }
}
