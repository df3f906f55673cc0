package dev.torchffm;

import static dev.torchffm.testing.TensorAssertions.assertBitEquals;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Recycled memory: the same blocks again, and never through an old segment. */
final class MemoryPoolTest {

    private final MemoryPool pool = new MemoryPool(1 << 24);

    @ParameterizedTest
    @ValueSource(longs = {1, 64, 65, 1000, 4096, 100_000, 5 << 20})
    void theNextArenaGetsTheBlockOfTheLast(long bytes) {
        long address;
        try (Arena arena = pool.ofConfined()) {
            MemorySegment first = arena.allocate(bytes, 1);
            assertEquals(bytes, first.byteSize());
            assertEquals(0, first.address() % 64);
            first.fill((byte) 42);
            address = first.address();
        }
        try (Arena arena = pool.ofShared()) {
            MemorySegment second = arena.allocate(bytes, 1);
            assertEquals(address, second.address());
            assertEquals(42, second.get(ValueLayout.JAVA_BYTE, bytes - 1), "not zeroed");
            assertTrue(arena.allocate(bytes, 1).asOverlappingSlice(second).isEmpty());
        }
        MemoryPool.Statistics statistics = pool.statistics();
        assertEquals(1, statistics.hits());
        assertEquals(2, statistics.misses());
        assertEquals(0, statistics.inUseBytes());
        assertTrue(
                statistics.heldBytes() >= 2 * bytes && statistics.heldBytes() <= 2 * Math.max(64, bytes * 5 / 4 + 64));
        pool.trim();
        assertEquals(0, pool.statistics().heldBytes());
    }

    @Test
    void moreThanTheBoundIsNotKept() {
        var small = new MemoryPool(1 << 20);
        try (Arena arena = small.ofConfined()) {
            arena.allocate(1 << 19, 1);
            arena.allocate(1 << 19, 1);
            arena.allocate(1 << 19, 1);
            assertEquals(3 << 19, small.statistics().inUseBytes());
        }
        assertEquals(1 << 20, small.statistics().heldBytes());
        for (int round = 0; round < 2; round++) { // a full pool still recycles another size
            try (Arena arena = small.ofConfined()) {
                arena.allocate(1 << 18, 1);
            }
        }
        assertEquals(1, small.statistics().hits());
        assertEquals((1 << 19) + (1 << 18), small.statistics().heldBytes());
        try (Arena arena = new MemoryPool(0).ofConfined()) {
            arena.allocate(100, 1);
        }
        assertThrows(IllegalArgumentException.class, () -> new MemoryPool(-1));
    }

    @Test
    void aSmallBlockDoesNotDriveOutAMuchLargerOne() {
        var full = new MemoryPool(1 << 20);
        for (int round = 0; round < 3; round++) {
            try (Arena arena = full.ofConfined()) {
                arena.allocate(1 << 20, 1);
                arena.allocate(64, 1);
            }
        }
        assertEquals(1 << 20, full.statistics().heldBytes());
        assertEquals(2, full.statistics().hits());
    }

    /** libtorch's clone keeps the strides of dimensions of length 1, its other operators do not. */
    @ParameterizedTest
    @ValueSource(longs = {8, 2 << 20})
    void aCloneHasTheStridesOfItsTensor(long columns) {
        long[] sizes = {1, columns};
        long[] strides = {5, 1};
        try (Arena arena = pool.ofConfined()) {
            MemorySegment memory = arena.allocate(4 * columns, 64);
            Tensor x = Tensor.fromSegment(arena, memory, DType.FLOAT32, sizes, strides, 0);
            assertArrayEquals(strides, x.clone().strides());
            assertArrayEquals(strides, x.in(Arena.ofAuto()).clone().strides());
            assertArrayEquals(new long[] {columns, 1}, x.clamp(0, null).strides());
        }
    }

    @Test
    void allocationsKeepTheRulesOfArenas() {
        try (Arena arena = pool.ofConfined()) {
            assertEquals(0, arena.allocate(3, 4096).address() % 4096);
            assertEquals(0, arena.allocate(0, 1).byteSize());
            assertThrows(IllegalArgumentException.class, () -> arena.allocate(-1, 1));
            assertThrows(IllegalArgumentException.class, () -> arena.allocate(8, 3));
            assertThrows(OutOfMemoryError.class, () -> arena.allocate(Long.MAX_VALUE / 4, 1));
        }
        Arena closed = pool.ofConfined();
        closed.close();
        assertThrows(IllegalStateException.class, () -> closed.allocate(8, 1));
        assertEquals(0, pool.statistics().inUseBytes());
    }

