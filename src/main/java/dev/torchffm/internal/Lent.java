package dev.torchffm.internal;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Memory that is lent to consumers of DLPack, and kept from the garbage collector until they give it back.
 *
 * <p>A deleter never calls into the JVM, which might be gone, or its thread hold a lock that Java waits for: it leaves
 * a note in the shim, for which a thread of this class waits as long as anything is lent.
 */
public final class Lent {

    private static final Map<Long, MemorySegment> LENT = new HashMap<>();

    private static long latest;
    private static boolean awaited;

    private Lent() {}

    /**
     * A struct of DLPack's over elements whose arena nobody can close, or null where the shim refuses it and
     * {@link Shim#lastError} tells why.
     */
    public static @Nullable MemorySegment lend(
            boolean versioned, MemorySegment elements, int dtype, long[] sizes, long[] strides) {
        MemorySegment cell = Shim.resultCell();
        synchronized (LENT) {
            long key = ++latest;
            LENT.put(key, elements);
            boolean done = false;
            try {
                if (!awaited) {
                    Thread.ofPlatform()
                            .daemon()
                            .name("torch-ffm: DLPack")
                            .inheritInheritableThreadLocals(false)
                            .start(Lent::takeBack);
                    awaited = true;
                }
                done = Shim.dlpackExport(versioned, elements, dtype, sizes, strides, key, cell) == Shim.OK;
            } finally {
                if (!done) {
                    LENT.remove(key);
                }
            }
            return done ? cell.get(ValueLayout.ADDRESS, 0) : null;
        }
    }

    private static void takeBack() {
        while (true) {
            long key = Shim.dlpackAwait();
            synchronized (LENT) {
                LENT.remove(key);
                if (LENT.isEmpty()) {
                    awaited = false;
                    return;
                }
            }
        }
    }

    /** How many tensors are lent. */
    public static int count() {
        synchronized (LENT) {
            return LENT.size();
        }
    }
}
