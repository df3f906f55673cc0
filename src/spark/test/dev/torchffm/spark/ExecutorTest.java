package dev.torchffm.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of models, memory and rows when tasks fail and executors end. */
class ExecutorTest {

    private static final int ROWS = 40_000;

    /** The memory of this executor's tasks. */
    private static final Queue<MemorySegment> SEEN = new ConcurrentLinkedQueue<>();

    /** Writes what happens to it into a folder, by the executor's own process id. */
    private record Noted(String folder) implements UnaryOperator<Tensor>, AutoCloseable {

        Noted {
            note(folder, "loaded");
        }

        @Override
        public Tensor apply(Tensor x) {
            return x.relu();
        }

        @Override
        public void close() {
            note(folder, "closed");
        }
    }

    private static void note(String folder, String what) {
        try {
            Files.createTempFile(
                    Path.of(folder), what + "-" + ProcessHandle.current().pid() + "-", "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The process ids of what has happened, one each time. */
    private static List<Long> noted(Path folder, String what) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString().split("-"))
                    .filter(parts -> parts[0].equals(what))
                    .map(parts -> Long.valueOf(parts[1]))
                    .sorted()
                    .toList();
        }
    }

    /** True once in all processes. */
    private static boolean first(String folder) {
        try {
            Files.createFile(Path.of(folder, "first"));
            return true;
        } catch (FileAlreadyExistsException e) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void assertRectified(Dataset<Row> results) {
        List<Row> rows = results.orderBy("id").collectAsList();
        assertEquals(ROWS, rows.size());
        for (int i = 0; i < ROWS; i++) {
            assertEquals(i, rows.get(i).getLong(0));
            assertEquals(Math.max(0, i - ROWS / 2), rows.get(i).getFloat(2));
        }
    }

    @Test
    void loadsAModelOnceAnExecutorAndClosesItAtItsEnd() throws Exception {
        List<Long> loaded;
        List<ProcessHandle> processes;
        Path folder;
        try (var cluster = new Cluster(2, 1)) {
            folder = cluster.folder;
            String name = folder.toString();
            TorchColumn column = TorchColumn.of(Model.of("noted", () -> new Noted(name)), "y", "x");
            assertRectified(column.apply(cluster.rows(ROWS, 12, false)));
            assertRectified(column.apply(cluster.rows(ROWS, 12, false)));
            loaded = noted(folder, "loaded");
            assertEquals(Set.copyOf(loaded).size(), loaded.size());
            assertTrue(loaded.size() == 1 || loaded.size() == 2, loaded.toString());
            assertEquals(List.of(), noted(folder, "closed"));
            processes = loaded.stream()
                    .map(pid -> ProcessHandle.of(pid).orElseThrow())
                    .toList();
        }
        for (ProcessHandle process : processes) {
            assertEnds(Optional.of(process));
        }
        assertEquals(loaded, noted(folder, "closed"));
    }

    @Test
    void retriesATaskAndLosesNoMemory() {
        try (var cluster = new Cluster(1, 2)) {
            String folder = cluster.folder.toString();
            Model failing = Model.of("failing", () -> x -> {
                SEEN.add(x.segment());
                if (TaskContext.get().partitionId() == 1 && x.numel() < 4096 && first(folder)) {
                    throw new IllegalStateException("the first try");
                }
                return x.relu();
            });
            cluster.offHeap(false);
            assertRectified(TorchColumn.of(failing, "y", "x").apply(cluster.rows(ROWS, 3, false)));
            assertTrue(Files.exists(Path.of(folder, "first")));
            List<Boolean> alive = cluster.rows(1, 1, false)
                    .javaRDD()
                    .flatMap(_ -> SEEN.stream()
                            .map(memory -> memory.scope().isAlive())
                            .iterator())
                    .collect();
            assertTrue(alive.size() > 12, alive.toString());
            assertEquals(Set.of(false), Set.copyOf(alive));
        }
    }

    /** The result is how many partitions have memory at the time. */
    @Test
    void freesEachPartitionOfACoalescedTask() {
        try (var cluster = new Cluster(1, 1)) {
            Model count = Model.of("count", () -> x -> {
                SEEN.add(x.segment());
                long alive =
                        SEEN.stream().filter(memory -> memory.scope().isAlive()).count();
                return Torch.full(x.sizes(), (float) alive);
            });
            cluster.offHeap(false);
            Dataset<Row> results = TorchColumn.of(count, "y", "x").apply(cluster.rows(8 * 1000, 8, false));
            assertEquals(
                    1f,
                    results.coalesce(1)
                            .selectExpr("max(y)")
                            .collectAsList()
                            .getFirst()
                            .getFloat(0));
        }
    }

    /** A task may end while the thread that writes its rows into a process is in the model. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void keepsTheMemoryOfAModelAtWorkWhenItsTaskEnds(boolean offHeap) throws IOException {
        try (var cluster = new Cluster(1, 1)) {
            String folder = cluster.folder.toString();
            Model late = Model.of("late", () -> x -> {
                float before = x.toFloatArray()[0];
                first(folder);
                while (!TaskContext.get().isCompleted()) {
                    Thread.onSpinWait();
                }
                for (int i = 0; i < 1000; i++) {
                    x.relu();
                }
                note(folder, x.toFloatArray()[0] == before ? "computed" : "lost");
                return x;
            });
            cluster.offHeap(offHeap);
            Dataset<Row> results =
                    TorchColumn.of(late, "y", "x").inBatchesOf(ROWS).apply(cluster.rows(ROWS, 1, false));
            String untilTheModelIsAtWork = "until [ -e '" + folder + "/first' ]; do :; done";
            assertEquals(
                    List.of(),
                    results.javaRDD()
                            .pipe(List.of("sh", "-c", untilTheModelIsAtWork))
                            .collect());
            assertEquals(1, noted(cluster.folder, "computed").size());
        }
    }

    private static void assertEnds(Optional<ProcessHandle> process) throws Exception {
        if (process.isPresent()) {
            process.get().onExit().get(60, TimeUnit.SECONDS);
        }
    }

    /** By the kill command, for a process may not end itself by force otherwise. */
    private static void killThisProcess() {
        try {
            new ProcessBuilder(
                            "kill",
                            "-KILL",
                            Long.toString(ProcessHandle.current().pid()))
                    .start()
                    .waitFor();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void survivesTheEndOfAnExecutor() throws Exception {
        try (var cluster = new Cluster(2, 2)) {
            String folder = cluster.folder.toString();
            Model deadly = Model.of("deadly", () -> {
                note(folder, "loaded");
                return x -> {
                    if (TaskContext.get().partitionId() == 2 && x.numel() < 4096 && first(folder)) {
                        note(folder, "killed");
                        killThisProcess();
                    }
                    return x.relu();
                };
            });
            assertRectified(TorchColumn.of(deadly, "y", "x").apply(cluster.rows(ROWS, 8, false)));
            List<Long> killed = noted(cluster.folder, "killed");
            assertEquals(1, killed.size());
            assertEnds(ProcessHandle.of(killed.getFirst()));
            assertTrue(new TreeSet<>(noted(cluster.folder, "loaded")).size() >= 2);
        }
    }
}
