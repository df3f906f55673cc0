package dev.torchffm.internal;

import dev.torchffm.internal.loading.Settings;

/**
 * How the calling thread's operators are run: a sum of the flags below. It is Java's to keep, and each call is
 * told: a virtual thread moves between the threads that libtorch sees.
 */
public final class Modes {

    // Literals, as in Native: a test compares the first two with the shim's.

    /** Operators are not recorded. */
    public static final int NO_GRAD = 1;

    /** Nor are versions counted, and new tensors take no part in autograd. */
    public static final int INFERENCE = 2;

    /** The shim's own loops clamp where they serve; nothing that libtorch is told. */
    public static final int SHIM_KERNELS = 4;

    private static final int LIBTORCHS = NO_GRAD | INFERENCE;

    private static final Integer DEFAULT = Integer.valueOf(Settings.SHIM_KERNELS ? SHIM_KERNELS : 0);

    private static final ThreadLocal<Integer> CURRENT = ThreadLocal.withInitial(() -> DEFAULT);

    private Modes() {}

    /** The thread's flags that libtorch is told. */
    public static int current() {
        return CURRENT.get() & LIBTORCHS;
    }

    /** Whether new tensors take no part in autograd. */
    public static boolean isInference() {
        return (CURRENT.get() & INFERENCE) != 0;
    }

    /** Whether the shim's own loops are asked for. */
    public static boolean hasShimKernels() {
        return (CURRENT.get() & SHIM_KERNELS) != 0;
    }

    /** Whether operators on tensors that require gradients are recorded. */
    public static boolean records() {
        return (CURRENT.get() & LIBTORCHS) == 0;
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
