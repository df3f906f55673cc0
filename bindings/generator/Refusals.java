package generator;

import generator.Schema.Slot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Which operators have no Java method, and why. */
final class Refusals {

    /** Prefixes of operators on other libraries' opaque memory. */
    /** Parts of other operators, and what only libtorch's own passes call. */
    private static final Pattern HELPERS = Pattern.compile(
            ".*_backward.*|.*_jvp|.*_cachemask|lift.*|sym_.*|norm_except_dim|is_vulkan_available|output_nr|is_distributed");

    private static final List<String> OPAQUE = List.of("cudnn_", "fbgemm_", "miopen_", "mkldnn_");

    /** In names of operators that give what they write another memory or shape; as the shim has them. */
    private static final List<String> MOVERS = List.of(
            "resize",
            "::set_",
            "as_strided_",
            "::t_",
            "transpose_",
            "squeeze_",
            "swapaxes_",
            "swapdims_",
            "shallow_copy");

    /** The results of hash_tensor are unsigned, of 64 bits. */
    private static final Pattern OTHER_NUMBERS = Pattern.compile(
            "complex|polar|chalf|view_as_complex(_copy)?|stft|linalg_eig(vals)?|fft_(fft|ifft|ihfft|rfft)[2n]?|hash_tensor");

    private static final Pattern SPARSE = Pattern.compile("(to_)?sparse_\\w+|to_sparse|to_mkldnn");

    static final String BY_HAND_REASON = "has a method that is written by hand";

    /** Those whose methods have another form. */
    private static final Set<String> BY_HAND = Set.of("equal", "requires_grad_", "size");

    /** Why an operator is not called, by its name, from unchecked-operators.txt. */
    private final Map<String, String> unchecked = new HashMap<>();

    /** Those that the shim calls by their C++ entry point. */
    private final Set<String> entries = new HashSet<>();

    /** Those whose second tensor may be a number. */
    private final Set<String> numbers = new HashSet<>();

    Refusals(Path uncheckedList, Path entryTable) throws IOException {
        for (String line : Files.readAllLines(uncheckedList)) {
            if (!line.startsWith("#")) {
                unchecked.put(line.split(" ", 2)[0], line.split(" ", 2)[1]);
            }
        }
        Pattern.compile("(?m)^(OPERATOR|OVERLOAD|NUMBER)\\((\\w+), (?:(\\w+), )?")
                .matcher(Files.readString(entryTable))
                .results()
                .forEach(line -> {
                    boolean overload = !line.group(1).equals("OPERATOR");
                    String name = "aten::" + line.group(2) + (overload ? "." + line.group(3) : "");
                    (line.group(1).equals("NUMBER") ? numbers : entries).add(name);
                });
    }

    /** Whether it is internal or an {@code out=} form, which nobody looks for. */
    boolean isHidden(Schema schema) {
        boolean internal = schema.name().startsWith("_") && !schema.name().equals("_unique2");
        boolean opaque = OPAQUE.stream().anyMatch(schema.name()::startsWith);
        return internal || opaque || HELPERS.matcher(schema.name()).matches() || isOut(schema);
    }

    private static boolean isOut(Schema schema) {
        return schema.arguments().stream()
                .anyMatch(slot ->
                        slot.type().written() && (slot.keyword() || slot.name().startsWith("out")));
    }

    /** Why there is no method, or null. */
    String of(Schema schema) {
        if (schema.name().equals("from_file")) {
            return "maps a file, whose memory no arena guards";
        }
        if (BY_HAND.contains(schema.name())) {
            return BY_HAND_REASON;
        }
        if (unchecked.containsKey(schema.qualified())) {
            return unchecked.get(schema.qualified());
        }
        if (OTHER_NUMBERS.matcher(schema.name()).matches()) {
            return "gives complex numbers, or others that no DType is of";
        }
        if (SPARSE.matcher(schema.name()).matches()) {
            return "is of sparse tensors, or of another layout";
        }
        if (schema.arguments().stream().anyMatch(slot -> slot.type().written())
                && MOVERS.stream().anyMatch(schema.qualified()::contains)) {
            return "changes a tensor's own shape or memory";
        }
        for (Slot slot : schema.arguments()) {
            if (!slot.hasDefault() && Form.javaType(slot.type(), false) == null) {
                return "takes a " + slot.type().base().replaceAll(".*\\.", "");
            }
        }
        for (Slot slot : schema.returns()) {
            boolean number = !slot.type().list() && slot.type().isOf("int", "float", "bool", "ScalarType");
            if (slot.type().optional() || !number && !slot.type().isOf("Tensor")) {
                return "gives a " + slot.type().base() + (slot.type().list() ? "[]" : "");
            }
        }
        if (schema.returns().size() > 1
                && schema.returns().stream().anyMatch(slot -> slot.type().list())) {
            return "gives tensors and a Tensor[]";
        }
        boolean needsEntry = schema.arguments().stream()
                        .anyMatch(slot -> slot.type().isOf("Scalar", "str"))
                || schema.returns().stream().anyMatch(slot -> slot.type().isOf("ScalarType"));
        return needsEntry && !entries.contains(schema.qualified()) ? "has no entry point in the shim" : null;
    }

    /** The operator that is called for it: a number for the second tensor, as in Python, not the overload of numbers. */
    Schema called(Schema schema, Map<String, Schema> all) {
        String tensors = "aten::" + schema.name() + "." + schema.overload().replace("Scalar", "Tensor");
        return schema.overload().startsWith("Scalar") && numbers.contains(tensors) ? all.get(tensors) : schema;
    }
}
