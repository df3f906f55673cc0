package dev.torchffm.bench;

import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.model.CompiledModel;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;

/** Counts the runs that several callers of one model get done. */
final class Callers {

    private static final List<Integer> COUNTS = List.of(1, 2, 8, 64);
    private static final List<Integer> INSTANCES = List.of(1, 2);

    private Callers() {}

    /** {@return the table of runs a second, in Markdown; each round is a process} */
    static String table(Effort effort) throws IOException, InterruptedException {
        var rounds = new ArrayList<double[]>();
        for (int round = 0; round < effort.rounds(); round++) {
            List<String> command = Startup.java(
                    System.getProperty("java.class.path"),
                    Callers.class,
                    "-Ddev.torchffm.libtorch=" + System.getProperty("dev.torchffm.libtorch"));
            command.add(Long.toString(effort.time().multipliedBy(3).toMillis()));
            var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
            builder.environment().put("OMP_NUM_THREADS", "1");
            rounds.add(Arrays.stream(Program.output(builder).split("\\s+"))
                    .mapToDouble(Double::parseDouble)
                    .toArray());
        }
        var table = new StringBuilder(
                "\nThousand runs a second of " + Operation.mlp.title + ", by several callers at once:\n\n");
        table.append("| callers | 1 instance | 2 instances | virtual threads, 1 instance | 2 instances |\n");
        table.append("|--:|--:|--:|--:|--:|\n");
        int figure = 0;
        for (int callers : COUNTS) {
            table.append("| ").append(callers).append(" |");
            for (int column = 0; column < 2 * INSTANCES.size(); column++) {
                int place = figure++;
                double[] runs =
                        rounds.stream().mapToDouble(round -> round[place]).toArray();
                Spread spread = Spread.of(runs).orElseThrow();
                table.append(String.format(
                        Locale.ROOT,
                        " %.0f (%.0f–%.0f) |",
                        spread.median() / 1e3,
                        spread.min() / 1e3,
                        spread.max() / 1e3));
            }
            table.append('\n');
        }
        return table.toString();
    }

    /** Prints the runs a second in the table's order, of so many milliseconds each. */
    static void main(String[] arguments) throws IOException, InterruptedException {
        long milliseconds = Long.parseLong(arguments[0]);
        var models = new ArrayList<CompiledModel>();
        for (int instances : INSTANCES) {
            models.add(CompiledModel.load(Models.file(Operation.mlp), CompiledModel.Options.instances(instances)));
        }
        for (CompiledModel model : models) {
            runsPerSecond(model, Thread.ofPlatform(), 1, 10 * milliseconds); // is compiled
        }
        for (int callers : COUNTS) {
            for (Thread.Builder threads : List.of(Thread.ofPlatform(), Thread.ofVirtual())) {
                for (CompiledModel model : models) {
                    System.out.println(runsPerSecond(model, threads, callers, milliseconds));
                }
            }
        }
    }

    private static double runsPerSecond(CompiledModel model, Thread.Builder threads, int callers, long milliseconds)
            throws InterruptedException {
        var runs = new LongAdder();
        long start = System.nanoTime();
        var started = new ArrayList<Thread>();
        for (int i = 0; i < callers; i++) {
            started.add(threads.start(() -> runs.add(runsUntil(model, start + milliseconds * 1_000_000))));
        }
        for (Thread thread : started) {
            thread.join();
        }
        return runs.sum() * 1e9 / (System.nanoTime() - start);
    }

    private static long runsUntil(CompiledModel model, long end) {
        long runs = 0;
        try (Arena arena = Arena.ofConfined()) {
            Tensor x = Torch.randn(arena, 8, 16);
            while (System.nanoTime() < end) {
                try (Arena results = Arena.ofConfined()) {
                    model.run(x.in(results));
                    runs++;
                }
            }
        }
        return runs;
    }
}
