package generator;

import java.util.ArrayList;
import java.util.List;

/** An operator's schema, as libtorch prints it: {@code aten::softmax.int(Tensor self, int dim) -> Tensor}. */
record Schema(String text, String name, String overload, List<Slot> arguments, List<Slot> returns) {

    /**
     * An argument or a result.
     *
     * @param name empty for a result without a name
     * @param initial the default, or empty where there is none
     * @param keyword whether it stands behind the asterisk
     */
    record Slot(Type type, String name, String initial, boolean keyword) {

        boolean hasDefault() {
            return !initial.isEmpty();
        }
    }

    /**
     * A type, such as {@code Tensor(a!)} or {@code int[2]?}.
     *
     * @param base the name; SymInt is int
     * @param fixed the length of a list that one number may stand for, or 0
     * @param shared whether the memory is an argument's too
     */
    record Type(
            String base,
            boolean list,
            int fixed,
            boolean optional,
            boolean elementOptional,
            boolean written,
            boolean shared) {

        static Type parse(String text) {
            String plain = text.replaceAll("\\(.*?\\)", "");
            int bracket = plain.indexOf('[');
            String element = bracket < 0 ? plain : plain.substring(0, bracket);
            String length = bracket < 0 ? "" : plain.substring(bracket + 1, plain.lastIndexOf(']'));
            boolean questioned = element.endsWith("?");
            String base = questioned ? element.substring(0, element.length() - 1) : element;
            return new Type(
                    base.equals("SymInt") ? "int" : base,
                    bracket >= 0,
                    length.isEmpty() ? 0 : Integer.parseInt(length),
                    plain.endsWith("?"),
                    bracket >= 0 && questioned,
                    text.contains("!"),
                    text.contains("("));
        }

        /** Whether it is one of these names, alone or in a list. */
        boolean isOf(String... names) {
            return List.of(names).contains(base);
        }
    }

    static Schema parse(String text) {
        int open = text.indexOf('(');
        int close = scan(text, open + 1, ')');
        String[] names = text.substring("aten::".length(), open).split("\\.", 2);
        String results = text.substring(close + ") -> ".length());
        return new Schema(
                text,
                names[0],
                names.length > 1 ? names[1] : "",
                slots(text.substring(open + 1, close)),
                slots(results.startsWith("(") ? results.substring(1, results.length() - 1) : results));
    }

    /** The first of a character outside brackets and quotes, else the end. */
    private static int scan(String text, int from, char wanted) {
        int depth = 0;
        boolean quoted = false;
        for (int i = from; i < text.length(); i++) {
            char c = text.charAt(i);
            quoted ^= c == '"' || c == '\'';
            if (!quoted && depth == 0 && c == wanted) {
                return i;
            }
            depth += quoted ? 0 : c == '(' || c == '[' ? 1 : c == ')' || c == ']' ? -1 : 0;
        }
        return text.length();
    }

    private static List<Slot> slots(String text) {
        var slots = new ArrayList<Slot>();
        boolean keyword = false;
        for (int from = 0; from < text.length(); ) {
            int end = scan(text, from, ',');
            String part = text.substring(from, end).strip();
            from = end + 1;
            if (part.equals("*")) {
                keyword = true;
                continue;
            }
            int space = scan(part, 0, ' ');
            String rest = part.substring(Math.min(space + 1, part.length()));
            int equals = scan(rest, 0, '=');
            slots.add(new Slot(
                    Type.parse(part.substring(0, space)),
                    rest.substring(0, equals),
                    rest.substring(Math.min(equals + 1, rest.length())),
                    keyword));
        }
        return List.copyOf(slots);
    }

    /** The name with the overload, as the lists of operators have it. */
    String qualified() {
        return "aten::" + name + (overload.isEmpty() ? "" : "." + overload);
    }

    /** Whether it writes its first argument and gives it back. */
    boolean isInPlace() {
        return !arguments.isEmpty()
                && arguments.getFirst().type().written()
                && returns.size() == 1
                && returns.getFirst().type().written();
    }

    boolean hasTensor() {
        return arguments.stream().anyMatch(slot -> slot.type().isOf("Tensor"));
    }

    boolean takesSelf() {
        return !arguments.isEmpty()
                && arguments.getFirst().name().equals("self")
                && arguments.getFirst().type().isOf("Tensor")
                && !arguments.getFirst().type().list()
                && !arguments.getFirst().type().optional();
    }
}
