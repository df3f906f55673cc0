package dev.torchffm.internal;

import dev.torchffm.bindings.TorchFfm;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.LongAdder;

/** Tensor handles as segments that their arena frees, and memory of libtorch's as segments of that arena. */
public final class Handles {

    private static final LongAdder LIVE = new LongAdder();

    private Handles() {}

    /**
     * Makes the handle that a call wrote into a result cell a segment of the arena, which frees it when it is
     * closed. When the arena cannot take it, the handle is freed at once.
     */
    public static MemorySegment adopt(Arena arena, MemorySegment cell) {
        MemorySegment handle = cell.get(ValueLayout.ADDRESS, 0);
        LIVE.increment();
        try {
            return handle.reinterpret(arena, Handles::free);
        } catch (RuntimeException | Error e) {
            free(handle);
            throw e;
        }
    }

    /** A segment over memory that libtorch owns, for as long as the arena, which holds the handle, is open. */
    public static MemorySegment memory(Arena arena, MemorySegment data, long bytes) {
        return data.reinterpret(bytes, arena, null);
    }

    /** How many handles are made and not freed, in this process. */
    public static long live() {
        return LIVE.sum();
    }

    private static void free(MemorySegment handle) {
        LIVE.decrement();
        int status = TorchFfm.tffm_free(handle);
        if (status != Shim.OK) {
            throw new AssertionError(Shim.lastError());
        }
    }
}
