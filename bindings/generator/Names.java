package generator;

import java.util.Locale;
import java.util.regex.Pattern;

/** PyTorch's names as Java's. */
final class Names {

    private Names() {}

    /** {@code masked_fill_} is {@code maskedFill_}; underscores at the ends stay. */
    static String camel(String name) {
        return Pattern.compile("(?<=[A-Za-z0-9])_+([A-Za-z0-9])").matcher(name).replaceAll(match -> match.group(1)
                .toUpperCase(Locale.ROOT));
    }

    /** The constant of an operator. */
    static String constant(Schema schema) {
        String both = schema.name() + (schema.overload().isEmpty() ? "" : "_" + schema.overload());
        return both.toUpperCase(Locale.ROOT);
    }

    /** The first letter in upper case. */
    static String title(String name) {
        return name.isEmpty() ? name : name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
    }
}
