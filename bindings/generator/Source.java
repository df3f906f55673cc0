package generator;

import generator.Choice.Method;
import generator.Form.Parameter;
import generator.Schema.Slot;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Writes the methods of one class, and the class that holds their operators. */
final class Source {

    private static final List<String> ORDER =
            List.of("first", "second", "third", "fourth", "fifth", "sixth", "seventh");

    private final String holder;
    private final boolean isStatic;
    private final Refusals refusals;
    private final Map<String, Schema> all;
    private final Pages pages;
    private final Rules rules;

    /** Operators by the names of their constants. */
    private final Map<String, Schema> constants = new TreeMap<>();

    /** Records by their names. */
    private final Map<String, String> records = new TreeMap<>();

    Source(String holder, boolean isStatic, Refusals refusals, Map<String, Schema> all, Pages pages, Rules rules) {
        this.holder = holder;
        this.isStatic = isStatic;
        this.refusals = refusals;
        this.all = all;
        this.pages = pages;
        this.rules = rules;
    }

    String methods(List<Method> methods) {
        Map<Schema, Form> fullest = methods.stream()
                .map(Method::form)
                .collect(Collectors.toMap(Form::schema, Function.identity(), (a, b) -> a.left() <= b.left() ? a : b));
        var text = new StringBuilder();
        methods.stream()
                .sorted(Comparator.comparing((Method method) -> method.form().name()))
                .forEach(method -> write(text, method, fullest.get(method.form().schema())));
        return text.toString();
    }

    Map<String, String> records() {
        return records;
    }

    // ---- a method ----

    private void write(StringBuilder text, Method method, Form fullest) {
        Form form = method.form();
        Schema called = refusals.called(form.schema(), all);
        String constant = Names.constant(called);
        Schema other = constants.putIfAbsent(constant, called);
        if (other != null && !other.equals(called)) {
            throw new IllegalStateException(other.qualified() + " and " + called.qualified() + " have one constant");
        }
        text.append(form == fullest ? documentation(form.schema(), called) : likewise(fullest));
        text.append(head(method, false)).append(body(form, constant, false)).append("    }\n\n");
        if (!form.schema().hasTensor() && resultType(form.schema()).equals("Tensor")) {
            text.append("    /** Likewise; the result lives in the arena. */\n").append(head(method, true));
            text.append(body(form, constant, true)).append("    }\n\n");
        }
    }

    private String head(Method method, boolean arena) {
        Form form = method.form();
        List<Parameter> parameters = form.parameters();
        String declared = parameters.stream()
                .map(parameter -> parameter.declaration(method.variable() && parameter == parameters.getLast()))
                .collect(Collectors.joining(
                        ", ", arena ? parameters.isEmpty() ? "Arena arena" : "Arena arena, " : "", ""));
        return "    public " + (isStatic ? "static " : "final ") + resultType(form.schema()) + " " + form.name() + "("
                + declared + ") {\n";
    }

    private String body(Form form, String constant, boolean arena) {
        String passed = Stream.concat(isStatic ? Stream.empty() : Stream.of("this"), form.arguments().stream())
                .collect(Collectors.joining(", "));
        String call = constant + "." + (arena ? "tensorIn(arena, " : callOf(form.schema()) + "(") + passed + ")";
        return switch (form.schema().returns().size()) {
            case 0 -> "        " + call + ";\n";
            case 1 -> "        return " + call + ";\n";
            default -> "        return " + resultType(form.schema()) + ".of(" + call + ");\n";
        };
    }

    private static String callOf(Schema schema) {
        if (schema.returns().size() != 1) {
            return "call";
        }
        return schema.isInPlace() ? "inPlace" : reader(schema.returns().getFirst());
    }

    private static String reader(Slot result) {
        return switch (result.type().base()) {
            case "int" -> "integer";
            case "float" -> "real";
            case "bool" -> "bool";
            case "ScalarType" -> "dtype";
            default -> result.type().list() ? "tensors" : "tensor";
        };
    }

    private static String typeOf(Slot result) {
        return switch (reader(result)) {
            case "integer" -> "long";
            case "real" -> "double";
            case "bool" -> "boolean";
            case "dtype" -> "DType";
            case "tensors" -> "List<Tensor>";
            default -> "Tensor";
        };
    }

    private String resultType(Schema schema) {
        List<Slot> results = schema.returns();
        return switch (results.size()) {
            case 0 -> "void";
            case 1 -> typeOf(results.getFirst());
            default -> "Aten." + record(results);
        };
    }

    /** The record of several results, named after all of them. */
    private String record(List<Slot> results) {
        var names = new TreeMap<Integer, String>();
        for (int i = 0; i < results.size(); i++) {
            names.put(
                    i,
                    results.get(i).name().isEmpty()
                            ? ORDER.get(i)
                            : Names.camel(results.get(i).name()));
        }
        String name = names.values().stream().map(Names::title).collect(Collectors.joining());
        String fields = names.keySet().stream()
                .map(i -> typeOf(results.get(i)) + " " + names.get(i))
                .collect(Collectors.joining(", "));
        String taken = names.keySet().stream()
                .map(i -> "TypedOperator." + reader(results.get(i)) + "(results, " + i + ")")
                .collect(Collectors.joining(", "));
        String text = "    /** The results of an operator, by its schema's names. */\n    public record " + name + "("
                + fields + ") {\n        static " + name
                + " of(List<@Nullable Object> results) {\n            return new "
                + name + "(" + taken + ");\n        }\n    }\n\n";
        String other = records.putIfAbsent(name, text);
        if (other != null && !other.equals(text)) {
            throw new IllegalStateException(name + " is the name of two records");
        }
        return name;
    }

    // ---- Javadoc ----

    private String documentation(Schema schema, Schema called) {
        var text = new StringBuilder("    /**\n     * {@code " + schema.text() + "}\n");
        if (schema.isInPlace()) {
            text.append("     *\n     * <p>Writes ").append(isStatic ? "its first argument" : "this tensor");
            text.append(", whose memory must not be read-only, and gives it back.\n");
        } else if (schema.returns().stream().anyMatch(result -> result.type().shared())) {
            text.append("     *\n     * <p>The result is over the same memory where that is possible.\n");
        }
        rules.needs(called).forEach(need -> text.append("     *\n     * <p>Refused but for ")
                .append(need)
                .append(": libtorch does not survive others.\n"));
        String page = pages.page(schema.name());
        if (page != null) {
            text.append("     *\n     * <p>Source: the PyTorch page \"")
                    .append(page)
                    .append("\".\n");
        }
        return text.append("     */\n").toString();
    }

    private static String likewise(Form fullest) {
        return "    /** See {@link #" + fullest.signature() + "}. */\n";
    }

    // ---- the operators ----

    String operators() {
        String fields = constants.entrySet().stream()
                .map(entry -> "    static final TypedOperator " + entry.getKey() + " = TypedOperator.of(\""
                        + entry.getValue().qualified() + "\""
                        + (rules.of(entry.getValue()).isEmpty()
                                ? ""
                                : ", \"" + String.join(" ", rules.of(entry.getValue())) + "\"")
                        + ");\n")
                .collect(Collectors.joining());
        return "/** Operators of generated methods; each is resolved at its first call. */\nfinal class " + holder
                + " {\n\n" + fields + "\n    private " + holder + "() {}\n}\n";
    }
}
