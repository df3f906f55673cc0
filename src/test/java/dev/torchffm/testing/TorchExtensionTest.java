package dev.torchffm.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.torchffm.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;

/** The extension passes tests that clean up and fails those that leak. */
final class TorchExtensionTest {

    /** Keeps what is leaked from the garbage collector. */
    private static final List<Tensor> KEPT = new ArrayList<>();

    private static List<Event> run(Class<?> tests) {
        return EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(tests))
                .execute()
                .testEvents()
                .finished()
                .list();
    }

    @ExtendWith(TorchExtension.class)
    static final class Clean {

        private Tensor x = Tensor.of(0f);

        @BeforeEach
        void prepare(Arena arena) {
            x = Tensor.of(arena, 1f, -2f);
        }

        @Test
        void inTheArena(Arena arena, Arena again) {
            assertSame(arena, again);
            x.clamp(0, null);
        }

        @Test
        void inAnArenaThatTheTestCloses() {
            try (Arena arena = Arena.ofConfined()) {
                Tensor.of(arena, 1f);
            }
        }

        @Test
        void inAnAutomaticArenaAndLetGo() {
            Tensor.of(1f).clamp(0, null);
        }

        @Test
        @Timeout(value = 1, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
        void onAnotherThread(Arena arena) {
            Tensor.of(arena, 1f);
        }

        @AfterEach
        void stillOpen(Arena arena) {
            assertTrue(arena.scope().isAlive());
            x.relu_();
        }
    }

    @Test
    void cleanTestsPass() {
        List<Event> finished = run(Clean.class);
        assertEquals(4, finished.size());
        for (Event test : finished) {
            var result = test.getRequiredPayload(TestExecutionResult.class);
            assertEquals(TestExecutionResult.Status.SUCCESSFUL, result.getStatus(), result::toString);
        }
    }

    @ExtendWith(TorchExtension.class)
    static final class Leaky {

        @Test
        void inAnAutomaticArena(Arena arena) {
            KEPT.add(Tensor.of(1f));
            KEPT.add(Tensor.of(arena, 2f).in(Arena.global()).clone());
        }

        @Test
        void onAThreadOfItsOwn(Arena arena) throws InterruptedException {
            Thread.ofVirtual().start(() -> inAnAutomaticArena(arena)).join();
        }
    }

    @Test
    void leaksFailAndTellWhereTheyWereMade() {
        List<Event> finished = run(Leaky.class);
        assertEquals(2, finished.size());
        for (Event test : finished) {
            Throwable failure = test.getRequiredPayload(TestExecutionResult.class)
                    .getThrowable()
                    .orElseThrow();
            assertTrue(failure.getMessage().contains(" tensor handles outlive the test"), failure.getMessage());
            assertTrue(Arrays.stream(failure.getCause().getStackTrace())
                    .anyMatch(frame -> frame.getMethodName().equals("inAnAutomaticArena")));
        }
    }

    private static final ExecutorService POOL = Executors.newSingleThreadExecutor();

    @ExtendWith(TorchExtension.class)
    static final class LeakyPool {

        @Test
        void startsTheThread(Arena arena) throws Exception {
            POOL.submit(() -> Tensor.of(arena, 1f)).get();
        }

        @Test
        void usesItAgain() throws Exception {
            POOL.submit(() -> KEPT.add(Tensor.of(1f))).get();
        }
    }

    @Test
    void leakOnAnEarlierTestsThreadIsFound() {
        long failed = run(LeakyPool.class).stream()
                .map(test -> test.getRequiredPayload(TestExecutionResult.class).getStatus())
                .filter(TestExecutionResult.Status.FAILED::equals)
                .count();
        POOL.shutdown();
        assertEquals(1, failed);
    }

    @ExtendWith(TorchExtension.class)
    static final class CloseIsRefused {

        @Test
        void theTestClosesTheArenaItself(Arena arena) {
            arena.close();
        }
    }

    @Test
    void arenaThatTheTestClosedFailsIt() {
        var result = run(CloseIsRefused.class).getFirst().getRequiredPayload(TestExecutionResult.class);
        assertEquals(
                IllegalStateException.class, result.getThrowable().orElseThrow().getClass());
    }
}
