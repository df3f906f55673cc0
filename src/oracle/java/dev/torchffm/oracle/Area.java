package dev.torchffm.oracle;

import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** What was found of one area. */
final class Area {

    /** What a message tells of one input: differences of one kind stand together. */
    private static final Pattern VALUES = Pattern.compile("\\[[^]]*]|-?\\d[\\w.+-]*");

    final String name;
    final Map<String, Difference> differences = new TreeMap<>();
    long outcomes;
    long exact;

    Area(String name) {
        this.name = name;
    }

    void add(String program, Outcome outcome) {
        outcomes++;
        if (outcome.isExact()) {
            exact++;
        } else {
            String key = name + ": " + outcome.verb() + ": "
                    + VALUES.matcher(outcome.difference()).replaceAll("…");
            differences.merge(key, new Difference(1, program, outcome), Difference::and);
        }
    }

    /** A kind of difference: how often it was seen, and the smallest program that shows it. */
    record Difference(long count, String program, Outcome outcome) {

        private static Difference and(Difference a, Difference b) {
            Difference smaller = b.program.length() < a.program.length() ? b : a;
            return new Difference(a.count + b.count, smaller.program, smaller.outcome);
        }
    }
}
