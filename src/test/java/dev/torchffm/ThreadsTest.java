package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.torchffm.examples.Snippets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How many threads libtorch's operators run on. */
@EnabledOnOs(OS.LINUX)
final class ThreadsTest {

    @TempDir
    Path folder;

    /** Lets Java threads run a large operator each, and prints how many threads there are of their name. */
    static final class Callers {
        private static final String NAME = "caller";

        public static void main(String[] arguments) throws Exception {
            Torch.setNumThreads(Integer.parseInt(arguments[1]));
            System.out.println(Torch.getNumThreads());
            int callers = Integer.parseInt(arguments[0]);
            var done = new CyclicBarrier(callers + 1);
            var counted = new CountDownLatch(1);
            for (int i = 0; i < callers; i++) {
                Thread.ofPlatform().name(NAME).daemon().start(() -> {
                    Torch.ones(1 << 20).clamp(0, null);
                    try {
                        done.await();
                        counted.await();
                    } catch (Exception e) {
                        throw new AssertionError(e);
                    }
                });
            }
            done.await();
            System.out.println(threads());
            counted.countDown();
        }

        /** A thread of OpenMP has the name of the one that made it. */
        private static long threads() throws IOException {
            try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
                List<String> names = new ArrayList<>();
                for (Path task : tasks.toList()) {
                    names.add(Files.readString(task.resolve("comm")).strip());
                }
                return names.stream().filter(NAME::equals).count();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "5, 1", "1, 3", "4, 3"})
    void eachCallerHasATeamOfTheCountThatIsSet(int callers, int count) throws Exception {
        var result = new ChildJvm(folder).run(Callers.class, Integer.toString(callers), Integer.toString(count));
        assertEquals(count + "\n" + callers * count + "\n", result.output());
    }

    @Test
    void theCallersOwnCountIsSetAtAnyTime() throws Exception {
        assertEquals("3 1\n", new ChildJvm(folder).run(Resetter.class).output());
    }

    static final class Resetter {
        public static void main(String[] arguments) {
            Torch.setNumThreads(3);
            Torch.ones(1 << 20).clamp(0, null);
            System.out.println(Torch.getNumThreads() + " " + Snippets.setNumThreads());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, Integer.MIN_VALUE, 1025, Integer.MAX_VALUE})
    void otherCountsAreRefused(int count) {
        int before = Torch.getNumThreads();
        var refused = assertThrows(IllegalArgumentException.class, () -> Torch.setNumThreads(count));
        assertEquals("the number of threads is " + count + ", and must be 1 to 1024", refused.getMessage());
        assertEquals(before, Torch.getNumThreads());
    }
}
