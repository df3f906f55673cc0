package dev.torchffm.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.torchffm.ChildJvm;
import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.internal.Handles;
import dev.torchffm.model.CompiledModel.Options;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Models are closed while they run, and loaded many times. Each in a JVM of its own. */
@Tag("repeated")
@EnabledOnOs(value = OS.LINUX, architectures = "amd64") // as the packages are
final class ModelRaceTest {

    /** Closes in all of what is closed, of which each kind of threads has a half. */
    private static final int CLOSES = Integer.getInteger("race.rounds", 100);

    private static final int LOADS = Math.max(300, CLOSES / 10);

    /** Growth after warm-up that is no leak but the slack of malloc and of the collector. */
    private static final long SLACK = 32 << 20;

    private static final int BATCH = 8;

    enum Callers {
        PLATFORM,
        VIRTUAL
    }

    /** What is closed under the runs, and by how many they are called: several would keep weights open for long. */
    enum Closed {
        MODEL(3),
        WEIGHTS(1);

        private final int callers;

        Closed(int callers) {
            this.callers = callers;
        }
    }

    @ParameterizedTest
    @CsvSource({"MODEL, PLATFORM", "MODEL, VIRTUAL", "WEIGHTS, PLATFORM", "WEIGHTS, VIRTUAL"})
    void aRunRefusesOrIsRight(Closed closed, Callers callers, @TempDir Path folder) throws Exception {
        var result = new ChildJvm(folder).run(Racer.class, closed.name(), callers.name(), Integer.toString(CLOSES / 2));
        assertEquals(new ChildJvm.Result(0, CLOSES / 2 + " closes\n"), result);
    }

    /** Closes models, or the arena of their weights, while several threads run them. */
    static final class Racer {
        static void main(String[] arguments) throws Exception {
            Closed closed = Closed.valueOf(arguments[0]);
            int closes = Integer.parseInt(arguments[2]);
            long refused = 0;
            long handles = Handles.live();
            try (Arena arena = Arena.ofShared();
                    ExecutorService executor = Callers.valueOf(arguments[1]) == Callers.VIRTUAL
                            ? Executors.newVirtualThreadPerTaskExecutor()
                            : Executors.newCachedThreadPool()) {
                Tensor x = Torch.ones(arena, BATCH, 16);
                float[] right;
                try (CompiledModel model = CompiledModel.load(TestPackage.MLP, weights(arena))) {
                    right = model.run(x).getFirst().toFloatArray();
                }
                for (int i = 0; i < closes; i++) {
                    refused += race(closed, Options.instances(1 + i % 2), executor, x, right);
                }
            }
            if (Handles.live() != handles) {
                throw new AssertionError((Handles.live() - handles) + " handles are left");
            }
            if (refused != (long) closes * closed.callers) {
                throw new AssertionError(refused + " callers were refused in the end");
            }
            System.out.println(closes + " closes");
        }

        private static Map<String, Tensor> weights(Arena arena) {
            MemorySegment memory = arena.allocate(4L * 4 * 64, 64);
            return Map.of(
                    "output.weight",
                    Tensor.fromSegment(arena, memory, DType.FLOAT32, new long[] {4, 64}, new long[] {64, 1}, 0));
        }

        /** Runs until what is closed is, and gives how many callers were refused. */
        private static long race(Closed closed, Options options, ExecutorService executor, Tensor x, float[] right)
                throws Exception {
            Arena arena = Arena.ofShared();
            CompiledModel model = CompiledModel.load(TestPackage.MLP, weights(arena), options);
            var start = new CyclicBarrier(closed.callers + 1);
            var callers = new ArrayList<Future<Boolean>>();
            for (int i = 0; i < closed.callers; i++) {
                callers.add(executor.submit(() -> {
                    start.await();
                    return runsUntilRefused(model, x, right);
                }));
            }
            start.await();
            for (int spins = ThreadLocalRandom.current().nextInt(5_000); spins > 0; spins--) {
                Thread.onSpinWait();
            }
            if (closed == Closed.MODEL) {
                model.close();
            } else {
                close(arena);
            }
            long refused = 0;
            for (Future<Boolean> caller : callers) {
                refused += caller.get() ? 1 : 0;
            }
            model.close();
            if (closed == Closed.MODEL) {
                arena.close();
            }
            return refused;
        }

