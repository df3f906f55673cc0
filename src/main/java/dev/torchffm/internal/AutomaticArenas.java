package dev.torchffm.internal;

import java.lang.foreign.Arena;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * New automatic arenas. The JDK enters each into one list under a monitor, and frees arenas under the same. A virtual
 * thread that waits for it gets its turn only after all others that are ready to run, and until then no arena is freed.
 * So a platform thread makes the arenas of virtual ones.
 */
public final class AutomaticArenas {

    private static final int BATCH = 1024;

    private AutomaticArenas() {}

    /** A new automatic arena. */
    public static Arena make() {
        return Thread.currentThread().isVirtual() ? Maker.take() : Arena.ofAuto();
    }

    /** Apart, for most processes have no virtual threads. */
    private static final class Maker {

        private static final Queue<Arena> READY = new ConcurrentLinkedQueue<>();
        private static final AtomicBoolean MAKES = new AtomicBoolean();

        /** Starts the thread, which ends soon, as it would hold our class loader. */
        private static boolean start() {
            try {
                Thread.ofPlatform()
                        .daemon()
                        .name("torch-ffm arenas")
                        .inheritInheritableThreadLocals(false)
                        .start(Maker::run);
                return true;
            } catch (OutOfMemoryError e) { // no thread can be made
                MAKES.set(false);
                return false;
            }
        }

        private static void run() {
            try {
                for (int i = 0; i < BATCH; i++) {
                    READY.add(Arena.ofAuto());
                }
            } finally {
                MAKES.set(false);
            }
        }

        /** Waits for a while at most: where there is no memory, no arena may come. */
        static Arena take() {
            Arena arena = READY.poll();
            for (int wait = 0; arena == null && wait < 1_000; wait++) {
                if (MAKES.compareAndSet(false, true) && !start()) {
                    break;
                }
                Pause.microseconds(50);
                arena = READY.poll();
            }
            return arena == null ? Arena.ofAuto() : arena;
        }
    }
}
