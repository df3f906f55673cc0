package dev.torchffm;

import dev.torchffm.internal.Handles;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** The memory that tensors stand on, from element offset 0 on; several may share it. */
final class Storage {

    private final boolean ofLibtorch;

    /** Libtorch's memory as an address; its segment is made when it is first asked for. */
    private final MemorySegment start;

    private final long bytes;
    private final @Nullable Arena arena;
    private @Nullable MemorySegment segment;

    private Storage(MemorySegment start, long bytes, @Nullable Arena arena, @Nullable MemorySegment segment) {
        this.ofLibtorch = arena != null;
        this.start = start;
        this.bytes = bytes;
        this.arena = arena;
        this.segment = segment;
    }

    /** Java's memory. */
    static Storage over(MemorySegment memory) {
        return new Storage(memory, memory.byteSize(), null, memory);
    }

    /**
     * Memory that libtorch allocated and keeps alive by itself, for as long as the handle that an arena holds.
     *
     * @param counted whether the arena is an automatic one, and the garbage collector should know of the memory
     */
    static Storage ofLibtorch(Arena arena, MemorySegment start, long bytes, boolean counted) {
        boolean known = counted && bytes > 0;
        return new Storage(start, bytes, arena, known ? Handles.automaticMemory(arena, start, bytes) : null);
    }

    /** Refuses memory, or a handle, whose arena is closed or another thread's. */
    static void requireAlive(MemorySegment segment) {
        if (!segment.scope().isAlive()) {
            throw new IllegalStateException("the tensor's arena is closed");
        }
        if (!segment.isAccessibleBy(Thread.currentThread())) {
            throw new WrongThreadException("the tensor's arena is confined to another thread");
        }
    }

    /** Whether libtorch allocated the memory. */
    boolean ofLibtorch() {
        return ofLibtorch;
    }

    boolean isReadOnly() {
        return !ofLibtorch && segment().isReadOnly();
    }

    /** Throws that an operator would write this memory, which is read-only. */
    void refuseWrite(String name) {
        throw new IllegalArgumentException(
                name + " stands on read-only memory, " + segment() + ", and the operator writes it");
    }

    /** All that libtorch may reach. */
    MemorySegment segment() {
        MemorySegment made = segment;
        if (made == null) {
            made = start.reinterpret(bytes, arena, null); // whichever thread makes it, it is the same
            segment = made;
        }
        return made;
    }
}
