package dev.torchffm.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** The files of figures: every process's median time, and the table's ratios. */
final class Csv {

    static final String TIMES = "times.csv";
    static final String RATIOS = "ratios.csv";

    private Csv() {}

    static void write(Path folder, Results results) throws IOException {
        try (var csv = new PrintWriter(Files.newBufferedWriter(folder.resolve(TIMES)))) {
            csv.println("round,peer,operation,floats,nanoseconds");
            for (Sample sample : results.samples()) {
                csv.println(line(
                        sample.round() + "," + quoted(sample.peer()),
                        sample.operation(),
                        sample.size(),
                        sample.nanoseconds()));
            }
        }
        try (var csv = new PrintWriter(Files.newBufferedWriter(folder.resolve(RATIOS)))) {
            csv.println("ours,other,operation,floats,median,least,greatest");
            results.forEachPair((ours, other, operation, size) -> {
                Spread ratio = results.ratio(ours, other, operation, size);
                String names = quoted(ours.name()) + "," + quoted(other.name());
                csv.println(line(names, operation, size, ratio.median(), ratio.min(), ratio.max()));
            });
        }
    }

    /** {@return a name as a field, for it may have a comma} */
    static String quoted(String name) {
        return '"' + name + '"';
    }

    private static String line(String start, Operation operation, long size, double... numbers) {
        var line = new StringBuilder(start + "," + operation + "," + size);
        for (double number : numbers) {
            line.append(String.format(Locale.ROOT, ",%.6g", number));
        }
        return line.toString();
    }
}
