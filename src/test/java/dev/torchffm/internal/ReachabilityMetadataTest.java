package dev.torchffm.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.torchffm.bindings.TorchFfm;
import java.io.IOException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What GraalVM's native-image must know of the library is what its classes do. A failure shows the lines that the file
 * should have.
 */
final class ReachabilityMetadataTest {

    private static final Path CLASSES = Path.of("target/classes");

    private static final Path FILE =
            CLASSES.resolve("META-INF/native-image/dev.torchffm/torch-ffm/reachability-metadata.json");

    private static JsonNode metadata = MissingNode.getInstance();

    @BeforeAll
    static void read() throws IOException {
        metadata = new ObjectMapper().readTree(FILE.toFile());
        assertEquals(null, Native.loadingFailure());
    }

    /** The names are those of GraalVM's schema, which refuses others. */
    @Test
    void partsAreThoseOfTheSchema() {
        assertEquals(Set.of("reflection", "resources", "foreign"), names(metadata));
        assertEquals(Set.of("downcalls", "upcalls"), names(metadata.path("foreign")));
    }

    private static Set<String> names(JsonNode object) {
        var names = new TreeSet<String>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private static Set<String> entries(JsonNode array) {
        var entries = new TreeSet<String>();
        array.forEach(entry -> assertTrue(entries.add(entry.toString()), () -> "twice: " + entry));
        return entries;
    }

    // ---- calls ----

    @Test
    void downcallsAreThoseOfTheClasses() throws Exception {
        var expected = new TreeSet<String>();
        for (FunctionDescriptor descriptor : descriptorsOfBindings()) {
            expected.add(entry(descriptor, ""));
        }
        addVariadic(expected);
        for (boolean allowHeapAccess : new boolean[] {false, true}) {
            String option = "\"critical\":{\"allowHeapAccess\":" + allowHeapAccess + "}";
            expected.add(entry(TorchFfm.tffm_kernel_clamp$descriptor(), option));
        }
        List<String> systems = descriptorsOfSystem();
        assertTrue(systems.size() >= 6);
        expected.addAll(systems);
        assertEquals(String.join(",\n", expected), String.join(",\n", entries(metadata.at("/foreign/downcalls"))));
    }

    /** A call names a segment of each arena that it keeps open. */
    private static void addVariadic(Set<String> expected) {
        FunctionDescriptor fixed = TorchFfm.tffm_call.makeInvoker().descriptor();
        int first = fixed.argumentLayouts().size();
        for (int kept = 0; kept <= CallFrame.MAX_ARENAS; kept++) {
            MemoryLayout[] more = Collections.nCopies(kept, TorchFfm.C_POINTER).toArray(MemoryLayout[]::new);
            expected.add(entry(fixed.appendArgumentLayouts(more), "\"firstVariadicArg\":" + first));
        }
    }

    @Test
    void upcallsAreThoseOfTheBindings() throws Exception {
        var expected = new TreeSet<String>();
        for (Class<?> pointer : functionPointers()) {
            expected.add(
                    entry((FunctionDescriptor) pointer.getMethod("descriptor").invoke(null), ""));
        }
        assertEquals(expected, entries(metadata.at("/foreign/upcalls")));
    }

    /** The bindings look for the method of each such interface by its name. */
    @Test
    void reflectionIsThatOfTheBindings() throws Exception {
        var expected = new TreeSet<String>();
        for (Class<?> pointer : functionPointers()) {
            Class<?> type = Class.forName(pointer.getName() + "$Function");
            String parameters = Arrays.stream(
                            type.getMethod("apply", MemorySegment.class).getParameterTypes())
                    .map(parameter -> "\"" + parameter.getName() + "\"")
                    .collect(Collectors.joining(","));
            expected.add("{\"type\":\"" + type.getName() + "\",\"methods\":[{\"name\":\"apply\",\"parameterTypes\":["
                    + parameters + "]}]}");
        }
        assertEquals(expected, entries(metadata.path("reflection")));
    }

    private static List<FunctionDescriptor> descriptorsOfBindings() throws Exception {
        var descriptors = new ArrayList<FunctionDescriptor>();
        for (Class<?> type : bindings()) {
            for (Method method : type.getDeclaredMethods()) {
                if (method.getReturnType() == FunctionDescriptor.class
                        && Modifier.isPublic(method.getModifiers())
                        && Modifier.isStatic(method.getModifiers())) {
                    descriptors.add((FunctionDescriptor) method.invoke(null));
                }
            }
        }
        assertTrue(descriptors.size() >= 30, descriptors.size() + " descriptors");
        return descriptors;
    }

    private static List<Class<?>> functionPointers() throws Exception {
        List<Class<?>> pointers = bindings().stream()
                .filter(type -> Arrays.stream(type.getDeclaredClasses())
                        .anyMatch(inner -> inner.getSimpleName().equals("Function")))
                .toList();
        assertEquals(2, pointers.size());
        return pointers;
    }

    private static List<Class<?>> bindings() throws Exception {
        try (Stream<Path> files = Files.list(CLASSES.resolve("dev/torchffm/bindings"))) {
            var types = new ArrayList<Class<?>>();
            for (Path file : files.sorted().toList()) {
                String name = file.getFileName().toString().replace(".class", "");
                types.add(Class.forName("dev.torchffm.bindings." + name));
            }
            return types;
        }
    }

    private static final Pattern DESCRIPTOR = Pattern.compile("FunctionDescriptor\\.(of|ofVoid)\\(([\\w., \n]*)\\)");

    private static final Map<String, String> CONSTANTS =
            Map.of("ADDRESS", "void*", "JAVA_INT", "int", "JAVA_LONG", "long");

    /** Of functions of the system and of libtorch that the sources call. */
    private static List<String> descriptorsOfSystem() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
            var found = new ArrayList<String>();
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String source = Files.readString(file);
                Matcher matcher = DESCRIPTOR.matcher(source);
                int count = 0;
                for (; matcher.find(); count++) {
                    List<String> types = Pattern.compile(",")
                            .splitAsStream(matcher.group(2))
                            .map(String::strip)
                            .filter(name -> !name.isEmpty())
                            .map(name -> CONSTANTS.get(name.substring(name.lastIndexOf('.') + 1)))
                            .toList();
                    boolean isVoid = matcher.group(1).equals("ofVoid");
                    found.add(
                            isVoid
                                    ? entry("void", types, "")
                                    : entry(types.getFirst(), types.subList(1, types.size()), ""));
                }
                assertEquals(source.split("FunctionDescriptor\\.of").length - 1, count, file.toString());
            }
            return found;
        }
    }

    private static String entry(FunctionDescriptor descriptor, String options) {
        return entry(
                descriptor.returnLayout().map(ReachabilityMetadataTest::name).orElse("void"),
                descriptor.argumentLayouts().stream()
                        .map(ReachabilityMetadataTest::name)
                        .toList(),
                options);
    }

    private static String entry(String result, List<String> parameters, String options) {
        return "{\"returnType\":\"" + result + "\",\"parameterTypes\":["
                + parameters.stream().map(type -> "\"" + type + "\"").collect(Collectors.joining(","))
                + "]" + (options.isEmpty() ? "" : ",\"options\":{" + options + "}") + "}";
    }

    /** As C calls it, which GraalVM takes on every platform. */
    private static String name(MemoryLayout layout) {
        return switch (layout) {
            case AddressLayout _ -> "void*";
            case ValueLayout.OfInt _ -> "int";
            case ValueLayout.OfLong _ -> "long";
            default -> throw new AssertionError(layout);
        };
    }

    // ---- resources ----

    @Test
    void resourcesAreThoseOfTheJar() throws IOException {
        List<String> globs = metadata.path("resources").findValuesAsText("glob");
        try (Stream<Path> files = Files.walk(CLASSES.resolve("dev"))) {
            Set<Path> resources = files.filter(Files::isRegularFile)
                    .filter(file -> !file.toString().endsWith(".class"))
                    .map(CLASSES::relativize)
                    .collect(Collectors.toSet());
            assertTrue(resources.size() >= 3, resources.toString());
            for (String glob : globs) {
                assertTrue(resources.removeIf(FileSystems.getDefault().getPathMatcher("glob:" + glob)::matches), glob);
            }
            assertEquals(Set.of(), resources);
        }
    }
}
