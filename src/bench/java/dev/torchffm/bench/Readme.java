package dev.torchffm.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** The README's part about the benchmark, between two markers, its picture, and the page with all tables. */
final class Readme {

    private static final String START = "<!-- bench -->\n";
    private static final String END = "<!-- /bench -->";
    private static final Path PICTURE = Path.of("docs", "bench.png");

    static final Path WHOLE = Path.of("docs", "bench.md");

    private Readme() {}

    /** Writes the README into a folder, which may be the project's own. */
    static void write(Path folder, String shown, String tables, Path plot) throws IOException {
        String text = Files.readString(Path.of("README.md"));
        int start = text.indexOf(START);
        int end = text.indexOf(END);
        if (start < 0 || end < start) {
            throw new IOException("README.md has no " + START.strip() + " with an " + END + " after it");
        }
        Path picture = folder.resolve(PICTURE);
        Files.createDirectories(picture.getParent());
        Files.copy(plot, picture, StandardCopyOption.REPLACE_EXISTING);
        String picturePath = PICTURE.toString().replace('\\', '/');
        String wholePath = WHOLE.toString().replace('\\', '/');
        String part = shown + "\n![time against size, out of place](" + picturePath + ")\n\n" + "[All operations]("
                + wholePath + ")\n";
        Files.writeString(folder.resolve(WHOLE), "# The benchmark\n\n" + tables);
        Files.writeString(folder.resolve("README.md"), text.substring(0, start) + START + part + text.substring(end));
    }
}
