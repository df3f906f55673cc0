package dev.torchffm.model;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What only the C++ source in a package tells: how many sizes the model reads of an input, what it writes, how its
 * weights lie in memory, and how many threads it bears. A package may be without it, which is empty text here.
 *
 * <p>Source: PyTorch's torch/_inductor/codegen/cpp_wrapper_cpu.py.
 */
final class ModelSource {

    private static final Pattern LAYOUT =
            Pattern.compile("constants_info_\\[(\\d+)\\]\\.(shape|stride) = \\{([\\d, L]*)\\};");

    private static final int MAX_DIGITS = 18;

    private static final Pattern COMMENT = Pattern.compile("(?m)^\\s*//.*$");

    private static final Pattern CONST_POINTER = Pattern.compile("\\(const [\\w:]+\\*\\)\\($");
    private static final Pattern DECLARATION = Pattern.compile("\\s*(\\[\\[maybe_unused]] )?auto&? ");
    private static final Pattern OUTPUT = Pattern.compile("\\s*output_handles\\[\\d+] = ");
    private static final Pattern ALIAS = Pattern.compile("auto&? (\\w+) = ");

    /** The function of libtorch that an argument is given to, from the operator's name on. */
    private static final Pattern CALL = Pattern.compile(".*aoti_torch_(?:cpu_|aten_)?(\\w+)\\(([^;]*)$");

    /** Functions that write arguments though their names do not say so, give views of them, or take any operator. */
    private static final Pattern TAKES_MORE =
            Pattern.compile("_fused_moving_avg_obs_fq_helper|_q\\w+_pointwise_binary\\w*"
                    + "|as_strided|narrow|permute|reshape|_reinterpret_tensor|slice_Tensor|squeeze_dim|view_\\w+"
                    + "|new_tensor_handle|assign_tensors|get_data_ptr|call_dispatcher|proxy_executor_call_function");

    /** An array with a place for each thread. */
    private static final Pattern OF_THREADS = Pattern.compile("_arr\\[(\\d{1,9})];");

    private final String text;
    private final String run;
    private final Map<String, long[]> layouts = new HashMap<>();

    ModelSource(String text) {
        this.text = text;
        int start = text.indexOf("void AOTInductorModel::run_impl(");
        int end = text.indexOf("} // AOTInductorModel::run_impl", Math.max(start, 0));
        run = start < 0 || end < 0
                ? ""
                : COMMENT.matcher(text.substring(start, end)).replaceAll("") + "\n";
        Matcher layout = LAYOUT.matcher(text);
        while (layout.find()) {
            long[] numbers = Arrays.stream(layout.group(3).split("[, L]+"))
                    .filter(number -> !number.isEmpty())
                    .mapToLong(number -> number.length() > MAX_DIGITS ? Long.MAX_VALUE : Long.parseLong(number))
                    .toArray();
            layouts.put(layout.group(1) + "." + layout.group(2), numbers);
        }
    }

    /** The sizes of a constant, by its index. */
    Optional<long[]> sizes(int index) {
        return Optional.ofNullable(layouts.get(index + ".shape"));
    }

    /** The strides of a constant, by its index. */
    Optional<long[]> strides(int index) {
        return Optional.ofNullable(layouts.get(index + ".stride"));
    }

    /** How many sizes and strides the model reads of an input, which it does before it counts them. */
    int dimsRead(String variable) {
        return Pattern.compile("\\b" + Pattern.quote(variable) + "_(?:size|stride)\\[(\\d{1,2})]")
                .matcher(text)
                .results()
                .mapToInt(read -> Integer.parseInt(read.group(1)) + 1)
                .max()
                .orElse(0);
    }

    /**
     * How many threads a parallel loop may have that does not say it, or 0 for any. Arrays with a place for each are as
     * long as there were threads where the model was compiled.
     */
    int mostThreads() {
        if (!text.contains("#pragma omp parallel")) {
            return 1; // no loop, or none that is seen
        }
        return OF_THREADS
                .matcher(text)
                .results()
                .mapToInt(array -> Integer.parseInt(array.group(1)))
                .min()
                .orElse(0);
    }

    /** Whether it is seen that the run declares a constant and does not use it. */
    boolean neverReads(String variable) {
        return run.contains(" " + variable + " = constants_->at(")
                && Pattern.compile("\\b" + Pattern.quote(variable) + "\\b")
                                .matcher(run)
                                .results()
                                .count()
                        == 1;
    }

    /** Whether the model may write the memory of an input or a constant: it is not seen that it only reads it. */
    boolean mayWrite(String variable) {
        if (run.isEmpty()) {
            return true;
        }
        var names = new HashSet<>(Set.of(variable));
        var open = new ArrayDeque<>(names);
        while (!open.isEmpty()) {
            Matcher use = Pattern.compile("\\b" + Pattern.quote(open.remove()) + "\\b")
                    .matcher(run);
            while (use.find()) {
                String before = run.substring(run.lastIndexOf('\n', use.start()) + 1, use.start());
                String after = run.substring(use.end(), run.indexOf('\n', use.end()));
                if (isNoWrite(before, after)) {
                    continue;
                }
                Matcher alias = ALIAS.matcher(before);
                if (alias.find()) {
                    if (names.add(alias.group(1))) {
                        open.add(alias.group(1));
                    }
                } else if (!isReadByCall(before)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean isNoWrite(String before, String after) {
        if (after.startsWith(".data_ptr()")) {
            return CONST_POINTER.matcher(before).find();
        }
        return after.startsWith(".sizes()")
                || after.startsWith(".strides()")
                || after.startsWith(".reset();")
                || DECLARATION.matcher(before).matches()
                || OUTPUT.matcher(before).matches()
                || before.contains("assert_size_stride(");
    }

    private static boolean isReadByCall(String before) {
        Matcher call = CALL.matcher(before);
        return call.matches() && !writes(call.group(1), !call.group(2).contains(","));
    }

    /** In place operators have names that end with _, which an overload's name may follow. */
    private static boolean writes(String function, boolean isFirstArgument) {
        if (function.endsWith("_out")) {
            return isFirstArgument;
        }
        return function.endsWith("_")
                || function.replaceFirst("^mkldnn__", "").contains("__")
                || TAKES_MORE.matcher(function).matches();
    }
}
