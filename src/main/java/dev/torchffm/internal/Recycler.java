package dev.torchffm.internal;

import dev.torchffm.bindings.TorchFfm;
import dev.torchffm.internal.loading.Settings;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Large results go into memory that was touched before: blocks are handed out for the life of an arena and taken back
 * when it ends. A block is reached only through segments of arenas that had it, so none of a closed arena leads to it.
 *
 * <p>Safe for any number of threads.
 */
public final class Recycler {

    /** From so many bytes on, fresh memory costs more than recycled: each of its pages must be made. */
    public static final long LARGE = 4 << 20;

    private static final Recycler RESULTS = new Recycler(Settings.RECYCLED_BYTES);

    private static final int SMALLEST = 64;

    private static final long HUGE_PAGE = 2 << 20;

    /** A block that comes back when there is no room does not drive out one that is so many times as large. */
    private static final int MUCH_LARGER = 16;

    private final long limit;
    private final NavigableMap<Long, ArrayDeque<MemorySegment>> free = new TreeMap<>();
    private long held;
    private long inUse;
    private long hits;
    private long misses;

    /**
     * Blocks that are kept for later.
     *
     * @param limit how many bytes of them at most
     */
    Recycler(long limit) {
        this.limit = limit;
    }

    /** The memory of large results. */
    public static Recycler ofResults() {
        return RESULTS;
    }

    /**
     * Sizes are powers of two and three steps between: at most a quarter of a block is not asked for. Large ones stand on
     * whole huge pages, as the shim makes them.
     */
    static long sizeOf(long bytes) {
        if (bytes <= SMALLEST) {
            return SMALLEST;
        }
        int least = bytes > 2 * HUGE_PAGE ? Long.numberOfTrailingZeros(HUGE_PAGE) : 6;
        int step = Math.max(least, Long.SIZE - 3 - Long.numberOfLeadingZeros(bytes - 1));
        return (bytes + (1L << step) - 1) >>> step << step;
    }

    /** Hands out a block until the arena ends; its content is whatever it was. */
    public MemorySegment take(long bytes, Arena arena) {
        boolean automatic = Handles.isAutomatic(arena.scope());
        long size = sizeOf(bytes);
        MemorySegment block = pop(size);
        if (block == null) {
            block = allocateOrTrim(size);
        }
        synchronized (this) {
            inUse += size;
        }
        MemorySegment taken = block;
        MemorySegment memory;
        try {
            memory = block.reinterpret(bytes, arena, _ -> giveBack(taken, size, automatic));
        } catch (RuntimeException e) { // after an Error the arena may have it
            giveBack(taken, size, false);
            throw e;
        }
        if (automatic) {
            AutomaticMemory.taken(size);
        }
        return memory;
    }

    private synchronized @Nullable MemorySegment pop(long size) {
        ArrayDeque<MemorySegment> blocks = free.get(size);
        MemorySegment block = blocks == null ? null : blocks.pollLast();
        if (block == null) {
            misses++;
        } else {
            hits++;
            held -= size;
        }
        return block;
    }

    private void giveBack(MemorySegment block, long size, boolean automatic) {
        if (automatic) {
            AutomaticMemory.released(size);
        }
        List<MemorySegment> surplus;
        synchronized (this) {
            inUse -= size;
            if (size > limit) {
                surplus = List.of(block);
            } else {
                surplus = makeRoom(size);
                if (held + size <= limit) {
                    free.computeIfAbsent(size, _ -> new ArrayDeque<>()).addLast(block);
                    held += size;
                } else {
                    surplus.add(block);
                }
            }
        }
        surplus.forEach(Recycler::free);
    }

    /** Takes out blocks until another fits, the largest first: what comes back now is what will be asked for. */
    private List<MemorySegment> makeRoom(long size) {
        var surplus = new ArrayList<MemorySegment>();
        if (held + size > limit) {
            for (var blocks :
                    free.headMap(size * MUCH_LARGER, true).descendingMap().entrySet()) {
                while (held + size > limit && !blocks.getValue().isEmpty()) {
                    surplus.add(blocks.getValue().pollFirst());
                    held -= blocks.getKey();
                }
            }
        }
        return surplus;
    }

    /** Frees what is kept for later. */
    public void trim() {
        Map<Long, ArrayDeque<MemorySegment>> trimmed;
        synchronized (this) {
            trimmed = Map.copyOf(free);
            free.clear();
            held = 0;
        }
        trimmed.values().forEach(blocks -> blocks.forEach(Recycler::free));
    }

    /** Bytes that are kept for later and that are handed out, and how often a block was there or was not. */
    public record Statistics(long held, long inUse, long hits, long misses) {}

    public synchronized Statistics statistics() {
        return new Statistics(held, inUse, hits, misses);
    }

    /** What is kept of other sizes may be what is missing. */
    private MemorySegment allocateOrTrim(long size) {
        try {
            return allocate(size);
        } catch (OutOfMemoryError e) {
            trim();
            return allocate(size);
        }
    }

    private static MemorySegment allocate(long size) {
        try (CallFrame frame = CallFrame.take()) {
            if (TorchFfm.tffm_block_allocate(size, frame.cell()) != Native.OK) {
                throw new OutOfMemoryError(Native.lastError());
            }
            return frame.cell().get(ValueLayout.ADDRESS, 0);
        }
    }

    private static void free(MemorySegment block) {
        TorchFfm.tffm_block_free(block);
    }
}
