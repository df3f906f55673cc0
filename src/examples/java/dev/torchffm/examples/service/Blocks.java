package dev.torchffm.examples.service;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.stream.Stream;

/** Off-heap memory that is used again and again: blocks of a power of two, together never more than a bound. */
final class Blocks implements AutoCloseable {

    private static final int LEAST = 4096;
    private static final int LINE = 64;

    /** Memory of one holder at a time. */
    record Block(Arena arena, MemorySegment memory) {

        static Block of(long size) {
            Arena arena = Arena.ofShared();
            return new Block(arena, arena.allocate(size, LINE));
        }
    }

    private final long bound;
    /** Those that nobody holds, by the power of their size. */
    private final ArrayDeque<Block>[] idle;

    private long allocated;

    Blocks(long bound) {
        this.bound = bound;
        this.idle = newQueues();
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of a generic type
    private static ArrayDeque<Block>[] newQueues() {
        return Stream.generate(ArrayDeque::new).limit(Long.SIZE).toArray(ArrayDeque[]::new);
    }

    /** A block of so many bytes or more, with any content. */
    synchronized Block take(long bytes) {
        int power = Long.SIZE - Long.numberOfLeadingZeros(Math.max(bytes, LEAST) - 1);
        Block block = idle[power].poll();
        if (block != null) {
            return block;
        }
        long size = 1L << power;
        for (int other = 0; other < idle.length && allocated + size > bound; other++) {
            while (allocated + size > bound && !idle[other].isEmpty()) {
                free(idle[other].remove());
            }
        }
        if (allocated + size > bound) {
            throw Refusal.overload("all " + bound + " bytes of the service's memory are in use");
        }
        block = Block.of(size);
        allocated += size;
        return block;
    }

    synchronized void giveBack(Block block) {
        idle[Long.numberOfTrailingZeros(block.memory().byteSize())].push(block); // the last used lies in the caches
    }

    /** The bytes of all blocks, idle or not. */
    synchronized long allocated() {
        return allocated;
    }

    private void free(Block block) {
        allocated -= block.memory().byteSize();
        block.arena().close();
    }

    /** Frees the idle ones. */
    @Override
    public synchronized void close() {
        for (ArrayDeque<Block> blocks : idle) {
            blocks.forEach(this::free);
            blocks.clear();
        }
    }
}
