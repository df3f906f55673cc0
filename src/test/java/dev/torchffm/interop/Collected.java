package dev.torchffm.interop;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Memory in an automatic arena that tells when the garbage collector has freed it. */
final class Collected {

    private final CountDownLatch freed = new CountDownLatch(1);

    /** New memory, zeroed, which nothing but the returned segment keeps alive. */
    MemorySegment allocate(long bytes) {
        Arena arena = Arena.ofAuto();
        MemorySegment memory = arena.allocate(bytes, 64);
        CountDownLatch signal = freed;
        return memory.reinterpret(arena, _ -> signal.countDown());
    }

    /** Whether the memory is freed after so many milliseconds at most, in which the collector is run. */
    boolean isFreedWithin(int millis) throws InterruptedException {
        for (int waited = 0; waited < millis; waited += 10) {
            System.gc();
            if (freed.await(10, TimeUnit.MILLISECONDS)) {
                return true;
            }
        }
        return false;
    }
}
