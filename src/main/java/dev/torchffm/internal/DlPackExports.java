package dev.torchffm.internal;

import static dev.torchffm.bindings.TorchFfm.tffm_dlpack_await;
import static dev.torchffm.bindings.TorchFfm.tffm_dlpack_export;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What exported structs of DLPack keep alive until their deleters run.
 *
 * <p>A deleter never calls into the JVM: that may be shutting down, and the deleter's thread may hold a lock that Java
 * waits for. It leaves a note, and a thread of this class waits for notes as long as anything is exported.
 */
public final class DlPackExports {

    /** The memory of each struct, by the struct's key in the shim. */
    private static final Map<Long, MemorySegment> KEPT = new HashMap<>();

    /** Where the shim leaves its notes; as long as one may come, the thread keeps this class, and so this memory. */
    private static final MemorySegment NOTES = Arena.ofAuto().allocate(ValueLayout.ADDRESS);

    private static final AtomicLong LATEST_KEY = new AtomicLong();

    /** Whether the thread runs. */
    private static boolean awaited;

    private DlPackExports() {}

    /**
     * Makes a struct over elements, which are kept until its deleter runs.
     *
     * @param versioned whether it is a {@code DLManagedTensorVersioned}, else a {@code DLManagedTensor}
     * @param elements memory that cannot be closed
     * @param dtype libtorch's code of the elements' type
     * @return the struct's address
     * @throws IllegalArgumentException when the shim refuses it
     */
    public static MemorySegment export(
            boolean versioned, MemorySegment elements, int dtype, long[] sizes, long[] strides) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment managed = arena.allocate(ValueLayout.ADDRESS);
            long key = LATEST_KEY.incrementAndGet();
            int status = tffm_dlpack_export(
                    versioned ? 1 : 0,
                    elements,
                    dtype,
                    sizes.length,
                    arena.allocateFrom(ValueLayout.JAVA_LONG, sizes),
                    arena.allocateFrom(ValueLayout.JAVA_LONG, strides),
                    elements.isReadOnly() ? 1 : 0,
                    key,
                    NOTES,
                    managed);
            if (status != Native.OK) {
                throw new IllegalArgumentException(Native.lastError());
            }
            keep(key, elements);
            return managed.get(ValueLayout.ADDRESS, 0);
        }
    }

    /** Called before the struct's address is given out, so that its deleter cannot have run. */
    private static void keep(long key, MemorySegment elements) {
        synchronized (KEPT) {
            if (!awaited) {
                Thread.ofPlatform()
                        .daemon()
                        .name("torch-ffm: DLPack")
                        .inheritInheritableThreadLocals(false)
                        .start(DlPackExports::awaitDeleters);
                awaited = true;
            }
            KEPT.put(key, elements);
        }
    }

    private static void awaitDeleters() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment key = arena.allocate(ValueLayout.JAVA_LONG);
            do {
                tffm_dlpack_await(NOTES, key);
            } while (letGo(key.get(ValueLayout.JAVA_LONG, 0)));
        }
    }

    /** {@return whether other structs are still exported} */
    private static boolean letGo(long key) {
        synchronized (KEPT) {
            KEPT.remove(key);
            awaited = !KEPT.isEmpty();
            return awaited;
        }
    }

    /** How many structs are exported. */
    public static int count() {
        synchronized (KEPT) {
            return KEPT.size();
        }
    }
}
