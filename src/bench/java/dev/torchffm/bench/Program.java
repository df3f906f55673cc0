package dev.torchffm.bench;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * A peer that is a program of its own: given an operation, a size, iterations and milliseconds it prints the
 * nanoseconds of each iteration, and given {@code about} what it is.
 */
record Program(String name, Kind kind, Set<Operation> operations, List<String> command) implements Peer {

    @Override
    public String about() throws IOException, InterruptedException {
        return run("about");
    }

    @Override
    public double measure(Operation operation, long size, Effort effort) throws IOException, InterruptedException {
        String output = run(
                operation.name(),
                Long.toString(size),
                Integer.toString(effort.iterations()),
                Long.toString(effort.time().toMillis()));
        return Spread.of(output.lines().mapToDouble(Double::parseDouble).toArray())
                .orElseThrow()
                .median();
    }

    /** {@return whether there is such a program and it ends well} */
    static boolean succeeds(String... command) throws InterruptedException {
        try {
            var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
            return builder.start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    private String run(String... arguments) throws IOException, InterruptedException {
        var line = new ArrayList<>(command);
        line.addAll(Arrays.asList(arguments));
        Process process = new ProcessBuilder(line)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String output;
        try (InputStream in = process.getInputStream()) {
            output = new String(in.readAllBytes()).strip();
        }
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", line) + " failed with exit code " + process.exitValue());
        }
        return output;
    }
}
