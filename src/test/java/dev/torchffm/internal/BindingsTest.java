package dev.torchffm.internal;

import static java.util.Map.entry;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.torchffm.bindings.DLDataType;
import dev.torchffm.bindings.DLDevice;
import dev.torchffm.bindings.DLManagedTensor;
import dev.torchffm.bindings.DLManagedTensorVersioned;
import dev.torchffm.bindings.DLPackVersion;
import dev.torchffm.bindings.DLTensor;
import dev.torchffm.bindings.TorchFfm;
import dev.torchffm.bindings.tffm_constant;
import dev.torchffm.bindings.tffm_info;
import dev.torchffm.bindings.tffm_model_info;
import dev.torchffm.bindings.tffm_operator_info;
import dev.torchffm.bindings.tffm_value;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.SequenceLayout;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The committed bindings are those of the headers: functions, structs and constants. */
final class BindingsTest {

    private static final Pattern FUNCTION = Pattern.compile("TFFM_API\\s+(\\w+)\\s+(\\w+)\\(([^)]*)\\)\\s*;");
    private static final Pattern CONSTANT = Pattern.compile("(\\w+)\\s*=\\s*(\\d+)");
    private static final Pattern STRUCT = Pattern.compile("typedef struct \\w+ \\{(.*?)\\n\\} (\\w+);", Pattern.DOTALL);

    private static String header = "";

    @BeforeAll
    static void readHeader() throws IOException {
        Path folder = Path.of("native/include");
        header = (Files.readString(folder.resolve("dlpack_structs.h"))
                        + Files.readString(folder.resolve("torch_ffm.h"))
                        + Files.readString(folder.resolve("torch_ffm_model.h")))
                .replaceAll("(?s)/\\*.*?\\*/", "");
        assertEquals(null, Native.loadingFailure());
    }

    @Test
    void functionsAgree() {
        var declared = new TreeMap<String, String>();
        FUNCTION.matcher(header).results().forEach(function -> {
            boolean variadic = function.group(3).endsWith("...");
            String parameters = Arrays.stream(function.group(3).split(","))
                    .map(String::strip)
                    .filter(parameter -> !parameter.equals("...") && !parameter.equals("void"))
                    .map(BindingsTest::type)
                    .collect(Collectors.joining(", "));
            declared.put(
                    function.group(2),
                    type(function.group(1) + " result") + " (" + parameters + ")" + (variadic ? " variadic" : ""));
        });
        var bound = new TreeMap<String, String>();
        for (Method method : TorchFfm.class.getMethods()) {
            if (method.getName().endsWith("$descriptor")) {
                bound.put(method.getName().replace("$descriptor", ""), describe((FunctionDescriptor) invoke(method)));
            }
        }
        bound.put("tffm_call", describe(TorchFfm.tffm_call.makeInvoker().descriptor()) + " variadic");
        assertEquals(declared, bound);
    }

    @Test
    void constantsAgree() {
        var declared = new TreeMap<String, Integer>();
        CONSTANT.matcher(header)
                .results()
                .forEach(constant -> declared.put(constant.group(1), Integer.parseInt(constant.group(2))));
        var bound = new TreeMap<String, Integer>();
        for (Method method : TorchFfm.class.getMethods()) {
            if (method.getReturnType() == int.class
                    && method.getParameterCount() == 0
                    && Modifier.isStatic(method.getModifiers())
                    && !method.getName().startsWith("tffm_")) { // a function without parameters
                bound.put(method.getName(), (Integer) invoke(method));
            }
        }
        assertEquals(declared, bound);
    }

    @Test
    void literalsAgree() {
        assertEquals(TorchFfm.TFFM_OK(), Native.OK);
        assertEquals(TorchFfm.TFFM_INVALID_ARGUMENT(), Native.INVALID_ARGUMENT);
        assertEquals(TorchFfm.TFFM_UNSUPPORTED(), Native.UNSUPPORTED);
        assertEquals(TorchFfm.TFFM_NO_GRAD(), Modes.NO_GRAD);
        assertEquals(TorchFfm.TFFM_INFERENCE(), Modes.INFERENCE);
        assertEquals(TorchFfm.TFFM_MAX_DIM(), Native.MAX_DIM);
        assertEquals(tffm_info.sizeof(), CallFrame.INFO_BYTES);
        assertEquals(tffm_value.sizeof(), CallFrame.VALUE_BYTES);
        assertEquals(TorchFfm.TFFM_NO_NUMBER(), Scalar.NONE);
        assertEquals(TorchFfm.TFFM_INTEGER(), Scalar.INTEGER);
        assertEquals(TorchFfm.TFFM_REAL(), Scalar.REAL);
    }

