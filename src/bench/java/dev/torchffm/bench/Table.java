package dev.torchffm.bench;

import dev.torchffm.bench.Peer.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** The Markdown: a table of ratios for each operation, then the machine and every peer's versions. */
final class Table {

    private Table() {}

    static String markdown(Results results, List<Operation> operations) throws IOException, InterruptedException {
        var text = new StringBuilder("Ratios of times, the median (least–greatest); rounds: "
                + results.effort().rounds()
                + ". Peer ÷ ours above 1: torch-ffm is the faster one."
                + " Ours ÷ a floor near 1: nothing is left to gain.\n");
        for (Operation operation : operations) {
            text.append("\n**").append(operation.title).append("**\n\n");
            appendTable(text, results, operation);
        }
        text.append("\nMeasured by `")
                .append(results.effort().command())
                .append("` on ")
                .append(machine())
                .append(":\n\n");
        for (Peer peer : results.peers()) {
            text.append("- ")
                    .append(peer.name())
                    .append(": ")
                    .append(peer.about())
                    .append('\n');
        }
        return text.toString();
    }

    private static void appendTable(StringBuilder text, Results results, Operation operation) {
        List<Peer> others = results.others(operation);
        text.append("| floats | ours | time |");
        for (Peer other : others) {
            text.append(
                    other.kind() == Kind.FLOOR ? " ours ÷ " + other.name() + " |" : " " + other.name() + " ÷ ours |");
        }
        text.append("\n|--:|---|--:|").append("--:|".repeat(others.size())).append('\n');
        for (long size : results.effort().sizes()) {
            for (Peer ours : results.ours(operation)) {
                Spread time = results.time(ours, operation, size).orElseThrow();
                text.append("| ")
                        .append(floats(size))
                        .append(" | ")
                        .append(ours.name())
                        .append(" | ");
                text.append(time(time.median())).append(" |");
                for (Peer other : others) {
                    text.append(' ')
                            .append(ratio(results.ratio(ours, other, operation, size)))
                            .append(" |");
                }
                text.append('\n');
            }
        }
    }

    static String floats(long size) {
        return size < 1 << 10 ? Long.toString(size) : size < 1 << 20 ? (size >> 10) + " Ki" : (size >> 20) + " Mi";
    }

    static String time(double nanoseconds) {
        return nanoseconds < 1e3
                ? number(nanoseconds, 1) + " ns"
                : nanoseconds < 1e6 ? number(nanoseconds / 1e3, 1) + " µs" : number(nanoseconds / 1e6, 1) + " ms";
    }

    private static String ratio(Spread ratio) {
        return number(ratio.median(), 2) + " (" + number(ratio.min(), 2) + "–" + number(ratio.max(), 2) + ")";
    }

    private static String number(double value, int decimals) {
        return String.format(Locale.ROOT, "%." + (value < 10 ? decimals : 0) + "f", value);
    }

    static String machine() throws IOException {
        String cpu = System.getProperty("os.arch");
        Path cpus = Path.of("/proc/cpuinfo");
        if (Files.isReadable(cpus)) {
            try (Stream<String> lines = Files.lines(cpus)) {
                cpu = lines.filter(line -> line.startsWith("model name"))
                        .map(line -> line.replaceFirst(".*: ", ""))
                        .findFirst()
                        .orElse(cpu);
            }
        }
        return cpu + ", " + Runtime.getRuntime().availableProcessors() + " cores, " + System.getProperty("os.name")
                + " " + System.getProperty("os.version").replaceFirst("-.*", "") + ", JDK " + Runtime.version();
    }
}
