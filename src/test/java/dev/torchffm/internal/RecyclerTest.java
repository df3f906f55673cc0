package dev.torchffm.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class RecyclerTest {

    private static final long MEBIBYTE = 1 << 20;

    @BeforeAll
    static void loadTheShim() {
        assertNull(Native.loadingFailure());
    }

    /** Takes a block, gives it back, and returns its address. */
    private static long passThrough(Recycler recycler, long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment block = recycler.take(bytes, arena).fill((byte) 1);
            assertEquals(bytes, block.byteSize());
            return block.address();
        }
    }

    @Test
    void sizeOfLeavesAQuarterUnusedAtMost() {
        for (long bytes = 1; bytes < 64 * MEBIBYTE; bytes += 1 + bytes / 7) {
            long size = Recycler.sizeOf(bytes);
            assertTrue(size >= bytes && (bytes < 64 || size - bytes <= size / 4 + 2 * MEBIBYTE), "of " + bytes);
            assertEquals(size, Recycler.sizeOf(size));
        }
        assertEquals(0, Recycler.sizeOf(5 * MEBIBYTE) % (2 * MEBIBYTE));
    }

    @Test
    void takeHandsOutWhatCameBack() {
        var recycler = new Recycler(4 * MEBIBYTE);
        long address = passThrough(recycler, MEBIBYTE);
        assertEquals(MEBIBYTE, recycler.held());
        try (Arena first = Arena.ofConfined();
                Arena second = Arena.ofConfined()) {
            assertEquals(address, recycler.take(MEBIBYTE - 1, first).address());
            assertEquals(0, recycler.held());
            assertNotEquals(address, recycler.take(MEBIBYTE, second).address());
        }
        assertEquals(2 * MEBIBYTE, recycler.held());
        recycler.trim();
    }

    @Test
    void takeLeavesNoWayFromAnOldSegment() {
        var recycler = new Recycler(4 * MEBIBYTE);
        MemorySegment old;
        try (Arena arena = Arena.ofConfined()) {
            old = recycler.take(MEBIBYTE, arena);
        }
        try (Arena arena = Arena.ofConfined()) {
            assertEquals(old.address(), recycler.take(MEBIBYTE, arena).address());
            assertFalse(old.scope().isAlive());
        }
        recycler.trim();
    }

    @Test
    void takeGivesBackWhatAnArenaRefuses() {
        var recycler = new Recycler(4 * MEBIBYTE);
        Arena closed = Arena.ofConfined();
        closed.close();
        assertThrows(IllegalStateException.class, () -> recycler.take(MEBIBYTE, closed));
        assertEquals(MEBIBYTE, recycler.held());
        recycler.trim();
    }

    @Test
    void heldStaysWithinTheLimit() {
        var recycler = new Recycler(3 * MEBIBYTE);
        passThrough(recycler, 4 * MEBIBYTE); // larger than the limit
        assertEquals(0, recycler.held());
        try (Arena arena = Arena.ofConfined()) {
            recycler.take(2 * MEBIBYTE, arena);
            recycler.take(MEBIBYTE, arena);
            recycler.take(MEBIBYTE, arena);
        }
        assertTrue(recycler.held() > 0 && recycler.held() <= 3 * MEBIBYTE);
        recycler.trim();
        var full = new Recycler(2 * MEBIBYTE);
        passThrough(full, 2 * MEBIBYTE);
        passThrough(full, 64); // does not replace a block that is much larger
        assertEquals(2 * MEBIBYTE, full.held());
        full.trim();
    }

    @Test
    void trimFreesWhatIsKept() {
        var recycler = new Recycler(4 * MEBIBYTE);
        passThrough(recycler, MEBIBYTE);
        recycler.trim();
        assertEquals(0, recycler.held());
        passThrough(recycler, MEBIBYTE);
        assertEquals(MEBIBYTE, recycler.held());
        recycler.trim();
    }
}
