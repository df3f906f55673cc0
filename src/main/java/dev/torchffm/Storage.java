package dev.torchffm;

import dev.torchffm.internal.Handles;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** The memory that tensors stand on, from element offset 0 on; several may share it. */
final class Storage {

    private final boolean ofLibtorch;

    /** The address of libtorch's memory; its segment is made when it is first needed. */
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
     * Memory that libtorch allocated. It lives as long as the handle that the arena frees.
     *
     * @param counted whether the memory is counted for the garbage collector; for automatic arenas only
     */
    static Storage ofLibtorch(Arena arena, MemorySegment start, long bytes, boolean counted) {
        boolean known = counted && bytes > 0;
        return new Storage(start, bytes, arena, known ? Handles.automaticMemory(arena, start, bytes) : null);
    }

    /** Whether libtorch allocated the memory. */
    boolean ofLibtorch() {
        return ofLibtorch;
    }

    boolean isReadOnly() {
        return !ofLibtorch && segment().isReadOnly();
    }

    /** Refuses an operator that would write this memory, which is read-only. */
    void refuseWrite(String name) {
        throw new IllegalArgumentException(
                name + " stands on read-only memory, " + segment() + ", and the operator writes it");
    }

    /** Where it starts, also after it was freed. */
    long address() {
        return start.address();
    }

    /** All that libtorch may reach. */
    MemorySegment segment() {
        MemorySegment made = segment;
        if (made == null) {
            made = start.reinterpret(bytes, arena, null); // threads that make it at once make equal ones
            segment = made;
        }
        return made;
    }
}
