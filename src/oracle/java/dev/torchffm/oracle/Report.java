package dev.torchffm.oracle;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** The table of the areas, and the differences with their smallest programs. */
record Report(String about, List<Area> areas, Listed listed) {

    Map<String, Area.Difference> unlisted() {
        var unlisted = new TreeMap<String, Area.Difference>();
        for (Area area : areas) {
            area.differences.forEach((name, difference) -> {
                if (listed.of(name).isEmpty()) {
                    unlisted.put(name, difference);
                }
            });
        }
        return unlisted;
    }

    String table() {
        var table = new StringBuilder(about)
                .append(":\n\n")
                .append("| area | outcomes | exact | listed | not listed |\n|---|--:|--:|--:|--:|\n");
        long[] all = new long[4];
        for (Area area : areas) {
            long known = area.differences.entrySet().stream()
                    .filter(difference -> listed.of(difference.getKey()).isPresent())
                    .mapToLong(difference -> difference.getValue().count())
                    .sum();
            append(table, area.name, area.outcomes, area.exact, known);
            all[0] += area.outcomes;
            all[1] += area.exact;
            all[2] += known;
        }
        append(table, "all", all[0], all[1], all[2]);
        return table.toString();
    }

    private static void append(StringBuilder table, String name, long outcomes, long exact, long known) {
        table.append(String.format(
                Locale.ROOT,
                "| %s | %,d | %,d | %,d | %,d |\n",
                name,
                outcomes,
                exact,
                known,
                outcomes - exact - known));
    }

    /** The differences that are not listed, each line cut to so many letters. */
    String differences(int letters) {
        var text = new StringBuilder();
        unlisted().forEach((name, difference) -> text.append('\n')
                .append(name)
                .append(" (")
                .append(difference.count())
                .append(" times)\n  PyTorch  ")
                .append(cut(letters, difference.outcome().expected().toString()))
                .append("\n  ours     ")
                .append(cut(letters, difference.outcome().actual().toString()))
                .append("\n  program  ")
                .append(cut(letters, difference.program()))
                .append('\n'));
        return text.toString();
    }

    private static String cut(int letters, String text) {
        return text.length() <= letters ? text : text.substring(0, letters) + "…";
    }
}
