package dev.torchffm;

import dev.torchffm.internal.Blocks;
import dev.torchffm.internal.loading.Settings;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Memory that is recycled: the blocks of a closed arena go to the next one that asks for their size, with their
 * pages already in place. For large tensors that is most of the time of an operator.
 *
 * {@snippet class="dev.torchffm.examples.Snippets" region="pool"}
 *
 * <p>A pool's arenas are used as the JDK's are. Their segments are aligned to 64 bytes at least and are <em>not</em>
 * zeroed. The results of {@code clamp}, {@code clampMin}, {@code clampMax}, {@code relu} and {@code clone} of
 * tensors that live in such an arena are written straight into its memory where the dtype stays, nothing is recorded
 * for gradients and the tensor is dense; other results are libtorch's own memory, freed with the arena. Once an arena
 * is closed its segments are dead, as of any arena: no recycled block is reached through an old segment.
 *
 * <p>Any thread may use a pool. One that is garbage-collected frees what it keeps.
 */
public final class MemoryPool {

    /** Its blocks' first pages are made by libtorch's threads, as those of libtorch's own memory are. */
    private static final MemoryPool RESULTS = new MemoryPool(new Blocks(Settings.RECYCLED_BYTES, false));

    private final Blocks blocks;

    /** Ends with the pool; the action must not refer to it. */
    private final Arena life = Arena.ofAuto();

    /**
     * A pool.
     *
     * @param maxBytes how many bytes it keeps for later at most, 0 or more; beyond that, blocks of
     *     other sizes are freed for one that comes back, but for much larger ones, or it is
     */
    public MemoryPool(long maxBytes) {
        if (maxBytes < 0) {
            throw new IllegalArgumentException("maxBytes is " + maxBytes + ", and must be 0 or more");
        }
        this(new Blocks(maxBytes, true));
    }

    private MemoryPool(Blocks blocks) {
        this.blocks = blocks;
        MemorySegment.ofAddress(1).reinterpret(life, _ -> blocks.close());
    }

    /**
     * {@return the pool of large results whose own arena is of no pool} It keeps a quarter of the largest heap ({@code
     * -Xmx}) at most, or as many bytes as the system property {@code dev.torchffm.recycled} says.
     */
    public static MemoryPool ofResults() {
        return RESULTS;
    }

    /** {@return a confined arena over the pool's memory, to be closed by the caller} */
    public Arena ofConfined() {
        return new PooledArena(Arena.ofConfined());
    }

    /** {@return a shared arena over the pool's memory, to be closed by the caller} */
    public Arena ofShared() {
        return new PooledArena(Arena.ofShared());
    }

    /** Frees what is kept for later. */
    public void trim() {
        blocks.trim();
    }

    /** {@return what the pool holds and how it did} */
    public Statistics statistics() {
        Blocks.Statistics now = blocks.statistics();
        return new Statistics(now.held(), now.inUse(), now.hits(), now.misses());
    }

    /**
     * What a pool holds and how it did.
     *
     * @param heldBytes bytes that are kept for later
     * @param inUseBytes bytes that open arenas have
     * @param hits how many blocks were handed out that had been used before
     * @param misses how many had to be made
     */
    public record Statistics(long heldBytes, long inUseBytes, long hits, long misses) {}

    /** Memory for a result of an arena. */
    MemorySegment take(long bytes, Arena arena) {
        return blocks.take(bytes, arena);
    }

    /** One of the JDK's arenas, but for where its memory comes from. */
    final class PooledArena implements Arena {
        private static final int ALIGNMENT = 64;
        private final Arena arena;

        PooledArena(Arena arena) {
            this.arena = arena;
        }

        MemoryPool pool() {
            return MemoryPool.this;
        }

        @Override
        public MemorySegment allocate(long byteSize, long byteAlignment) {
            if (byteSize < 0) {
                throw new IllegalArgumentException("byteSize is " + byteSize + ", and must be 0 or more");
            }
            if (Long.bitCount(byteAlignment) != 1 || byteAlignment < 0) {
                throw new IllegalArgumentException(
                        "byteAlignment is " + byteAlignment + ", and must be a power of two");
            }
            long room = byteSize + Math.max(0, byteAlignment - ALIGNMENT);
            if (room < 0) {
                throw new IllegalArgumentException("byteSize is " + byteSize + " and byteAlignment is " + byteAlignment
                        + ", and their sum must be less than 2^63");
            }
            MemorySegment block = take(Math.max(1, room), arena);
            long start = -block.address() & (byteAlignment - 1);
            return block.asSlice(start, byteSize);
        }

        @Override
        public MemorySegment.Scope scope() {
            return arena.scope();
        }

        @Override
        public void close() {
            arena.close();
        }
    }
}
