package dev.torchffm.internal.loading;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Another libtorch in the same process, JavaCPP's or DJL's: two of them share symbol names and would
 * call into each other.
 */
final class ForeignLibtorch {

    private static final Path MAPPINGS = Path.of("/proc/self/maps");

    private ForeignLibtorch() {}

    /**
     * Refuses to go on when a libtorch other than ours is loaded.
     *
     * @throws UnsatisfiedLinkError when one is; its message names it
     */
    static void refuseOtherThan(Path ours) throws IOException {
        if (!Files.isReadable(MAPPINGS)) {
            return; // Only Linux shows what is loaded; elsewhere the loader itself must complain.
        }
        try (Stream<String> lines = Files.lines(MAPPINGS)) {
            for (String line : (Iterable<String>) lines::iterator) {
                int slash = line.indexOf('/');
                String file = slash < 0 ? "" : line.substring(slash).replace(" (deleted)", "");
                String name = file.substring(file.lastIndexOf('/') + 1);
                if (!name.startsWith(ours.getFileName().toString())) { // a version may follow
                    continue;
                }
                Path loaded = Path.of(file);
                if (!Files.exists(loaded) || !Files.isSameFile(loaded, ours)) {
                    throw new UnsatisfiedLinkError("another libtorch is loaded in this process, " + loaded
                            + ", and torch-ffm would load " + ours + "; two cannot live in one process, for they would"
                            + " call into each other. Either leave out the library that brought it (JavaCPP's presets,"
                            + " DJL) or run it in a process of its own, or, where it is of the version that torch-ffm"
                            + " serves, name its folder by -D" + Libraries.LIBTORCH_PROPERTY + "=" + loaded.getParent()
                            + " for both to use it.");
                }
            }
        }
    }
}
