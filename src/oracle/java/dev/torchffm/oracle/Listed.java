package dev.torchffm.oracle;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The differences that are known, rows of a table in docs/oracle.md: a pattern, and the reason. */
record Listed(List<Pattern> patterns) {

    private static final Pattern ROW = Pattern.compile("\\| `(.+)` \\| .+ \\|");

    static Listed read() throws IOException {
        var patterns = new ArrayList<Pattern>();
        for (String line : Files.readAllLines(Page.FILE)) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                patterns.add(Pattern.compile(row.group(1).replace("\\|", "|")));
            }
        }
        return new Listed(patterns);
    }

    Optional<Pattern> of(String difference) {
        return patterns.stream()
                .filter(pattern -> pattern.matcher(difference).lookingAt())
                .findFirst();
    }
}
