package dev.torchffm.oracle;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** docs/oracle.md: the known differences, and the last full run over each version. */
final class Page {

    static final Path FILE = Path.of("docs", "oracle.md");

    private Page() {}

    /** Puts a version's table between its markers. */
    static void write(String version, Report report) throws IOException {
        String start = "<!-- " + version + " -->\n";
        String end = "<!-- /" + version + " -->";
        String page = Files.readString(FILE);
        int from = page.indexOf(start);
        int to = page.indexOf(end);
        if (from < 0 || to < from) {
            throw new IOException(FILE + " has no " + start.strip() + " with an " + end + " after it");
        }
        Files.writeString(FILE, page.substring(0, from) + start + report.table() + page.substring(to));
    }
}
