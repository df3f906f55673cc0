package dev.torchffm.oracle;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs the programs of a folder, prints a table, and fails where a difference is not listed in docs/oracle.md. With a
 * second argument, a version of PyTorch, the table also takes its place between the page's markers of that name.
 */
final class Oracle {

    private Oracle() {}

    static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        var areas = new ArrayList<Area>();
        for (Path file : files(folder)) {
            areas.add(run(file));
        }
        String about = Files.readString(folder.resolve("about.txt"));
        var report = new Report(about, areas, Listed.read());
        System.out.print(report.text());
        if (arguments.length > 1) {
            Page.write(arguments[1], report);
        }
        if (!report.unlisted().isEmpty()) {
            System.exit(1);
        }
    }

    private static List<Path> files(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".jsonl"))
                    .sorted()
                    .toList();
        }
    }

    private static Area run(Path file) throws IOException {
        var area = new Area(file.getFileName().toString().replace(".jsonl", "").replace('_', ' '));
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            for (String line; (line = lines.readLine()) != null; ) {
                try (var program = new Program(line)) {
                    for (Outcome outcome : program.run()) {
                        area.add(line, outcome);
                    }
                }
            }
        }
        return area;
    }
}
