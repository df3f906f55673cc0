package dev.torchffm.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** A peer that JMH measures, in a fork for each measurement. */
record JmhPeer(String name, Kind kind, Set<Operation> operations, Class<? extends PeerState> state, Path folder)
        implements Peer {

    /** More than one, so that the compiled loop is entered anew. */
    private static final int WARMUP_ITERATIONS = 5;

    @Override
    public String about() throws IOException {
        return Files.readString(aboutFile());
    }

    private Path aboutFile() {
        return folder.resolve(state.getSimpleName() + ".about");
    }

    @Override
    public double measure(Operation operation, long size, Effort effort) throws IOException {
        var options = new OptionsBuilder()
                .include("^" + state.getName().replace(".", "\\.") + "\\." + operation + "$")
                .param("size", Long.toString(size))
                .forks(1)
                .warmupIterations(WARMUP_ITERATIONS)
                .warmupTime(time(effort.warmup().dividedBy(WARMUP_ITERATIONS)))
                .measurementIterations(effort.iterations())
                .measurementTime(time(effort.time()))
                .jvmArgsPrepend("-D" + PeerState.ABOUT_PROPERTY + "=" + aboutFile())
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT)
                .build();
        try {
            BenchmarkResult fork = new Runner(options)
                    .runSingle()
                    .getBenchmarkResults()
                    .iterator()
                    .next();
            double[] scores = fork.getIterationResults().stream()
                    .mapToDouble(iteration -> iteration.getPrimaryResult().getScore())
                    .toArray();
            return Spread.of(scores).orElseThrow().median();
        } catch (RunnerException e) {
            throw new IOException(name + " failed at " + operation + " of " + size + " floats", e);
        }
    }

    private static TimeValue time(Duration duration) {
        return TimeValue.milliseconds(duration.toMillis());
    }
}
