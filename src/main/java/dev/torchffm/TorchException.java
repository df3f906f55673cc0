package dev.torchffm;

import dev.torchffm.internal.Native;
import java.io.Serial;
import org.jspecify.annotations.Nullable;

/**
 * A failure of libtorch, with libtorch's own text and without its backtrace, or the failure to load it, with
 * every remedy named.
 */
public final class TorchException extends RuntimeException {

    @Serial
    private static final long serialVersionUID = 1;

    TorchException(@Nullable String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** Turns the status of a call of this thread into an exception, at once, or returns. */
    static void check(int status) {
        if (status != Native.OK) {
            throw failure(status);
        }
    }

    private static RuntimeException failure(int status) {
        String text = Native.lastError();
        return status == Native.INVALID_ARGUMENT ? new IllegalArgumentException(text) : new TorchException(text, null);
    }

    /** Returns when libtorch is loaded, and throws why it is not otherwise. */
    static void requireLibtorch() {
        Throwable failure = Native.loadingFailure();
        if (failure != null) {
            throw new TorchException(failure.getMessage(), failure);
        }
    }
}
