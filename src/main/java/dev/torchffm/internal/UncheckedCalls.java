package dev.torchffm.internal;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Lets dev.torchffm.optim call libtorch's fused steps. These do not check that their lists of tensors fit together, so
 * users may not call them.
 */
public final class FusedSteps {

    /** Calls a fused step. */
    public interface Caller {

        /**
         * Calls a fused operator.
         *
         * @param operator one of libtorch's fused steps
         * @param arguments lists of tensors first, as its schema has them
         */
        void call(Operator operator, @Nullable Object... arguments);
    }

    private static volatile @Nullable Caller caller;

    private FusedSteps() {}

    /** Sets the caller, once, before the first tensor is made. */
    public static void open(Caller opened) {
        caller = opened;
    }

    /** The caller; an optimizer has tensors, so it is set. */
    public static Caller caller() {
        return Objects.requireNonNull(caller, "caller");
    }
}
