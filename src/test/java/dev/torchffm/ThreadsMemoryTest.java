package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Results that nobody closes are collected on every kind of thread as they are on one platform thread. */
final class ThreadsMemoryTest {

    private static final int TASKS = 3_000;

    @Test
    void everyThreadIsHelpedByTheCollector(@TempDir Path folder) throws Exception {
        long plain = peak(Threads.PLATFORM, folder);
        for (Threads threads : new Threads[] {Threads.INTERRUPTED, Threads.VIRTUAL}) {
            long peak = peak(threads, folder);
            assertTrue(peak < 2 * plain, threads + " takes " + peak + " KiB, one platform thread " + plain);
        }
    }

    private static long peak(Threads threads, Path folder) throws Exception {
        var result = new ChildJvm(folder)
                .option("-Xmx128m")
                .option("-Djdk.virtualThreadScheduler.parallelism=2")
                .run(Tasks.class, threads.name());
        assertEquals(0, result.exitCode(), result.output());
        return Long.parseLong(result.output().strip());
    }

    private enum Threads {
        PLATFORM,
        INTERRUPTED,
        VIRTUAL
    }

    /** Runs the tasks and prints the most memory that the process had, in KiB. */
    static final class Tasks {
        static void main(String[] arguments) throws IOException {
            Threads threads = Threads.valueOf(arguments[0]);
            Torch.setNumThreads(1); // of every thread that runs its first operator later; loads libtorch
            run(false);
            ThreadFactory factory = threads == Threads.VIRTUAL
                    ? Thread.ofVirtual().factory()
                    : Thread.ofPlatform().factory();
            try (var executor = threads == Threads.VIRTUAL
                    ? Executors.newThreadPerTaskExecutor(factory)
                    : Executors.newSingleThreadExecutor(factory)) {
                for (int task = 0; task < TASKS; task++) {
                    executor.execute(() -> run(threads == Threads.INTERRUPTED));
                }
            }
            try (var lines = Files.lines(Path.of("/proc/self/status"))) {
                String peak = lines.filter(line -> line.startsWith("VmHWM"))
                        .findFirst()
                        .orElseThrow();
                System.out.println(peak.replaceAll("\\D", ""));
            }
        }

        private static void run(boolean interrupted) {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            float sum = (float) Torch.zeros(1 << 18).clamp(0, 1).sum().item();
            if (sum != 0 || Thread.interrupted() != interrupted) {
                throw new AssertionError("the sum is " + sum + ", or the flag was lost");
            }
        }
    }
}
