package dev.torchffm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What libtorch says of an overload, such as {@code aten::sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False,
 * *, ScalarType? dtype=None) -> Tensor}, as far as it takes part in the choice among overloads.
 *
 * @param name with the overload
 */
record Schema(String name, List<Parameter> parameters, String text) {

    /** The types that Java has values of. */
    private static final List<String> GIVEN =
            List.of("Tensor", "int", "SymInt", "float", "Scalar", "bool", "str", "ScalarType");

    /**
     * A parameter.
     *
     * @param base the type without its marks, such as {@code int}
     * @param list whether it is a list of these
     * @param single whether one stands for a list
     * @param keyword whether Python takes it by its name only
     * @param written whether the operator writes it
     */
    record Parameter(
            String base,
            boolean list,
            boolean single,
            boolean optional,
            boolean hasDefault,
            boolean keyword,
            boolean written) {

        /** Whether the type of a value fits. Whether its value does, is seen at the call. */
        boolean takes(@Nullable Object value) {
            if (value == null) {
                return optional;
            }
            return list ? takesList(value) || single && takesOne(value) : takesOne(value);
        }

        private boolean takesOne(Object value) {
            return switch (base) {
                case "Tensor" -> value instanceof Tensor;
                case "int", "SymInt", "Layout", "MemoryFormat" -> isWhole(value);
                case "float" -> value instanceof Number;
                case "Scalar" -> value instanceof Number || value instanceof Boolean;
                case "bool" -> value instanceof Boolean;
                case "str" -> value instanceof String;
                case "ScalarType" -> value instanceof DType;
                default -> false;
            };
        }

        private static boolean isWhole(Object value) {
            return value instanceof Number && !(value instanceof Float || value instanceof Double);
        }

        private boolean takesList(Object value) {
            return switch (value) {
                case List<?> elements -> elements.isEmpty() || base.equals("Tensor");
                case Tensor[] _ -> base.equals("Tensor");
                case long[] array -> array.length == 0 && !base.equals("Tensor") || takesOne(0L);
                case int[] array -> array.length == 0 && !base.equals("Tensor") || takesOne(0L);
                case double[] _ -> takesOne(0.0);
                case boolean[] _ -> takesOne(true);
                default -> false;
            };
        }

        /** Whether Java has a value for it, or it may be left out. */
        boolean canBeGiven() {
            return hasDefault || GIVEN.contains(base);
        }
    }

    /** Reads a schema as libtorch writes it. */
    static Schema of(String text) {
        int open = text.indexOf('(');
        var parameters = new ArrayList<Parameter>();
        boolean keyword = false;
        for (String one : split(text.substring(open + 1, text.indexOf(") -> ")))) {
            if (one.equals("*")) {
                keyword = true;
            } else {
                parameters.add(parameter(one, keyword));
            }
        }
        return new Schema(text.substring(0, open), List.copyOf(parameters), text);
    }

    /** Splits at the commas that stand in no brackets and quotes. */
    private static List<String> split(String text) {
        String[] parts = text.split(", (?![^\\[]*\\])(?=(?:[^\"']*[\"'][^\"']*[\"'])*[^\"']*$)");
        return Arrays.stream(parts).filter(part -> !part.isEmpty()).toList();
    }

    private static Parameter parameter(String text, boolean keyword) {
        String named = text.replaceFirst("=.*", "");
        String type = named.substring(0, named.lastIndexOf(' '));
        String base = type.replaceFirst("[(\\[?].*", "");
        return new Parameter(
                base,
                type.contains("["),
                type.matches(".*\\[\\d+].*"),
                type.endsWith("?"),
                text.contains("="),
                keyword,
                type.contains("!"));
    }

    /** Whether a call gives what it asks for: no out= form, and no type that Java has no value of. */
    boolean canBeCalled() {
        return parameters.stream()
                .allMatch(parameter -> parameter.canBeGiven() && !(parameter.keyword && parameter.written));
    }

    /**
     * Whether arguments fit, in the order of the parameters.
     *
     * @param byName whether they may be for parameters that Python takes by their names only
     */
    boolean takes(@Nullable Object[] arguments, boolean byName) {
        if (arguments.length > parameters.size()) {
            return false;
        }
        for (int i = 0; i < parameters.size(); i++) {
            Parameter parameter = parameters.get(i);
            boolean fits = i < arguments.length
                    ? (byName || !parameter.keyword) && parameter.takes(arguments[i])
                    : parameter.hasDefault;
            if (!fits) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String toString() {
        return text;
    }
}
