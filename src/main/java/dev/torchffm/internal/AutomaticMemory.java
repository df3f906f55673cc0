package dev.torchffm.internal;

import dev.torchffm.internal.events.CollectionEvent;
import dev.torchffm.internal.events.Recorder;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * libtorch's memory in automatic arenas. The garbage collector sees only the few bytes of Java's objects, so
 * it is asked to run when this memory has grown by half of the largest heap since it last ran, as the JDK does for
 * direct buffers.
 */
final class AutomaticMemory {

    /** How much the memory may grow until the collector is run. */
    private static final long GROWTH = Runtime.getRuntime().maxMemory() / 2;

    private static final AtomicLong HELD = new AtomicLong();
    private static final AtomicBoolean COLLECTING = new AtomicBoolean();

    private static final int MOST_WAITS = 100;

    private static volatile long threshold = GROWTH;

    /** How often to wait for the collector: once where it did not come the last time. */
    private static volatile int waits = MOST_WAITS;

    private AutomaticMemory() {}

    static void taken(long bytes) {
        if (HELD.addAndGet(bytes) > threshold) {
            collect();
        }
    }

    static void released(long bytes) {
        HELD.addAndGet(-bytes);
    }

    /** How many bytes there are. */
    static long held() {
        return HELD.get();
    }

    private static void collect() {
        while (HELD.get() > threshold) {
            if (COLLECTING.compareAndSet(false, true)) {
                try {
                    collectAlone();
                } finally {
                    COLLECTING.set(false);
                }
                return;
            }
            Pause.microseconds(1_000);
        }
    }

    private static void collectAlone() {
        if (HELD.get() <= threshold) {
            return;
        }
        CollectionEvent event = Recorder.collection(HELD.get());
        AtomicBoolean freed = leaveGarbage();
        System.gc();
        // The JDK frees arenas on another thread after the collector has run: wait until it has begun and releases no
        // more.
        long before = Long.MAX_VALUE;
        for (int wait = 0; wait < waits && (!freed.get() || HELD.get() < before); wait++) {
            before = HELD.get();
            Pause.microseconds(5_000);
        }
        if (event != null) {
            event.write(HELD.get(), freed.get());
        }
        // System.gc() does nothing where -XX:+DisableExplicitGC is set.
        waits = freed.get() ? MOST_WAITS : 1;
        threshold = HELD.get() + GROWTH;
    }

    /** An automatic arena that is garbage at once; the flag is set when it is freed. */
    private static AtomicBoolean leaveGarbage() {
        var freed = new AtomicBoolean();
        MemorySegment.ofAddress(0).reinterpret(AutomaticArenas.make(), _ -> freed.set(true));
        return freed;
    }
}
