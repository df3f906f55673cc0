package dev.torchffm.model;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Predicate;
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

    private static final String COPY_IN_A_ROW = "; contiguous() gives a copy in a row";

    /** What the checks of intermediate results do not say. */
    private static final String INPUT = "(?s:.*)Error in op: input";

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
                            + found.group(3) + remedy(input, Integer.parseInt(found.group(2)))),
            new InputMismatch(
                    Pattern.compile("expected ndim (\\d+) but got (\\d+)" + INPUT),
                    (found, inputs) -> only(inputs, input -> input.dim() == integer(found, 2)) + " has "
                            + found.group(2) + " dimensions, and must have " + found.group(1)),
            // Of several dimensions one with another size comes first: the strides of others may follow from it.
            new InputMismatch(
                    Pattern.compile("expected size (\\d+)==(?!\\1,)(\\d+), stride (\\d+)==\\d+ at dim=(\\d+)" + INPUT),
                    (found, inputs) ->
                            withSizeAndStride(inputs, found, 1, 3) + " has the size " + found.group(1) + " at "
                                    + found.group(4) + ", and must have " + found.group(2)
                                    + ", as the sizes of the inputs belong together"),
            new InputMismatch(
                    Pattern.compile("expected size (\\d+)==\\1, stride (\\d+)==(\\d+) at dim=(\\d+)" + INPUT),
                    (found, inputs) -> withSizeAndStride(inputs, found, 1, 2) + " has the stride " + found.group(2)
                            + " at " + found.group(4) + ", and must have " + found.group(3) + COPY_IN_A_ROW));

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

    /** For a tensor in a row, whose strides of sizes up to 1 are any, contiguous() gives itself. */
    private static String remedy(Tensor input, int dim) {
        if (!input.isContiguous()) {
            return COPY_IN_A_ROW;
        }
        return input.sizes()[dim] <= 1
                ? "; reshape to the same sizes gives it"
                : "; the model was exported with an input of other strides, such as channels last";
    }

    private static String size(Matcher found, Tensor input) {
        return "has sizes " + Arrays.toString(input.sizes()) + ", and size " + found.group(2) + " must be ";
    }

    private static String withSizeAndStride(List<Tensor> inputs, Matcher found, int size, int stride) {
        int dim = (int) integer(found, 4);
        return only(
                inputs,
                input -> dim < input.dim()
                        && input.sizes()[dim] == integer(found, size)
                        && input.strides()[dim] == integer(found, stride));
    }

    /** The input that is meant, if it is one alone: the model does not say which. */
    private static String only(List<Tensor> inputs, Predicate<Tensor> isMeant) {
        int[] meant = IntStream.range(0, inputs.size())
                .filter(i -> isMeant.test(inputs.get(i)))
                .toArray();
        return meant.length == 1 ? "inputs[" + meant[0] + "]" : "an input";
    }

    private static long integer(Matcher found, int group) {
        return Long.parseLong(found.group(group));
    }

    private static String dtype(int code) {
        return TorchDType.of(code).map(DType::toString).orElse("libtorch's dtype " + code);
    }
}
