package dev.torchffm.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import dev.torchffm.Torch;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Runs the programs of a folder, reads the outcomes that Python compared itself, prints a table, and fails where a
 * difference is not listed in docs/oracle.md. With a second argument, a version of PyTorch, the table also takes its
 * place between the page's markers of that name.
 */
final class Oracle {

    /** The exit code where a difference is not listed. */
    private static final int DIFFERENT = 3;

    /** How many letters of a line are printed. */
    private static final int SHOWN = 1000;

    private Oracle() {}

    static void main(String[] arguments) throws IOException {
        Torch.setNumThreads(1); // as Python does: the order of a sum follows the number of threads
        Path folder = Path.of(arguments[0]);
        var areas = new ArrayList<Area>();
        for (Path file : files(folder, ".jsonl")) {
            areas.add(run(file));
        }
        for (Path file : files(folder, ".outcomes")) {
            areas.add(read(file));
        }
        String about = Files.readString(folder.resolve("about.txt"));
        var report = new Report(about, areas, Listed.read());
        System.out.print(report.table() + report.differences(SHOWN));
        System.out.println(OperatorVerbs.typed());
        if (arguments.length > 1) {
            Page.write(arguments[1], report);
        }
        if (!report.unlisted().isEmpty()) {
            Path whole = folder.resolve("differences.txt");
            Files.writeString(whole, report.differences(Integer.MAX_VALUE));
            System.out.println("\nThe whole programs are in " + whole + ".");
            System.exit(DIFFERENT);
        }
        if (OperatorVerbs.leavesOutMethods()) {
            System.out.println("Nine of ten must.");
            System.exit(DIFFERENT);
        }
    }

    private static List<Path> files(Path folder, String ending) throws IOException {
        try (var files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(ending))
                    .sorted()
                    .toList();
        }
    }

    private static Area run(Path file) throws IOException {
        Area area = area(file);
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

    /** What Python has compared itself, where both must be in one process. */
    private static Area read(Path file) throws IOException {
        Area area = area(file);
        try (Stream<String> lines = Files.lines(file)) {
            lines.map(Json::parse).forEach(one -> {
                JsonNode difference = one.get("difference");
                area.add(
                        one.get("program").asText(),
                        new Outcome(
                                one.get("verb").asText(),
                                difference.isNull() ? null : difference.asText(),
                                one.get("expected"),
                                one.get("actual")));
            });
        }
        return area;
    }

    private static Area area(Path file) {
        String name = file.getFileName().toString();
        return new Area(name.substring(0, name.lastIndexOf('.')).replace('_', ' '));
    }
}
