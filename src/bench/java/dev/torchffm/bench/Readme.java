package dev.torchffm.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A few rows in the README, between two markers. */
final class Readme {

    private static final String FILE = "README.md";
    private static final String START = "<!-- bench -->\n";
    private static final String END = "<!-- /bench -->";

    /** Every peer can do it. */
    private static final Operation CLAMP = Operation.clamp;

    private static final List<Long> SIZES = List.of(8L, 1L << 10, 1L << 20, 1L << 26);

    private Readme() {}

    /** Writes the README into a folder, which may be the project's own. */
    static void write(Path folder, Results results) throws IOException {
        String readme = Files.readString(Path.of(FILE));
        int start = readme.indexOf(START);
        int end = readme.indexOf(END);
        if (start < 0 || end < start) {
            throw new IOException(FILE + " has no " + START.strip() + " with an " + END + " after it");
        }
        String changed = readme.substring(0, start) + START + rows(results) + readme.substring(end);
        Files.writeString(folder.resolve(FILE), changed);
    }

    /** Looks whether the rows are there. */
    static boolean isWritten(Path folder, Results results) throws IOException {
        return Files.readString(folder.resolve(FILE)).contains(START + rows(results) + END);
    }

    private static String rows(Results results) {
        var text =
                new StringBuilder("| | ours | JavaCPP ÷ ours | DJL ÷ ours | Python ÷ ours |\n|---|--:|--:|--:|--:|\n");
        CLAMP.sizes(results.effort()).stream()
                .filter(SIZES::contains)
                .forEach(size -> appendRow(text, results, "`clamp`, " + Table.floats(size) + " floats", CLAMP, size));
        long samples = Group.SAMPLES;
        appendRow(text, results, "a small network's forward, inference mode", Operation.forward, samples);
        appendRow(text, results, "its training step", Operation.step, samples);
        appendRow(text, results, "a compiled model of two linear layers, batch 8", Operation.mlp, 8);
        return text + "\nA ratio above 1 says how many times as long another takes for the same in the same mode."
                + " [All operations, modes and versions]("
                + Page.PAGE.toString().replace('\\', '/') + ").\n";
    }

    private static void appendRow(StringBuilder text, Results results, String name, Operation operation, long size) {
        Way way = operation == Operation.forward ? Way.INFERENCE : Way.NO_MODE;
        results.time(operation, way, size).ifPresent(ours -> {
            text.append("| ")
                    .append(name)
                    .append(" | ")
                    .append(Table.time(ours.median()))
                    .append(" |");
            for (String peer : Peers.SHOWN) {
                String ratio = results.ratio(peer, operation, way, size)
                        .map(spread -> Table.number(spread.median(), 2))
                        .orElse("–");
                text.append(' ').append(ratio).append(" |");
            }
            text.append('\n');
        });
    }
}
