package dev.torchffm.internal;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * libtorch's memory in automatic arenas. The garbage collector sees only the few bytes of Java's objects, so
 * it is asked to run when this memory has grown by half of the largest heap since it last ran, as the JDK does for
 * direct buffers.
 */
final class AutomaticMemory {

    /** How much the memory may grow until the collector is run. */
    private static final long GROWTH = Runtime.getRuntime().maxMemory() / 2;

    private static final AtomicLong HELD = new AtomicLong();

    private static volatile long threshold = GROWTH;

    private AutomaticMemory() {}

    static void taken(long bytes) {
        if (HELD.addAndGet(bytes) > threshold) {
            collect();
        }
    }

    static void released(long bytes) {
        HELD.addAndGet(-bytes);
    }

    private static synchronized void collect() {
        if (HELD.get() <= threshold) {
            return;
        }
        System.gc();
        // The JDK frees arenas on another thread after the collector has run: wait until it releases no more.
        long before = Long.MAX_VALUE;
        for (int wait = 0; wait < 50 && (wait < 3 || HELD.get() < before); wait++) {
            before = HELD.get();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
        threshold = HELD.get() + GROWTH;
    }
}
