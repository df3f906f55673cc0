package dev.torchffm.internal;

import java.lang.foreign.Arena;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * New automatic arenas. The JDK enters each into one list under a monitor, and frees arenas under the same. A virtual
 * thread that waits for it gets its turn only after all others that are ready to run, and until then no arena is freed.
 * So a platform thread makes the arenas of virtual ones.
 */
public final class AutomaticArenas {

    private static final int BATCH = 256;

    private AutomaticArenas() {}

    /** A new automatic arena. */
    public static Arena make() {
        return Thread.currentThread().isVirtual() ? Maker.take() : Arena.ofAuto();
    }

    /** Apart, for most processes have no virtual threads. */
    private static final class Maker {

        private static final Queue<Arena> READY = new ConcurrentLinkedQueue<>();
        private static final @Nullable Thread THREAD = start();

        private static @Nullable Thread start() {
            try {
                return Thread.ofPlatform().daemon().name("torch-ffm arenas").start(Maker::run);
            } catch (OutOfMemoryError e) { // no thread can be made
                return null;
            }
        }

        private static void run() {
            while (true) {
                for (int i = 0; i < BATCH; i++) {
                    READY.add(Arena.ofAuto());
                }
                LockSupport.park();
            }
        }

        /** Waits for a while at most: where there is no memory, the maker has ended. */
        static Arena take() {
            Arena arena = READY.poll();
            for (int wait = 0; arena == null && THREAD != null && THREAD.isAlive() && wait < 1_000; wait++) {
                LockSupport.unpark(THREAD);
                Pause.microseconds(50);
                arena = READY.poll();
            }
            return arena == null ? Arena.ofAuto() : arena;
        }
    }
}
