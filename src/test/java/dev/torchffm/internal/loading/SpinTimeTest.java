package dev.torchffm.internal.loading;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.torchffm.ChildJvm;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** OpenBLAS's threads leave the processors to others while they wait for work, unless the user wants it otherwise. */
@EnabledOnOs(OS.LINUX)
final class SpinTimeTest {

    private static final String VARIABLE = "OPENBLAS_THREAD_TIMEOUT";

    @TempDir
    Path folder;

    /** Prints what C finds of the variable, and what a child of Java's is given. */
    static final class Environment {
        public static void main(String[] libraries) throws Throwable {
            Stream.of(libraries).forEach(System::load);
            Torch.ones(1);
            var linker = Linker.nativeLinker();
            var getenv = linker.downcallHandle(
                    linker.defaultLookup().findOrThrow("getenv"), FunctionDescriptor.of(ADDRESS, ADDRESS));
            try (Arena arena = Arena.ofConfined()) {
                var value = (MemorySegment) getenv.invokeExact(arena.allocateFrom(VARIABLE));
                boolean none = value.equals(MemorySegment.NULL);
                System.out.println("C: " + (none ? "none" : value.reinterpret(8).getString(0)));
            }
            System.out.println("Java: " + new ProcessBuilder().environment().get(VARIABLE));
        }
    }

    @Test
    void itIsShortWhereTheUserSaysNothing() throws Exception {
        var result = new ChildJvm(folder).run(Environment.class);
        assertEquals("C: 16\nJava: null\n", result.output());
    }

    @Test
    void theUsersWordCounts() throws Exception {
        var result = new ChildJvm(folder).variable(VARIABLE, "20").run(Environment.class);
        assertEquals("C: 20\nJava: 20\n", result.output());
    }

    /** As in Python's process. */
    @Test
    void libtorchThatIsLoadedAlreadyIsLeftAsItIs() throws Exception {
        Path libtorch = Path.of(System.getProperty("dev.torchffm.libtorch"));
        String[] libraries = Platform.CURRENT.needed(libtorch).stream()
                .map(library -> library.toAbsolutePath().toString())
                .toArray(String[]::new);
        var result = new ChildJvm(folder).run(Environment.class, libraries);
        assertEquals("C: none\nJava: null\n", result.output());
    }

    /**
     * Prints how many threads OpenBLAS has, and how much of the time between products of matrices they ran, in percent.
     */
    static final class Products {
        public static void main(String[] arguments) throws Exception {
            Tensor matrix = Torch.ones(256, 256);
            matrix.matmul(matrix);
            long ran = 0;
            long waited = 0;
            for (int i = 0; i < 50; i++) {
                matrix.matmul(matrix);
                long before = nanosOfThreads();
                long start = System.nanoTime();
                while (System.nanoTime() - start < 5_000_000) {
                    Thread.onSpinWait();
                }
                ran += nanosOfThreads() - before;
                waited += System.nanoTime() - start;
            }
            System.out.print(threads().size() + " " + 100 * ran / waited);
        }

        private static long nanosOfThreads() throws IOException {
            long sum = 0;
            for (Path thread : threads()) {
                sum += Long.parseLong(
                        Files.readString(thread.resolve("schedstat")).split(" ")[0]);
            }
            return sum;
        }

        /** OpenBLAS makes its threads while it is loaded: they have the name of the thread that loads. */
        private static List<Path> threads() throws IOException {
            var found = new ArrayList<Path>();
            try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
                for (Path task : tasks.toList()) {
                    if (Files.readString(task.resolve("comm")).strip().equals("torch-ffm loads")) {
                        found.add(task);
                    }
                }
            }
            return found;
        }
    }

    @Test
    void threadsSleepBetweenProductsOfMatrices() throws Exception {
        assumeTrue(Runtime.getRuntime().availableProcessors() > 1, "a core for a thread beside the caller's");
        Path libtorch = Path.of(System.getProperty("dev.torchffm.libtorch"));
        assumeTrue(Files.exists(libtorch.resolve("libopenblas.so.0")), "a libtorch with OpenBLAS");
        String output = new ChildJvm(folder).run(Products.class).output();
        String[] threadsAndPercent = output.split(" ");
        assertTrue(Integer.parseInt(threadsAndPercent[0]) > 0, output);
        assertTrue(Long.parseLong(threadsAndPercent[1]) < 30, output);
    }
}
