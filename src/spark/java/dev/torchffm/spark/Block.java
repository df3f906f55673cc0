package dev.torchffm.spark;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory off the heap that a task writes each batch into. Any thread may read it, for Spark may take rows by another. */
final class Block implements AutoCloseable {

    private static final long ALIGNMENT = 64;

    private Arena arena = Arena.ofShared();
    private MemorySegment memory = MemorySegment.NULL;

    /** The first bytes of the block. What was there before is lost if they are more than it has. */
    MemorySegment first(long bytes) {
        if (bytes > memory.byteSize()) {
            arena.close();
            arena = Arena.ofShared();
            memory = arena.allocate(bytes, ALIGNMENT);
        }
        return memory.asSlice(0, bytes);
    }

    /** Closes it, once or more often. */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
