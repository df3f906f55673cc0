package dev.torchffm.internal;

import java.lang.foreign.Arena;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * New automatic arenas. The JDK enters each into one list under a monitor, and frees arenas under the same. A virtual
 * thread that waits for it gets its turn only after all others that are ready to run, and until then no arena is freed.
 * So a platform thread makes the arenas of virtual ones.
 */
public final class AutomaticArenas {

    private static final int BATCH = 256;

    /** How long the thread waits to be asked again. */
    private static final long IDLE_NANOS = 100_000_000;

    private AutomaticArenas() {}

    /** A new automatic arena. */
    public static Arena make() {
        return Thread.currentThread().isVirtual() ? Maker.take() : Arena.ofAuto();
    }

    /** Apart, for most processes have no virtual threads. */
    private static final class Maker {

        private static final Queue<Arena> READY = new ConcurrentLinkedQueue<>();
        private static final AtomicReference<@Nullable Thread> THREAD = new AtomicReference<>();

        /** Makes arenas until nobody has asked for a while: a thread holds the class loader, which may be unloaded. */
        private static void run() {
            try {
                long made;
                do {
                    for (int i = 0; i < BATCH; i++) {
                        READY.add(Arena.ofAuto());
                    }
                    made = System.nanoTime();
                    LockSupport.parkNanos(IDLE_NANOS);
                } while (System.nanoTime() - made < IDLE_NANOS);
            } finally {
                THREAD.set(null);
            }
        }

        /** Wakes the thread, or starts one; false where no thread can be made. */
        private static boolean ask() {
            Thread thread = THREAD.get();
            if (thread != null) {
                LockSupport.unpark(thread);
                return true;
            }
            Thread made = Thread.ofPlatform()
                    .daemon()
                    .name("torch-ffm arenas")
                    .inheritInheritableThreadLocals(false)
                    .unstarted(Maker::run);
            if (THREAD.compareAndSet(null, made)) {
                try {
                    made.start();
                } catch (OutOfMemoryError e) {
                    THREAD.set(null);
                    return false;
                }
            }
            return true;
        }

        /** Waits for a while at most: where there is no memory, no arena may come. */
        static Arena take() {
            Arena arena = READY.poll();
            for (int wait = 0; arena == null && wait < 1_000 && ask(); wait++) {
                Pause.microseconds(50);
                arena = READY.poll();
            }
            return arena == null ? Arena.ofAuto() : arena;
        }
    }
}
