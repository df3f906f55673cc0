package dev.torchffm.bench;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A program of its own: given an operation, a size, iterations and milliseconds it prints the nanoseconds of each
 * iteration, and given {@code about} what it is.
 */
record Program(List<String> command) implements Meter {

    @Override
    public String about(Group group) throws IOException, InterruptedException {
        return run(group, "about");
    }

    @Override
    public double measure(Operation operation, long size, Effort effort) throws IOException, InterruptedException {
        String output = run(
                operation.group,
                operation.name(),
                Long.toString(size),
                Integer.toString(effort.iterations()),
                Long.toString(effort.time().toMillis()));
        return Spread.of(output.lines().mapToDouble(Double::parseDouble).toArray())
                .orElseThrow()
                .median();
    }

    private String run(Group group, String... arguments) throws IOException, InterruptedException {
        var line = new ArrayList<>(command);
        line.addAll(Arrays.asList(arguments));
        var builder = new ProcessBuilder(line).redirectError(ProcessBuilder.Redirect.INHERIT);
        if (group.hasOneThread()) {
            builder.environment().put("OMP_NUM_THREADS", "1");
        }
        return output(builder);
    }

    /** {@return what a program prints} */
    static String output(ProcessBuilder builder) throws IOException, InterruptedException {
        Process process = builder.start();
        String output;
        try (InputStream in = process.getInputStream()) {
            output = new String(in.readAllBytes()).strip();
        }
        if (process.waitFor() != 0) {
            throw new IOException(
                    String.join(" ", builder.command()) + " failed with exit code " + process.exitValue());
        }
        return output;
    }
}