        /** A run keeps the arenas of its weights open: their close is refused as long. */
        private static void close(Arena arena) {
            while (arena.scope().isAlive()) {
                try {
                    arena.close();
                } catch (IllegalStateException _) {
                    Thread.onSpinWait();
                }
            }
        }

        private static boolean runsUntilRefused(CompiledModel model, Tensor x, float[] right) {
            while (true) {
                try (Arena results = Arena.ofConfined()) {
                    if (!Arrays.equals(
                            right, model.run(x.in(results)).getFirst().toFloatArray())) {
                        throw new AssertionError("a run gave other bits");
                    }
                } catch (IllegalStateException e) {
                    return String.valueOf(e.getMessage()).contains("closed");
                }
                Thread.yield(); // virtual threads are not parted from their carriers otherwise
            }
        }
    }

    @Test
    void memoryIsFlatWhileModelsAreLoadedAndClosed(@TempDir Path folder) throws Exception {
        var result = new ChildJvm(folder)
                .option("-Xmx64m")
                .option("-Xms64m")
                .option("-XX:+AlwaysPreTouch")
                .variable("MALLOC_ARENA_MAX", "1")
                .run(Loader.class, Integer.toString(LOADS));
        assertEquals(0, result.exitCode(), result.output());
        System.out.println(LOADS + " loads: " + result.output().strip());
    }

    /** Loads, runs and closes; compares the memory after a third of the loads and after all. */
    static final class Loader {
        static void main(String[] arguments) throws IOException {
            int loads = Integer.parseInt(arguments[0]);
            load(loads / 3);
            long bytes = residentBytes();
            List<String> libraries = libraries();
            load(loads - loads / 3);
            long grown = residentBytes() - bytes;
            System.out.println("RSS grew by " + grown + " bytes from " + bytes);
            if (grown > SLACK) {
                throw new AssertionError("memory grows");
            }
            if (!libraries.isEmpty() || !libraries().isEmpty()) {
                throw new AssertionError("libraries stay: " + libraries());
            }
        }

        private static void load(int count) throws IOException {
            for (int i = 0; i < count; i++) {
                try (Arena arena = Arena.ofConfined()) {
                    Map<String, Tensor> weights =
                            i % 2 == 0 ? Map.of() : Map.of("output.weight", Torch.ones(arena, 4, 64));
                    try (CompiledModel model = CompiledModel.load(TestPackage.MLP, weights)) {
                        model.run(Torch.ones(arena, BATCH, 16));
                        try {
                            model.run(Torch.ones(arena, BATCH, 15));
                            throw new AssertionError("no failure");
                        } catch (IllegalArgumentException expected) {
                            continue;
                        }
                    }
                }
            }
        }

        /** The models' libraries that are mapped. */
        private static List<String> libraries() throws IOException {
            try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
                return lines.filter(line -> line.contains("torch-ffm-model-")).toList();
            }
        }

        private static long residentBytes() throws IOException {
            String pages = Files.readString(Path.of("/proc/self/statm")).split(" ")[1];
            return Long.parseLong(pages) * 4096;
        }
    }

    /** What a model says when it fails goes into the exception, and nowhere else. */
    @Test
    void nothingIsPrinted(@TempDir Path folder) throws Exception {
        assertEquals(new ChildJvm.Result(0, "refused\n"), new ChildJvm(folder).run(Failing.class));
    }

    /** Fails in several ways. */
    static final class Failing {
        static void main(String[] arguments) throws IOException {
            try (CompiledModel model =
                    CompiledModel.load(TestPackage.MLP, Map.of("output.weight", Torch.ones(4, 64)))) {
                for (long[] sizes : new long[][] {{BATCH, 15}, {BATCH, 16, 1}, {2_000, 16}, {}}) {
                    try {
                        model.run(Torch.ones(sizes));
                        throw new AssertionError("no failure");
                    } catch (IllegalArgumentException expected) {
                        continue;
                    }
                }
            }
            System.out.println("refused");
        }
    }
}
