package dev.torchffm.io;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the literal of a Python dict with texts as keys. Its values become {@link String}, {@link BigInteger},
 * {@link Boolean}, {@link Tuple} and {@link List}.
 *
 * <p>Source: the Python page "Lexical analysis".
 */
final class PythonLiteral {

    /** A tuple, and no list. */
    record Tuple(List<Object> items) {}

    /** Python's own limit of brackets in one another, in the dict's. */
    private static final int MAX_DEPTH = 199;

    private final String text;
    private final boolean python2;
    private final TensorFile file;
    private int at;
    private int depth;

    private PythonLiteral(String text, boolean python2, TensorFile file) {
        this.text = text;
        this.python2 = python2;
        this.file = file;
    }

    /**
     * Reads a dict, or refuses the file.
     *
     * @param python2 whether an integer may have the suffix L
     */
    static Map<String, Object> dict(String text, boolean python2, TensorFile file) {
        return new PythonLiteral(text, python2, file).dict();
    }

    private Map<String, Object> dict() {
        Map<String, Object> dict = new LinkedHashMap<>();
        expect('{');
        while (!next('}')) {
            skipSpace();
            String key = string();
            expect(':');
            if (dict.put(key, value()) != null) {
                throw file.refused("its header has the key " + TensorFile.quote(key) + " twice");
            }
            if (!next(',')) {
                expect('}');
                break;
            }
        }
        skipSpace();
        if (at < text.length()) {
            throw unexpected("the end of the header");
        }
        return dict;
    }

    private Object value() {
        if (next('(')) {
            return parenthesized();
        }
        if (next('[')) {
            List<Object> items = new ArrayList<>();
            items(']', items);
            return items;
        }
        if (at < text.length() && "+-0123456789".indexOf(text.charAt(at)) >= 0) {
            return integer();
        }
        for (Boolean value : new Boolean[] {true, false}) {
            String word = value ? "True" : "False";
            if (text.startsWith(word, at)) {
                at += word.length();
                return value;
            }
        }
        return string();
    }

    /** A tuple, or the one value in the parentheses where no comma follows. */
    private Object parenthesized() {
        List<Object> items = new ArrayList<>();
        boolean separated = items(')', items);
        return items.size() == 1 && !separated ? items.getFirst() : new Tuple(items);
    }

    /** Reads items to the end of their list, and says whether the last one has a comma after it. */
    private boolean items(char end, List<Object> items) {
        if (++depth > MAX_DEPTH) {
            throw unexpected("fewer brackets in one another");
        }
        boolean separated = true;
        while (!next(end)) {
            if (!separated) {
                throw unexpected("a comma or '" + end + "'");
            }
            items.add(value());
            separated = next(',');
        }
        depth--;
        return separated;
    }

    private BigInteger integer() {
        boolean negative = next('-');
        if (!negative) {
            next('+');
        }
        skipSpace();
        int start = at;
        while (at < text.length() && isOfWord(text.charAt(at))) {
            at++;
        }
        String word = text.substring(start, at);
        BigInteger value = integer(python2 && word.endsWith("L") ? word.substring(0, word.length() - 1) : word);
        if (value == null) {
            at = start;
            throw unexpected("an integer");
        }
        return negative ? value.negate() : value;
    }

    private static boolean isOfWord(char character) {
        return character == '_' || character < 128 && Character.isLetterOrDigit(character);
    }

    /** The value of an unsigned integer, or null where Python does not read it as one. */
    private static @Nullable BigInteger integer(String word) {
        int radix = word.length() < 2 || word.charAt(0) != '0'
                ? 10
                : switch (word.charAt(1)) {
                    case 'x', 'X' -> 16;
                    case 'o', 'O' -> 8;
                    case 'b', 'B' -> 2;
                    default -> 10;
                };
        String digits = radix == 10 ? word : word.substring(word.startsWith("_", 2) ? 3 : 2);
        if (digits.contains("__") || digits.startsWith("_") || digits.endsWith("_")) {
            return null;
        }
        try {
            var value = new BigInteger(digits.replace("_", ""), radix);
            return radix == 10 && word.startsWith("0") && value.signum() != 0 ? null : value;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private String string() {
        int start = at;
        if (at < text.length() && "uU".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        char quote = at < text.length() ? text.charAt(at) : 0;
        if (quote != '\'' && quote != '"') {
            at = start;
            throw unexpected("a string, an integer, True, False or a tuple");
        }
        int end = text.indexOf(quote, at + 1);
        String string = end < 0 ? "\\" : text.substring(at + 1, end);
        if (string.contains("\\") || string.contains("\n") || string.contains("\r")) {
            throw unexpected("a string that ends in its line and has no backslash");
        }
        at = end + 1;
        return string;
    }

    private void expect(char character) {
        if (!next(character)) {
            throw unexpected("'" + character + "'");
        }
    }

    /** Skips a character if it comes next, and says whether it did. */
    private boolean next(char character) {
        skipSpace();
        if (at < text.length() && text.charAt(at) == character) {
            at++;
            return true;
        }
        return false;
    }

    private void skipSpace() {
        while (at < text.length() && " \t\n\r\f".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private IllegalArgumentException unexpected(String wanted) {
        return file.refused("its header has " + TensorFile.quote(text.substring(at)) + " at character " + at
                + ", and there must be " + wanted);
    }
}
