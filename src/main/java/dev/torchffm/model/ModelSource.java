package dev.torchffm.model;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What only the C++ source in a package tells: what the model writes, and how its weights lie in memory. A package may be
 * without it, which is empty text here.
 *
 * <p>Source: PyTorch's torch/_inductor/codegen/cpp_wrapper_cpu.py.
 */
final class ModelSource {

    private static final Pattern LAYOUT =
            Pattern.compile("constants_info_\\[(\\d+)\\]\\.(shape|stride) = \\{([-\\d, L]*)\\};");

    private static final Pattern CONST_POINTER = Pattern.compile("\\(const [\\w:]+\\*\\)\\($");
    private static final Pattern DECLARATION = Pattern.compile("\\s*(\\[\\[maybe_unused]] )?auto&? ");
    private static final Pattern OUTPUT = Pattern.compile("\\s*output_handles\\[\\d+] = ");
    private static final Pattern ALIAS = Pattern.compile("auto&? (\\w+) = ");

    /** A function of libtorch up to its first argument, or a view of that. */
    private static final Pattern FIRST_ARGUMENT =
            Pattern.compile("(aoti_torch_\\w+)\\((wrap_with_raii_handle_if_needed\\(reinterpret_tensor_wrapper\\()?$");

    private final String run;
    private final Map<String, long[]> layouts = new HashMap<>();

    ModelSource(String text) {
        int start = text.indexOf("void AOTInductorModel::run_impl(");
        int end = text.indexOf("} // AOTInductorModel::run_impl", Math.max(start, 0));
        run = start < 0 || end < 0 ? "" : text.substring(start, end);
        Matcher layout = LAYOUT.matcher(text);
        while (layout.find()) {
            long[] numbers = Arrays.stream(layout.group(3).split("[, L]+"))
                    .filter(number -> !number.isEmpty())
                    .mapToLong(Long::parseLong)
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

    /** Whether the model may write the memory of an input or a constant: it is not seen that it only reads it. */
    boolean mayWrite(String variable) {
        if (run.isEmpty()) {
            return true;
        }
        Matcher use = Pattern.compile("\\b" + Pattern.quote(variable) + "\\b").matcher(run);
        while (use.find()) {
            if (!onlyReads(use.start(), use.end())) {
                return true;
            }
        }
        return false;
    }

    private boolean onlyReads(int start, int end) {
        String before = run.substring(run.lastIndexOf('\n', start) + 1, start);
        String after = run.substring(end, run.indexOf('\n', end));
        if (after.startsWith(".data_ptr()")) {
            return CONST_POINTER.matcher(before).find();
        }
        if (after.startsWith(".sizes()") || after.startsWith(".strides()") || after.startsWith(".reset();")) {
            return true;
        }
        if (DECLARATION.matcher(before).matches()
                || OUTPUT.matcher(before).matches()
                || before.contains("assert_size_stride(")) {
            return true;
        }
        Matcher alias = ALIAS.matcher(before);
        return alias.find() ? !mayWrite(alias.group(1)) : isReadByCall(before);
    }

    /** Functions of libtorch whose names end with _ or _out write their first argument, and no other. */
    private static boolean isReadByCall(String before) {
        Matcher call = FIRST_ARGUMENT.matcher(before);
        return call.find()
                ? !call.group(1).endsWith("_") && !call.group(1).endsWith("_out")
                : before.contains("aoti_torch_");
    }
}
