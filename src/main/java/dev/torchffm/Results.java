package dev.torchffm;

import dev.torchffm.MemoryPool.PooledArena;
import dev.torchffm.internal.Modes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Where the result of an operator on every element goes. libtorch's own fresh memory is slow where it is large, for
 * each page must be made: such results are written into recycled memory.
 */
final class Results {

    /** From so many bytes on, fresh memory costs more than recycled. */
    private static final long LARGE = 4 << 20;

    private Results() {}

    /**
     * A tensor for a result of the same dtype, sizes and strides, or null when libtorch must make it.
     *
     * @param shimClamps whether the shim's own loops will write it
     */
    static @Nullable Tensor like(Tensor self, boolean shimClamps) {
        Shape shape = self.shape();
        long bytes = shape.numel() * self.dtype().byteSize();
        Arena home = self.home();
        MemoryPool pool =
                home instanceof PooledArena pooled ? pooled.pool() : bytes >= LARGE ? MemoryPool.ofResults() : null;
        if (bytes == 0 || pool == null && !shimClamps || self.isRecorded()) {
            return null;
        }
        if (pool == null) {
            return Torch.emptyLike(self); // contiguous, for the shim's loops clamp nothing else
        }
        Shape ofResult = shape.ofResult();
        if (ofResult == null) {
            return null;
        }
        self.requireAlive();
        Arena arena = home == null ? Arena.ofAuto() : home;
        MemorySegment memory = pool.take(bytes, arena);
        return Tensor.wrap(home, arena, memory, self.dtype(), ofResult, new Graph(memory));
    }

    /** Whether the shim's own loops may work on a tensor without libtorch's knowledge. */
    static boolean shimMayRead(Tensor self) {
        return self.shape().isContiguous() && !self.isRecorded();
    }

    /** Whether they may write what others may know: its version is not counted, which nobody may depend on. */
    static boolean shimMayWrite(Tensor self) {
        return !Graph.isInUse() && shimMayRead(self) && (!self.isInference() || Modes.isInference());
    }
}
