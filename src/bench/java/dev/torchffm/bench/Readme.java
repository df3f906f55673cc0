package dev.torchffm.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** The README's part about the benchmark, between two markers, and its picture. */
final class Readme {

    private static final String START = "<!-- bench -->\n";
    private static final String END = "<!-- /bench -->";
    private static final Path PICTURE = Path.of("docs", "bench.png");

    private Readme() {}

    /** Writes the README into a folder, which may be the project's own. */
    static void write(Path folder, String table, Path plot) throws IOException {
        String text = Files.readString(Path.of("README.md"));
        int start = text.indexOf(START);
        int end = text.indexOf(END);
        if (start < 0 || end < start) {
            throw new IOException("README.md has no " + START.strip() + " with an " + END + " after it");
        }
        Path picture = folder.resolve(PICTURE);
        Files.createDirectories(picture.getParent());
        Files.copy(plot, picture, StandardCopyOption.REPLACE_EXISTING);
        String part = table + "\n![time against size, out of place]("
                + PICTURE.toString().replace('\\', '/') + ")\n";
        Files.writeString(folder.resolve("README.md"), text.substring(0, start) + START + part + text.substring(end));
    }
}