    @Test
    void structsAgree() {
        Map<String, GroupLayout> bound = Map.ofEntries(
                entry("tffm_info", tffm_info.layout()),
                entry("tffm_value", tffm_value.layout()),
                entry("tffm_operator_info", tffm_operator_info.layout()),
                entry("tffm_model_info", tffm_model_info.layout()),
                entry("tffm_constant", tffm_constant.layout()),
                entry("DLPackVersion", DLPackVersion.layout()),
                entry("DLDevice", DLDevice.layout()),
                entry("DLDataType", DLDataType.layout()),
                entry("DLTensor", DLTensor.layout()),
                entry("DLManagedTensor", DLManagedTensor.layout()),
                entry("DLManagedTensorVersioned", DLManagedTensorVersioned.layout()));
        var declared = new TreeMap<String, List<String>>();
        Matcher structs = STRUCT.matcher(header);
        while (structs.find()) {
            declared.put(structs.group(2), fields(structs.group(1), declared));
        }
        var found = new TreeMap<String, List<String>>();
        bound.forEach((name, layout) -> found.put(name, fields(layout)));
        assertEquals(declared, found);
    }

    /** "type name" of each field of a struct in C; those of a union or of a struct declared before stand in its place. */
    private static List<String> fields(String body, Map<String, List<String>> declared) {
        return Arrays.stream(body.replaceAll("union \\{|\\} as;", "")
                        .replaceAll("\\(\\*(\\w+)\\)\\(.*\\)", "*$1") // a pointer to a function
                        .split(";"))
                .map(String::strip)
                .filter(field -> !field.isEmpty())
                .flatMap(field -> {
                    List<String> inner = declared.get(field.split(" ")[0]);
                    return inner == null ? Stream.of(field(field)) : inner.stream();
                })
                .toList();
    }

    private static String field(String declaration) {
        Matcher array = Pattern.compile("(.* \\w+)\\[TFFM_MAX_DIM\\]").matcher(declaration);
        if (array.matches()) {
            return field(array.group(1)).replaceFirst(" ", "[" + TorchFfm.TFFM_MAX_DIM() + "] ");
        }
        return type(declaration) + " " + declaration.replaceAll(".*\\W", "");
    }

    private static List<String> fields(GroupLayout layout) {
        return layout.memberLayouts().stream()
                .filter(member -> member.name().isPresent())
                .flatMap(member -> member instanceof GroupLayout group
                        ? fields(group).stream()
                        : List.of(describe(member) + " " + member.name().orElseThrow()).stream())
                .toList();
    }

    private static String type(String declaration) {
        if (declaration.contains("*")) {
            return "pointer";
        }
        return switch (declaration.replaceAll("\\s*\\w+$", "").strip()) {
            case "uint8_t" -> "byte";
            case "uint16_t" -> "short";
            case "tffm_status", "int32_t", "uint32_t" -> "int";
            case "int64_t", "uint64_t" -> "long";
            case "double" -> "double";
            default -> throw new AssertionError("a type that this test does not know: " + declaration);
        };
    }

    private static String describe(FunctionDescriptor descriptor) {
        return describe(descriptor.returnLayout().orElseThrow())
                + descriptor.argumentLayouts().stream()
                        .map(BindingsTest::describe)
                        .collect(Collectors.joining(", ", " (", ")"));
    }

    private static String describe(MemoryLayout layout) {
        return switch (layout) {
            case ValueLayout.OfByte _ -> "byte";
            case ValueLayout.OfShort _ -> "short";
            case ValueLayout.OfInt _ -> "int";
            case ValueLayout.OfLong _ -> "long";
            case ValueLayout.OfDouble _ -> "double";
            case ValueLayout value when value.carrier() == java.lang.foreign.MemorySegment.class -> "pointer";
            case SequenceLayout array -> describe(array.elementLayout()) + "[" + array.elementCount() + "]";
            default -> layout.toString();
        };
    }

    private static Object invoke(Method method) {
        try {
            return method.invoke(null);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }
}
