package dev.torchffm.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * An interpreter that has PyTorch.
 *
 * @param command what starts it
 * @param libtorch the folder of PyTorch's own libraries
 */
record Python(String command, Path libtorch) {

    private static final String VERSION = "2.13.";

    /** {@return the one that {@code make} names, if any} */
    static Optional<Python> find() throws IOException, InterruptedException {
        String command = System.getProperty("dev.torchffm.bench.python", "");
        if (command.isEmpty()) {
            System.out.println(
                    "There is no Python with PyTorch, so Python and C++ are left out: `make python` makes one.");
            return Optional.empty();
        }
        String[] found = Program.output(new ProcessBuilder(
                                command, "-c", "import torch; print(torch.__version__, torch.__path__[0], sep='\\n')")
                        .redirectError(ProcessBuilder.Redirect.INHERIT))
                .split("\n");
        if (!found[0].startsWith(VERSION)) {
            throw new IOException(command + " has PyTorch " + found[0] + ", and must have " + VERSION + "x");
        }
        return Optional.of(new Python(command, Path.of(found[1], "lib")));
    }
}
