package generator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** Which rules the values of an operator obey: checked-operators.txt, in ValueRule's words. */
final class Rules {

    private final Map<String, List<String>> rules = new HashMap<>();
    private final Map<String, String> needs = new HashMap<>();

    Rules(Path checkedList, Path valueRule) throws IOException {
        for (String line : Files.readAllLines(checkedList)) {
            if (!line.startsWith("#")) {
                String[] words = line.split(" ", 2);
                rules.put(words[0], List.of(words[1].split(" ")));
            }
        }
        Pattern.compile("(?m)^    ([A-Z_0-9]+)\\(\"(.*)\"\\) \\{")
                .matcher(Files.readString(valueRule))
                .results()
                .forEach(rule -> needs.put(rule.group(1), rule.group(2).replace("\\\"", "\"")));
    }

    /** The rules as the list has them. */
    List<String> of(Schema schema) {
        return rules.getOrDefault(schema.qualified(), rules.getOrDefault("aten::" + schema.name(), List.of()));
    }

    /** What they ask for. */
    List<String> needs(Schema schema) {
        return of(schema).stream().map(rule -> need(schema, rule)).toList();
    }

    private String need(Schema schema, String rule) {
        String[] parts = rule.split(":");
        String need = needs.get(parts[0].toUpperCase(Locale.ROOT).replace('-', '_'));
        if (need == null) {
            throw new IllegalStateException(rule + " is no rule of ValueRule");
        }
        return parts.length == 1 ? need : need + " as {@code " + argument(schema, Integer.parseInt(parts[1])) + "}";
    }

    private static String argument(Schema schema, int index) {
        return schema.arguments().get(index).name();
    }
}
