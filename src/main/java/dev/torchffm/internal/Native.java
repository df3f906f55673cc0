package dev.torchffm.internal;

import static dev.torchffm.bindings.TorchFfm.tffm_get_num_threads;
import static dev.torchffm.bindings.TorchFfm.tffm_grad_fn;
import static dev.torchffm.bindings.TorchFfm.tffm_last_error;

import dev.torchffm.bindings.TorchFfm;
import dev.torchffm.bindings.tffm_info;
import dev.torchffm.internal.loading.Libraries;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What calls of the shim have in common: loading it, the status, the text of a failure, the description of a tensor.
 * Callers call the functions of {@link TorchFfm} themselves.
 *
 * <p>A tensor is passed as its handle and the memory that it stands on: the linker keeps arguments alive, so neither
 * can be closed during a call.
 */
public final class Native {

    /** The status of a call that succeeded. */
    public static final int OK = 0;

    /** The status of a call whose arguments the shim refused. */
    public static final int INVALID_ARGUMENT = 2;

    /** The status of a call that did nothing, as the shim leaves this case to another function. */
    public static final int UNSUPPORTED = 3;

    /** The most dimensions that a tensor may have. */
    public static final int MAX_DIM = 64;

    private static volatile boolean loaded;

    /** One that will not pass. */
    private static @Nullable Throwable lastingFailure;

    private Native() {}

    /** Why libtorch could not be loaded, or null when it is; loads it, if that was not done or may succeed this time. */
    public static @Nullable Throwable loadingFailure() {
        return loaded ? null : load();
    }

    private static synchronized @Nullable Throwable load() {
        if (loaded || lastingFailure != null) {
            return lastingFailure;
        }
        Throwable failure = loadOnAThread();
        if (failure == null) {
            loaded = true;
        } else if (!Libraries.mayPass(failure)) {
            lastingFailure = failure;
        }
        return failure;
    }

    /** Loads on a thread that nobody interrupts, as that would close files, and that has a whole stack. */
    private static @Nullable Throwable loadOnAThread() {
        var failure = new AtomicReference<@Nullable Throwable>();
        Thread thread = Thread.ofPlatform().daemon().name("torch-ffm loads").unstarted(() -> {
            try {
                Libraries.load();
            } catch (Throwable e) {
                failure.set(e);
            }
        });
        try {
            thread.start();
        } catch (OutOfMemoryError e) { // The system lets this process make no more threads.
            return Libraries.failure(e);
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return failure.get();
    }

    /**
     * The text of this thread's last failure; to be called right after it, before a virtual thread can move to another
     * carrier.
     */
    public static String lastError() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
            tffm_last_error(out);
            return out.get(TorchFfm.C_POINTER, 0).getString(0);
        }
    }

    /** How many threads an operator of this thread may run on; to be called where libtorch is loaded. */
    public static int numThreads() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(ValueLayout.JAVA_INT);
            tffm_get_num_threads(count); // it fails by an exception of C++ only, of which it throws none
            return count.get(ValueLayout.JAVA_INT, 0);
        }
    }

    /**
     * What a call says of a tensor.
     *
     * @param storage equal for all tensors over one memory
     * @param requiresGrad whether operators on it are recorded
     * @param hasHistory whether it is the result of a recorded operator
     */
    public record Info(MemorySegment storage, boolean requiresGrad, boolean hasHistory) {}

    /** What a frame holds about the tensor that was described last. */
    public static Info describedIn(CallFrame frame) {
        MemorySegment info = frame.info();
        return new Info(tffm_info.storage(info), tffm_info.requires_grad(info) != 0, tffm_info.has_history(info) != 0);
    }

    /**
     * The name of the backward that made a tensor, such as "ClampBackward1"; empty for a leaf. As in Python it is "Invalid"
     * for a view of another mode whose base was then written: libtorch refuses to say it.
     */
    public static String gradFn(MemorySegment self) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocate(256);
            return tffm_grad_fn(self, name, name.byteSize()) == OK ? name.getString(0) : "Invalid";
        }
    }
}
