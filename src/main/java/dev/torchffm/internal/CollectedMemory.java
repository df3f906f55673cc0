package dev.torchffm.internal;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Libtorch's memory in automatic arenas. The garbage collector sees only the few bytes of Java's objects, so
 * it is asked to run when this memory has doubled since it last ran, as the JDK does for direct buffers.
 */
final class CollectedMemory {

    /** Below this, which is half of the largest heap, nobody is asked. */
    private static final long FLOOR = Runtime.getRuntime().maxMemory() / 2;

    private static final AtomicLong HELD = new AtomicLong();

    private static volatile long threshold = FLOOR;

    private CollectedMemory() {}

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
        // Arenas are cleaned on a thread of their own once the collector has run.
        for (long millis = 1; millis <= 256 && HELD.get() > FLOOR / 2; millis *= 2) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
        }
        threshold = Math.max(FLOOR, 2 * HELD.get());
    }
}
