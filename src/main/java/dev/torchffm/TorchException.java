package dev.torchffm;

import dev.torchffm.internal.Native;
import java.io.Serial;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A failure of libtorch, with libtorch's own text and without its backtrace, the same in PyTorch's words where only
 * Python checks, or the failure to load libtorch, with every remedy.
 */
public final class TorchException extends RuntimeException {

    @Serial
    private static final long serialVersionUID = 1;

    /** libtorch's advice that names what only Python has, and ours. */
    private static final Map<Pattern, String> ADVICE = Map.of(
            Pattern.compile("Hint: (enable anomaly detection|the backtrace further above).*", Pattern.DOTALL),
            "Hint: give the operator that reads the elements a clone(), or write them after backward().",
            Pattern.compile("Specify retain_graph=True if you need .*", Pattern.DOTALL),
            "Compute the results again before each backward(), or give the first retainGraph.",
            Pattern.compile("`torch\\.no_grad\\(\\)` instead of `torch\\.inference_mode\\(\\)`"),
            "Torch.noGrad() instead of Torch.inferenceMode()");

    /**
     * A failure that libtorch has no part in, in PyTorch's words.
     *
     * @param message what failed
     */
    public TorchException(String message) {
        this(message, null);
    }

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
        return status == Native.INVALID_ARGUMENT
                ? new IllegalArgumentException(text)
                : new TorchException(withAdviceForJava(text), null);
    }

    /** libtorch's text, with what its advice for Python is here. */
    private static String withAdviceForJava(String text) {
        String advised = text;
        for (Map.Entry<Pattern, String> advice : ADVICE.entrySet()) {
            advised = advice.getKey().matcher(advised).replaceAll(advice.getValue());
        }
        return advised;
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
