package dev.torchffm.internal.loading;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The libtorch that the process has loaded already: Python's where Python started the JVM, JavaCPP's, or DJL's. Two of
 * them have the same symbols and would call into each other.
 */
final class LoadedLibtorch {

    static final String REMEDY =
            "Either leave out the library that brought it (JavaCPP's presets, DJL), or run it in a process of its own";

    private static final Path MAPPINGS = Path.of("/proc/self/maps");

    private LoadedLibtorch() {}

    /** The folder of the first that can be loaded again, under the name that the shim asks for. */
    static Optional<Path> folder() throws IOException {
        return files().stream()
                .filter(file -> file.endsWith(Platform.CURRENT.torch()) && Files.exists(file))
                .map(Path::getParent)
                .findFirst();
    }

    /**
     * Checks that no libtorch but ours is loaded.
     *
     * @throws UnsatisfiedLinkError when another one is loaded; its message names the file
     */
    static void refuseOtherThan(Path ours) throws IOException {
        for (Path loaded : files()) {
            if (!Files.exists(loaded) || !Files.isSameFile(loaded, ours)) {
                throw new UnsatisfiedLinkError("another libtorch is loaded in this process, " + loaded
                        + ", and torch-ffm would load " + ours + "; two in one process would call into each other. "
                        + REMEDY + ", or, if it is of a version that torch-ffm supports, let both use it by -D"
                        + Libraries.LIBTORCH_PROPERTY + "=" + loaded.getParent());
            }
        }
    }

    /** The files of libtorch itself that the process has mapped. A version may follow their name. */
    private static List<Path> files() throws IOException {
        if (!Files.isReadable(MAPPINGS)) {
            return List.of(); // Only Linux lists what a process has loaded.
        }
        // A file's name may be any bytes, so each byte is read as one character.
        try (Stream<String> lines = Files.lines(MAPPINGS, StandardCharsets.ISO_8859_1)) {
            return lines.filter(line -> line.contains("/" + Platform.CURRENT.torch()))
                    .map(LoadedLibtorch::file)
                    .filter(file -> file.getFileName().toString().startsWith(Platform.CURRENT.torch()))
                    .distinct()
                    .toList();
        }
    }

    /** The file of a line of the mappings. Where Java cannot name it, a file that does not exist. */
    static Path file(String line) {
        String bytes = line.substring(line.indexOf('/')).replace(" (deleted)", "");
        try {
            return Path.of(new String(bytes.getBytes(StandardCharsets.ISO_8859_1), SystemLoader.NAMES));
        } catch (InvalidPathException e) {
            return Path.of(bytes.replaceAll("[^ -~]", "?"));
        }
    }
}
