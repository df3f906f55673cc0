package dev.torchffm.bench;

import dev.torchffm.bench.Peer.Kind;
import dev.torchffm.bench.Peer.Libtorch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/** A table in Markdown: a line for each way, operation and size, with torch-ffm's times and the ratios. */
final class Table {

    private static final String NONE = "–";

    /** What a line is about. */
    private record Line(Way way, Operation operation, long size) {}

    /** Times or ratios. */
    private record Column(String title, boolean isRatio, Function<Line, Optional<Spread>> spread) {

        String cell(Line line) {
            return spread.apply(line)
                    .map(spread -> isRatio ? ratio(spread) : time(spread.median()))
                    .orElse(NONE);
        }

        /** The geometric mean of ratios. */
        String mean(List<Line> lines) {
            double[] logarithms = lines.stream()
                    .flatMap(line -> spread.apply(line).stream())
                    .mapToDouble(spread -> Math.log(spread.median()))
                    .toArray();
            double mean = Arrays.stream(logarithms).average().orElse(Double.NaN);
            return isRatio && logarithms.length == lines.size() ? number(Math.exp(mean), 2) : NONE;
        }
    }

    private final Results results;
    private final List<Operation> operations;
    private final List<Line> lines = new ArrayList<>();
    private final List<Column> columns = new ArrayList<>();

    /** The table of some operations. */
    Table(Results results, List<Operation> operations) {
        this.results = results;
        this.operations = operations;
        addLines();
        addColumns();
    }

    private void addLines() {
        for (Way way : Way.values()) {
            for (Operation operation : operations) {
                for (long size : operation.sizes(results.effort())) {
                    if (results.time(operation, way, size).isPresent()) {
                        lines.add(new Line(way, operation, size));
                    }
                }
            }
        }
    }

    /** Beside torch-ffm on a libtorch stand those with whom it is compared there. */
    private void addColumns() {
        for (Libtorch libtorch : Libtorch.values()) {
            addColumn(libtorch.column, false, line -> results.time(line.operation, line.way, libtorch, line.size));
            operations.stream()
                    .flatMap(operation -> results.peers(operation).stream())
                    .filter(peer -> !peer.isOurs() && peer.libtorch() == libtorch)
                    .map(Peer::column)
                    .distinct()
                    .forEach(this::addRatios);
        }
    }

    private void addRatios(String column) {
        boolean isFloor =
                results.peers().stream().anyMatch(peer -> peer.column().equals(column) && peer.kind() == Kind.FLOOR);
        if (isFloor) { // of a longer operation the overhead drowns in the noise
            addColumn(
                    "ours − " + column,
                    false,
                    line -> line.operation == Operation.mlp
                            ? results.overhead(column, line.operation, line.way, line.size)
                            : Optional.empty());
        }
        addColumn(
                isFloor ? "ours ÷ " + column : column + " ÷ ours",
                true,
                line -> results.ratio(column, line.operation, line.way, line.size));
    }

    private void addColumn(String title, boolean isRatio, Function<Line, Optional<Spread>> spread) {
        if (lines.stream().anyMatch(line -> spread.apply(line).isPresent())) {
            columns.add(new Column(title, isRatio, spread));
        }
    }

    /** {@return the table, its lines named by the sizes} */
    String bySize() {
        return markdown("floats", line -> floats(line.size));
    }

    /** {@return the table, its lines named by the operations, with the means of each way} */
    String byOperation() {
        var text = new StringBuilder(markdown("operation", line -> line.operation.title));
        for (Way way : lines.stream().map(Line::way).distinct().toList()) {
            List<Line> meant = lines.stream().filter(line -> line.way == way).toList();
            if (meant.size() > 1) {
                appendLine(text, way.title, "geometric mean", column -> column.mean(meant));
            }
        }
        return text.toString();
    }

    private String markdown(String heading, Function<Line, String> name) {
        var text = new StringBuilder();
        appendLine(text, "mode", heading, Column::title);
        text.append("|---|--:|").append("--:|".repeat(columns.size())).append('\n');
        for (Line line : lines) {
            appendLine(text, line.way.title, name.apply(line), column -> column.cell(line));
        }
        return text.toString();
    }

    private void appendLine(StringBuilder text, String mode, String name, Function<Column, String> cell) {
        text.append("| ").append(mode).append(" | ").append(name).append(" |");
        columns.forEach(column -> text.append(' ').append(cell.apply(column)).append(" |"));
        text.append('\n');
    }

    static String floats(long size) {
        return size < 1 << 10 ? Long.toString(size) : size < 1 << 20 ? (size >> 10) + " Ki" : (size >> 20) + " Mi";
    }

    static String time(double nanoseconds) {
        return nanoseconds < 1e3
                ? number(nanoseconds, 1) + " ns"
                : nanoseconds < 1e6 ? number(nanoseconds / 1e3, 1) + " µs" : number(nanoseconds / 1e6, 1) + " ms";
    }

    static String number(double value, int decimals) {
        return String.format(Locale.ROOT, "%." + (value < 10 ? decimals : 0) + "f", value);
    }

    private static String ratio(Spread ratio) {
        return number(ratio.median(), 2) + " (" + number(ratio.min(), 2) + "–" + number(ratio.max(), 2) + ")";
    }
}
