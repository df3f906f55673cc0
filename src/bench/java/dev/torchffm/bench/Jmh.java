package dev.torchffm.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * JMH, in a fork for each measurement.
 *
 * @param way handed to the state
 * @param about where a fork writes what it measures
 * @param options of the fork's JVM
 * @param states the classes whose methods are the operations
 */
record Jmh(Way way, Path about, List<String> options, List<Class<? extends PeerState>> states) implements Meter {

    /** JMH can name a fork's JVM, but not its environment. */
    private static final String JAVA_WITH_ONE_THREAD = "src/bench/java-with-one-thread";

    /** Nothing runs interpreted while the compiler waits for a processor. */
    private static final String WARMS_UP_QUICKLY = "-XX:-BackgroundCompilation";

    /** More than one, so that the compiled loop is entered anew. */
    private static final int WARMUP_ITERATIONS = 5;

    @Override
    public String about(Group group) throws IOException {
        return Files.readString(about);
    }

    @Override
    public double measure(Operation operation, long size, Effort effort) throws IOException {
        String state = states.stream()
                .map(Class::getName)
                .map(name -> name.replace(".", "\\."))
                .collect(Collectors.joining("|", "(", ")"));
        ChainedOptionsBuilder builder = new OptionsBuilder()
                .include("^" + state + "\\." + operation + "$")
                .param("size", Long.toString(size))
                .param("way", way.name())
                .forks(1)
                .warmupIterations(WARMUP_ITERATIONS)
                .warmupTime(time(operation.group.warmup(effort).dividedBy(WARMUP_ITERATIONS)))
                .measurementIterations(effort.iterations())
                .measurementTime(time(effort.time()))
                .jvmArgsPrepend(WARMS_UP_QUICKLY, "-D" + PeerState.ABOUT_PROPERTY + "=" + about)
                .jvmArgsAppend(options.toArray(String[]::new))
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT);
        if (operation.group.hasOneThread()) {
            builder = builder.jvm(JAVA_WITH_ONE_THREAD);
        }
        try {
            BenchmarkResult fork = new Runner(builder.build())
                    .runSingle()
                    .getBenchmarkResults()
                    .iterator()
                    .next();
            double[] scores = fork.getIterationResults().stream()
                    .mapToDouble(iteration -> iteration.getPrimaryResult().getScore())
                    .toArray();
            return Spread.of(scores).orElseThrow().median();
        } catch (RunnerException e) {
            throw new IOException(about + " failed at " + operation + " of " + size + " floats", e);
        }
    }

    private static TimeValue time(Duration duration) {
        return TimeValue.milliseconds(duration.toMillis());
    }
}
