package dev.torchffm.internal.loading;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Looks for another libtorch in the process, such as JavaCPP's or DJL's. Two of them have the same symbols and would
 * call into each other.
 */
final class ForeignLibtorch {

    private static final Path MAPPINGS = Path.of("/proc/self/maps");

    private ForeignLibtorch() {}

    /**
     * Checks that no libtorch but ours is loaded.
     *
     * @throws UnsatisfiedLinkError when another one is loaded; its message names the file
     */
    static void refuseOtherThan(Path ours) throws IOException {
        if (!Files.isReadable(MAPPINGS)) {
            return; // Only Linux lists what a process has loaded.
        }
        try (Stream<String> lines = Files.lines(MAPPINGS)) {
            for (String line : (Iterable<String>) lines::iterator) {
                int slash = line.indexOf('/');
                String file = slash < 0 ? "" : line.substring(slash).replace(" (deleted)", "");
                String name = file.substring(file.lastIndexOf('/') + 1);
                if (!name.startsWith(ours.getFileName().toString())) { // A version may follow the name.
                    continue;
                }
                Path loaded = Path.of(file);
                if (!Files.exists(loaded) || !Files.isSameFile(loaded, ours)) {
                    throw new UnsatisfiedLinkError("another libtorch is loaded in this process, " + loaded
                            + ", and torch-ffm would load " + ours + "; two in one process would call into each other."
                            + " Either leave out the library that brought it (JavaCPP's presets, DJL), or run it in a"
                            + " process of its own, or, if it is of a version that torch-ffm supports, let both use"
                            + " it by -D" + Libraries.LIBTORCH_PROPERTY + "=" + loaded.getParent());
                }
            }
        }
    }
}
