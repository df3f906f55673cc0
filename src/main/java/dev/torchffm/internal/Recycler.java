package dev.torchffm.internal;

import dev.torchffm.bindings.TorchFfm;
import dev.torchffm.internal.events.Recorder;
import dev.torchffm.internal.events.RecyclingEvent;
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
 * Memory for large results that was used before, whose pages need not be made again. A block is handed out for the life
 * of an arena and taken back when that ends. It is reached only through segments of the arena that has it: those of a
 * closed arena do not lead to it.
 *
 * <p>Safe for any number of threads.
 */
public final class Recycler {

    /** From this many bytes on fresh memory costs more than recycled: each of its pages must be made. */
    public static final long LARGE = 4 << 20;

    private static final Recycler RESULTS = new Recycler(Settings.RECYCLED_BYTES);

    private static final int SMALLEST = 64;

    private static final long HUGE_PAGE = 2 << 20;

    /** A block that comes back does not replace one that is more than this many times as large. */
    private static final int MUCH_LARGER = 16;

    private final long limit;
    private final NavigableMap<Long, ArrayDeque<MemorySegment>> free = new TreeMap<>();
    private long held;

    private final AutomaticAction giveBack =
            new AutomaticAction(this::giveBackAutomatic, TorchFfm::tffm_block_free$handle);

    /** Never read: it frees the kept blocks when this is garbage. */
    @SuppressWarnings("unused")
    private final @Nullable Object guard = AutomaticAction.whenGarbage(free.values(), TorchFfm::tffm_block_free$handle);

    /**
     * A recycler.
     *
     * @param limit the most bytes that are kept for later
     */
    Recycler(long limit) {
        this.limit = limit;
    }

    /** The memory of large results. */
    public static Recycler ofResults() {
        return RESULTS;
    }

    /**
     * The size of a block: a power of two or one of three steps between, so that at most a quarter of it is not used.
     * Large blocks are whole huge pages, as the shim makes them.
     */
    static long sizeOf(long bytes) {
        if (bytes <= SMALLEST) {
            return SMALLEST;
        }
        int least = bytes > 2 * HUGE_PAGE ? Long.numberOfTrailingZeros(HUGE_PAGE) : 6;
        int step = Math.max(least, Long.SIZE - 3 - Long.numberOfLeadingZeros(bytes - 1));
        return (bytes + (1L << step) - 1) >>> step << step;
    }

    /** Hands out a block until the arena ends. It is not initialised. */
    public MemorySegment take(long bytes, Arena arena) {
        boolean automatic = Handles.isAutomatic(arena.scope());
        long size = sizeOf(bytes);
        MemorySegment used = pop(size);
        MemorySegment taken = used == null ? allocateOrTrim(size) : used;
        if (Recorder.isOn()) {
            new RecyclingEvent(size, used != null, held()).commit();
        }
        TensorMemory.taken(size, automatic);
        try {
            return taken.reinterpret(bytes, arena, automatic ? giveBack.held() : _ -> giveBack(taken, size, false));
        } catch (RuntimeException e) { // not after an Error: the arena may have taken it
            giveBack(taken, size, automatic);
            throw e;
        }
    }

    private synchronized @Nullable MemorySegment pop(long size) {
        ArrayDeque<MemorySegment> blocks = free.get(size);
        MemorySegment block = blocks == null ? null : blocks.pollLast();
        if (block != null) {
            held -= size;
        }
        return block;
    }

    private void giveBackAutomatic(MemorySegment memory) {
        giveBack(MemorySegment.ofAddress(memory.address()), sizeOf(memory.byteSize()), true);
    }

    private void giveBack(MemorySegment block, long size, boolean automatic) {
        TensorMemory.released(size, automatic);
        List<MemorySegment> surplus;
        synchronized (this) {
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

    /** Takes out blocks until another fits, the largest first: sizes in use now are likely to be asked for again. */
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

    /** Frees the blocks that are kept for later. */
    void trim() {
        Map<Long, ArrayDeque<MemorySegment>> trimmed;
        synchronized (this) {
            trimmed = Map.copyOf(free);
            free.clear();
            held = 0;
        }
        trimmed.values().forEach(blocks -> blocks.forEach(Recycler::free));
    }

    /** How many bytes are kept for later. */
    synchronized long held() {
        return held;
    }

    /** Where there is no memory, frees the kept blocks and tries again. */
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
            if (TorchFfm.tffm_block_allocate(size, frame.out()) != Native.OK) {
                throw new OutOfMemoryError(Native.lastError());
            }
            return frame.out().get(ValueLayout.ADDRESS, 0);
        }
    }

    private static void free(MemorySegment block) {
        TorchFfm.tffm_block_free(block);
    }
}
