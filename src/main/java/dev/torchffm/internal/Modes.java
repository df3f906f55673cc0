package dev.torchffm.internal;

import dev.torchffm.internal.loading.Settings;

/**
 * How the calling thread's operators run: a sum of the flags below. Java keeps it and passes it to each call, as a
 * virtual thread moves between the threads that libtorch sees.
 */
public final class Modes {

    // The first two are the shim's own numbers, which a test compares.

    /** Operators are not recorded. */
    public static final int NO_GRAD = 1;

    /** Operators are not recorded, versions are not counted, and new tensors take no part in autograd. */
    public static final int INFERENCE = 2;

    /** The shim's own loops clamp where they can; not passed to libtorch. */
    public static final int SHIM_KERNELS = 4;

    private static final int LIBTORCH_FLAGS = NO_GRAD | INFERENCE;

    private static final Integer DEFAULT = Integer.valueOf(Settings.SHIM_KERNELS ? SHIM_KERNELS : 0);

    private static final ThreadLocal<Integer> CURRENT = ThreadLocal.withInitial(() -> DEFAULT);

    private Modes() {}

    /** The thread's flags that are passed to libtorch. */
    public static int current() {
        return CURRENT.get() & LIBTORCH_FLAGS;
    }

    /** Whether new tensors take no part in autograd. */
    public static boolean isInference() {
        return (CURRENT.get() & INFERENCE) != 0;
    }

    /** Whether the shim's own loops clamp where they can. */
    public static boolean hasShimKernels() {
        return (CURRENT.get() & SHIM_KERNELS) != 0;
    }

    /** Whether operators on tensors that require gradients are recorded. */
    public static boolean records() {
        return (CURRENT.get() & LIBTORCH_FLAGS) == 0;
    }

    /** The thread's flags. */
    public static int get() {
        return CURRENT.get();
    }

    /** Sets the thread's flags. */
    public static void set(int flags) {
        CURRENT.set(flags);
    }
}
