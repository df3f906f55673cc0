package dev.torchffm;

import dev.torchffm.internal.Native;
import java.io.Serial;
import org.jspecify.annotations.Nullable;

/**
 * A failure of libtorch, with libtorch's own text and without its backtrace, or the failure to load it, with
 * every remedy.
 */
public final class TorchException extends RuntimeException {

    @Serial
    private static final long serialVersionUID = 1;

    TorchException(@Nullable String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** Throws the exception for a status, if it is a failure's; to be called right after the call that gave it. */
    static void check(int status) {
        if (status != Native.OK) {
            throw failure(status);
        }
    }

    private static RuntimeException failure(int status) {
        String text = Native.lastError();
        return status == Native.INVALID_ARGUMENT ? new IllegalArgumentException(text) : new TorchException(text, null);
    }

    /** Throws the reason if libtorch could not be loaded. */
    static void requireLibtorch() {
        Throwable failure = Native.loadingFailure();
        if (failure != null) {
            throw new TorchException(
                    failure.getMessage(), failure.getCause()); // which has no remedies, so they come once
        }
    }
}
