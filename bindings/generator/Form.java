package generator;

import generator.Schema.Slot;
import generator.Schema.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * One Java method of an operator.
 *
 * <p>An operator has a form with all its arguments, and one for each argument with a default that may be left out at
 * the end. Where a number may stand for a list, or a primitive for a value that may be null, each form is there with
 * these too.
 *
 * @param places which of the schema's arguments the parameters are
 * @param arguments what is passed: the parameters, and between them the defaults of what has no parameter
 * @param left how many parameters are left out at the end
 * @param numbers whether numbers stand for lists and primitives for what may be null
 */
record Form(
        Schema schema,
        List<Parameter> parameters,
        List<Integer> places,
        List<String> arguments,
        int left,
        boolean numbers) {

    private static final Set<String> NUMBERS = Set.of("long", "double", "Long", "Double", "Number");

    /**
     * A parameter of a Java method.
     *
     * @param nullable whether null is allowed
     */
    record Parameter(String type, String name, boolean nullable) {

        boolean primitive() {
            return Set.of("long", "double", "boolean").contains(type);
        }

        /** The type as a class has it. */
        String plainType() {
            return type.replaceAll("<.*>", "");
        }

        boolean isLongs() {
            return type.equals("long[]");
        }

        /** As it is declared; the last list of integers may be of variable arity. */
        String declaration(boolean variable) {
            if (type.endsWith("[]")) {
                String element = type.substring(0, type.length() - 2);
                return element + (nullable ? " @Nullable " : "") + (variable ? "..." : "[]") + " " + name;
            }
            return (nullable ? "@Nullable " : "") + type + " " + name;
        }
    }

    /** Arguments that cannot differ here. */
    private static final Set<String> WITHOUT_CHOICE = Set.of("pin_memory", "non_blocking", "implicit");

    private static final Set<String> KEYWORDS =
            Set.of("assert", "boolean", "char", "default", "double", "final", "float", "int", "long", "new", "this");

    /** All forms of an operator, the one with all arguments first. */
    static List<Form> of(Schema schema, boolean method) {
        List<Slot> slots =
                schema.arguments().subList(method ? 1 : 0, schema.arguments().size());
        List<Slot> shown = slots.stream().filter(Form::hasParameter).toList();
        int needed = 0;
        for (int i = 0; i < shown.size(); i++) {
            needed = shown.get(i).hasDefault() ? needed : i + 1;
        }
        var forms = new ArrayList<Form>();
        for (int count = shown.size(); count >= needed; count--) {
            Form lists = of(schema, slots, shown.subList(0, count), shown.size() - count, false);
            Form numbers = of(schema, slots, shown.subList(0, count), shown.size() - count, true);
            forms.add(lists);
            if (!numbers.parameters.equals(lists.parameters)) {
                forms.add(numbers);
            }
        }
        return forms;
    }

    private static Form of(Schema schema, List<Slot> slots, List<Slot> shown, int left, boolean numbers) {
        var parameters = new ArrayList<Parameter>();
        var places = new ArrayList<Integer>();
        var arguments = new ArrayList<String>();
        int last = shown.isEmpty() ? -1 : slots.indexOf(shown.getLast());
        for (Slot slot : slots.subList(0, last + 1)) {
            if (shown.contains(slot)) {
                Parameter parameter = parameter(slot, numbers);
                parameters.add(parameter);
                places.add(schema.arguments().indexOf(slot));
                arguments.add(parameter.name());
            } else {
                arguments.add(slot.initial().equals("False") ? "false" : "null");
            }
        }
        return new Form(schema, parameters, places, arguments, left, numbers);
    }

    /** Whether users choose the argument's value: tensors are on the CPU, and draw from the one generator. */
    private static boolean hasParameter(Slot slot) {
        return !(slot.hasDefault() && (WITHOUT_CHOICE.contains(slot.name()) || javaType(slot.type(), false) == null));
    }

    private static Parameter parameter(Slot slot, boolean numbers) {
        String name = Names.camel(slot.name());
        String type = javaType(slot.type(), numbers);
        boolean primitive = Set.of("long", "double", "boolean").contains(type);
        return new Parameter(
                type, KEYWORDS.contains(name) ? name + "_" : name, slot.type().optional() && !primitive);
    }

    /** The Java type of an argument, or null for a type that has none. */
    static String javaType(Type type, boolean numbers) {
        if (type.list()) {
            return switch (type.base()) {
                case "Tensor" -> type.elementOptional() ? "List<@Nullable Tensor>" : "List<Tensor>";
                case "int" -> numbers && type.fixed() > 0 ? "long" : "long[]";
                case "float", "Scalar" -> "double[]";
                case "bool" -> "boolean[]";
                default -> null;
            };
        }
        boolean boxed = type.optional() && !numbers;
        return switch (type.base()) {
            case "Tensor" -> "Tensor";
            case "int" -> boxed ? "Long" : "long";
            case "float" -> boxed ? "Double" : "double";
            case "bool" -> boxed ? "Boolean" : "boolean";
            case "Scalar" -> "Number";
            case "str" -> "String";
            case "ScalarType" -> "DType";
            default -> null;
        };
    }

    String name() {
        return Names.camel(schema.name());
    }

    /** The name and the types, by which Java tells methods apart. */
    String signature() {
        return name() + parameters.stream().map(Parameter::plainType).collect(Collectors.joining(", ", "(", ")"));
    }

    /** The same, with which of the schema's arguments each is. */
    String mapping() {
        return name()
                + IntStream.range(0, places.size())
                        .mapToObj(i -> parameters.get(i).plainType() + ":" + places.get(i))
                        .collect(Collectors.joining(",", "(", ")"));
    }

    /** Whether a call with null where it is allowed may mean either. */
    boolean isAmbiguousWith(Form other) {
        if (!name().equals(other.name()) || parameters.size() != other.parameters.size()) {
            return false;
        }
        for (int i = 0; i < parameters.size(); i++) {
            Parameter mine = parameters.get(i);
            Parameter theirs = other.parameters.get(i);
            boolean same = mine.type().equals(theirs.type());
            if (!same && !(mine.nullable() && theirs.nullable())) {
                return false;
            }
        }
        return true;
    }

    boolean endsWithLongs() {
        return !parameters.isEmpty() && parameters.getLast().isLongs();
    }

    /** Whether numbers at the end may belong to either's last list, if both were of variable arity. */
    boolean overlaps(Form other) {
        if (this == other || !name().equals(other.name()) || !other.endsWithLongs()) {
            return false;
        }
        Form shorter = parameters.size() < other.parameters.size() ? this : other;
        Form longer = shorter == this ? other : this;
        int common = shorter.parameters.size() - 1;
        for (int i = 0; i < longer.parameters.size() - 1; i++) {
            String type = longer.parameters.get(i).type();
            if (!type.equals(i < common ? shorter.parameters.get(i).type() : "long")) {
                return false;
            }
        }
        return parameters.size() != other.parameters.size();
    }

    /** Whether it takes a dtype and nothing else, so that all but the dtype is the default. */
    boolean isDtypeAlone() {
        return parameters.size() == 1 && parameters.getFirst().type().endsWith("DType");
    }

    /** Whether another one takes several numbers where this one's last list is: they would not be of the list. */
    boolean hasNumbersWhereListIs(Form other) {
        int common = parameters.size() - 1;
        if (!name().equals(other.name()) || other.parameters.size() < common + 2) {
            return false;
        }
        for (int i = 0; i < other.parameters.size(); i++) {
            String type = other.parameters.get(i).type();
            if (i < common ? !type.equals(parameters.get(i).type()) : !NUMBERS.contains(type.replaceAll(".* ", ""))) {
                return false;
            }
        }
        return true;
    }

    /** Whether another one is the same but that its last parameter is the list that this one's number stands for. */
    boolean isServedBy(Form other) {
        int last = parameters.size() - 1;
        return numbers
                && last >= 0
                && schema.arguments().get(places.get(last)).type().fixed() == 1 // a longer list repeats the number
                && other.schema.equals(schema)
                && other.parameters.size() == parameters.size()
                && other.endsWithLongs()
                && parameters.get(last).type().equals("long")
                && parameters.subList(0, last).equals(other.parameters.subList(0, last));
    }
}
