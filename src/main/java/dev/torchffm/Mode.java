package dev.torchffm;

import dev.torchffm.internal.Modes;

/**
 * How the calling thread's operators are run, until this is closed: made by {@link Torch#noGrad}, {@link
 * Torch#inferenceMode} and {@link Torch#kernels}.
 *
 * <p>A mode belongs to the thread, platform or virtual, that opened it, as {@code torch.no_grad()} does; threads
 * that it starts begin in the default mode. Modes are closed in the reverse order of their opening.
 */
public final class Mode implements AutoCloseable {

    /** How many modes the thread has open. No Mode: one that is never closed would hold our class loader. */
    private static final ThreadLocal<Integer> OPEN = ThreadLocal.withInitial(() -> 0);

    private final Thread thread = Thread.currentThread();
    private final int before = Modes.get();
    private final int outer = OPEN.get();
    private boolean closed;

    Mode(int cleared, int set) {
        Modes.set(before & ~cleared | set);
        OPEN.set(outer + 1);
    }

    /**
     * Returns to the mode before this one. Closing again does nothing.
     *
     * @throws WrongThreadException on another thread than the one that opened this mode
     * @throws IllegalStateException when a mode that was opened later is still open
     */
    @Override
    public void close() {
        if (Thread.currentThread() != thread) {
            throw new WrongThreadException("the mode was opened by " + thread + ", which must close it");
        }
        if (closed) {
            return;
        }
        if (OPEN.get() != outer + 1) {
            throw new IllegalStateException("a mode that was opened later is still open, and must be closed first");
        }
        closed = true;
        Modes.set(before);
        OPEN.set(outer);
    }
}