    @Test
    void resultsAreWrittenIntoThePool() {
        Tensor normal = Tensor.of(-1f, 2f, -3f);
        List<UnaryOperator<Tensor>> operators =
                List.of(x -> x.clamp(0, null), x -> x.clampMin(0), x -> x.clampMax(1), Tensor::relu, Tensor::clone);
        for (UnaryOperator<Tensor> operator : operators) {
            try (Arena arena = pool.ofConfined()) {
                long before = pool.statistics().inUseBytes();
                Tensor result = operator.apply(normal.in(arena));
                assertEquals(before + 64, pool.statistics().inUseBytes());
                assertBitEquals(operator.apply(normal), result);
            }
        }
    }

    @Test
    void gradientsAreStillRecorded() {
        try (Arena arena = pool.ofConfined()) {
            Tensor leaf = Tensor.of(arena, -1f, 2f).requiresGrad_(true);
            leaf.clamp(0, null).backward(Torch.ones(arena, 2));
            assertEquals("tensor([0., 1.])", String.valueOf(leaf.grad()));
        }
    }

    @Test
    void largeResultsAreRecycledWithoutAPool() {
        Tensor x = Torch.zeros(3 << 20);
        long address;
        try (Arena arena = Arena.ofConfined()) {
            address = x.in(arena).clamp(0, null).dataPtr();
        }
        try (Arena arena = Arena.ofConfined()) {
            long hits = MemoryPool.ofResults().statistics().hits();
            assertEquals(address, x.in(arena).clamp(0, null).dataPtr());
            assertEquals(hits + 1, MemoryPool.ofResults().statistics().hits());
        }
        assertTrue(MemoryPool.ofResults().statistics().heldBytes() >= 12 << 20);
        MemoryPool.ofResults().trim();
        assertEquals(0, MemoryPool.ofResults().statistics().heldBytes());
    }

    /** The pages of a new block are in place: without a write by the user the process has grown by all of it. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void aNewBlockIsTouched() throws IOException {
        try (Arena arena = new MemoryPool(0).ofConfined()) {
            long before = residentPages();
            arena.allocate(256 << 20, 1);
            assertTrue(residentPages() - before > (200 << 20) / 4096, before + " pages, then " + residentPages());
        }
    }

    private static long residentPages() throws IOException {
        return Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ")[1]);
    }

    @Test
    void oldSegmentsAreDead() {
        Arena first = pool.ofShared();
        MemorySegment old = first.allocate(64, 1);
        Tensor tensor = Tensor.fromSegment(first, old, DType.FLOAT32, new long[] {16}, new long[] {1}, 0);
        Tensor result = tensor.clamp(0, null);
        first.close();
        try (Arena second = pool.ofShared()) {
            MemorySegment recycled = second.allocate(64, 1);
            recycled.fill((byte) 1);
            assertThrows(IllegalStateException.class, () -> old.get(ValueLayout.JAVA_BYTE, 0));
            assertThrows(IllegalStateException.class, () -> old.set(ValueLayout.JAVA_BYTE, 0, (byte) 2));
            assertThrows(IllegalStateException.class, () -> tensor.clamp_(0, null));
            assertThrows(IllegalStateException.class, () -> result.toFloatArray());
            byte[] ones = new byte[64];
            Arrays.fill(ones, (byte) 1);
            assertArrayEquals(ones, recycled.toArray(ValueLayout.JAVA_BYTE));
        }
    }

    /** A thread reads through whatever segment it saw last, while another recycles its block again and again. */
    @Test
    void aReaderOfAnOldSegmentNeverSeesTheNextOwnersData() {
        var seen = new AtomicReference<MemorySegment>();
        var wrong = new AtomicReference<String>();
        var done = new AtomicBoolean();
        CompletableFuture<Void> reader = CompletableFuture.runAsync(() -> {
            while (!done.get()) {
                MemorySegment segment = seen.get();
                if (segment == null) {
                    continue;
                }
                try {
                    int owner = segment.get(ValueLayout.JAVA_INT, 0);
                    int again = segment.get(ValueLayout.JAVA_INT, 4092);
                    if (owner != again) {
                        wrong.set(owner + " became " + again);
                    }
                } catch (IllegalStateException expected) {
                    Thread.onSpinWait();
                }
            }
        });
        long address = 0;
        int recycled = 0;
        for (int round = 1; round <= 3_000; round++) {
            try (Arena arena = pool.ofShared()) {
                MemorySegment segment = arena.allocate(4096, 4);
                recycled += segment.address() == address ? 1 : 0;
                address = segment.address();
                for (int i = 0; i < 1024; i++) {
                    segment.setAtIndex(ValueLayout.JAVA_INT, i, round);
                }
                seen.set(segment);
                Thread.onSpinWait();
            } catch (IllegalStateException stillRead) {
                throw new AssertionError(stillRead);
            }
        }
        done.set(true);
        reader.join();
        assertEquals(2_999, recycled);
        assertEquals(null, wrong.get());
        assertFalse(reader.isCompletedExceptionally());
    }
}
