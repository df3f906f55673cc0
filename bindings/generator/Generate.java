package generator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Writes the methods of libtorch's operators, from the schemas that all versions have alike: TensorMethods for what are
 * methods of PyTorch's tensors, Aten for all others, and operators.txt, which says of each operator what became of it.
 */
final class Generate {

    private static final Path HERE = Path.of("bindings");
    private static final Path MAIN = Path.of("src/main");
    private static final Path LISTS = MAIN.resolve("resources/dev/torchffm");
    private static final Path JAVA = MAIN.resolve("java/dev/torchffm");
    private static final Path TARGET = HERE.resolve("dev/torchffm");

    private Generate() {}

    public static void main(String[] arguments) throws IOException {
        Files.createDirectories(TARGET);
        List<Schema> alike = schemas();
        Map<String, Schema> all = alike.stream().collect(Collectors.toMap(Schema::qualified, Function.identity()));
        var refusals =
                new Refusals(LISTS.resolve("unchecked-operators.txt"), Path.of("native/src/libtorch_operators.inc"));
        var pages = new Pages(HERE.resolve("schemas/pages.txt"));
        var rules = new Rules(LISTS.resolve("checked-operators.txt"), JAVA.resolve("ValueRule.java"));

        Map<Schema, String> refused = new TreeMap<>(Comparator.comparing(Schema::qualified));
        var methodForms = new ArrayList<Form>();
        var functionForms = new ArrayList<Form>();
        Set<String> factories = signatures("Torch").stream()
                .map(signature -> signature.substring(0, signature.indexOf('(')))
                .collect(Collectors.toSet());
        for (Schema schema : alike) {
            boolean factory = !schema.hasTensor() && factories.contains(schema.name());
            String refusal = refusals.of(schema);
            String reason = refusal == null && factory ? Refusals.BY_HAND_REASON : refusal;
            if (refusals.isHidden(schema)) {
                continue;
            }
            if (reason != null) {
                refused.put(schema, reason);
            } else {
                boolean method = pages.isMethod(schema);
                (method ? methodForms : functionForms).addAll(Form.of(schema, method));
            }
        }
        var methods = new Choice(methodForms, signatures("Tensor", "TensorOperators"));
        var functions = new Choice(functionForms, Set.of());
        refused.putAll(methods.refused());
        refused.putAll(functions.refused());

        var methodSource = new Source("TensorMethodOperators", false, refusals, all, pages, rules);
        var functionSource = new Source("AtenOperators", true, refusals, all, pages, rules);
        String tensorMethods = methodSource.methods(methods.methods());
        String aten = functionSource.methods(functions.methods());
        Map<String, String> records = new TreeMap<>(methodSource.records());
        records.putAll(functionSource.records());

        write(
                "TensorMethods",
                imports("TensorMethodOperators", "java.util.List", "org.jspecify.annotations.Nullable") + TENSOR_METHODS
                        + tensorMethods + "}\n");
        write(
                "Aten",
                imports(
                                "AtenOperators",
                                "java.lang.foreign.Arena",
                                "java.util.List",
                                "org.jspecify.annotations.Nullable")
                        + ATEN + String.join("", records.values()) + aten + "}\n");
        write("TensorMethodOperators", methodSource.operators());
        write("AtenOperators", functionSource.operators());
        Files.write(HERE.resolve("operators.txt"), report(refused, methods, functions));
    }

    private static final String TENSOR_METHODS = """
            /**
             * The operators that are methods of PyTorch's tensors, each by its schema: names, order and defaults are PyTorch's.
             *
             * <p>Each has a method with all arguments, and one for each that may be left out at the end. Results are new tensors
             * that live where this one does ({@link Tensor#in} names another arena), and are recorded for gradients where PyTorch
             * records them. A name that ends with an underscore writes this tensor and gives it back.
             *
             * <p>What libtorch refuses, such as sizes that do not fit, is a {@link TorchException} with its own text; null where it
             * is not allowed, a number out of the schema's type and a write to read-only memory are an
             * {@link IllegalArgumentException}, a closed arena is an {@link IllegalStateException}.
             */
            public abstract sealed class TensorMethods permits Tensor {

                TensorMethods() {}

            """;

    private static final String ATEN = """
            /**
             * The operators that are no methods of PyTorch's tensors, each by its schema: names, order and defaults are PyTorch's.
             *
             * <p>Each has a method with all arguments, and one for each that may be left out at the end. Results live where the
             * first tensor among the arguments does; functions without one take an arena first, or none for an automatic one.
             * What is refused: see {@link TensorMethods}.
             */
            public final class Aten {

                private Aten() {}

            """;

    /** The schemas that all versions have, with the same text. */
    private static List<Schema> schemas() throws IOException {
        try (Stream<Path> files = Files.list(HERE.resolve("schemas"))) {
            Set<String> alike = null;
            for (Path file : files.filter(file -> file.getFileName().toString().matches("[0-9].*"))
                    .sorted()
                    .toList()) {
                Set<String> lines = new HashSet<>(Files.readAllLines(file));
                if (alike == null) {
                    alike = lines;
                } else {
                    alike.retainAll(lines);
                }
            }
            return alike.stream()
                    .map(Schema::parse)
                    .sorted(Comparator.comparing(Schema::qualified))
                    .toList();
        }
    }

    /** The signatures of the public methods that are written by hand. */
    private static Set<String> signatures(String... classes) throws IOException {
        var signatures = new HashSet<String>();
        for (String name : classes) {
            Pattern.compile("(?m)^    (?:public|default) (?:static )?(?:@Nullable )?\\S+ (\\w+)\\(([^)]*)\\)")
                    .matcher(Files.readString(JAVA.resolve(name + ".java")))
                    .results()
                    .forEach(method -> signatures.add(method.group(1)
                            + Stream.of(method.group(2).split(","))
                                    .map(parameter -> parameter
                                            .replace("@Nullable ", "")
                                            .strip()
                                            .split(" ")[0]
                                            .replace("...", "[]"))
                                    .collect(Collectors.joining(", ", "(", ")"))));
        }
        return signatures;
    }

    private static String imports(String holder, String... names) {
        return "import static dev.torchffm." + holder + ".*;\n\n"
                + Stream.of(names).map(name -> "import " + name + ";\n").collect(Collectors.joining()) + "\n";
    }

    private static void write(String name, String source) throws IOException {
        Files.writeString(
                TARGET.resolve(name + ".java"),
                "// Generated by bindings/generator from libtorch's schemas: make operators\npackage dev.torchffm;\n\n"
                        + source);
    }

    /** What became of each operator: its methods, a line each, or why there are none. */
    private static List<String> report(Map<Schema, String> refused, Choice methods, Choice functions) {
        return Stream.of(
                        methods.methods().stream().map(method -> line(method.form(), "TensorMethods")),
                        functions.methods().stream().map(method -> line(method.form(), "Aten")),
                        refused.entrySet().stream().map(entry -> entry.getKey().qualified() + " - " + entry.getValue()))
                .flatMap(Function.identity())
                .sorted()
                .toList();
    }

    private static String line(Form form, String owner) {
        return form.schema().qualified() + " " + owner + "." + form.mapping();
    }
}
