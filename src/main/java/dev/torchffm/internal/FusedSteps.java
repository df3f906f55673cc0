package dev.torchffm.internal;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The door through which dev.torchffm.optim calls libtorch's fused steps. They trust that their lists of tensors fit,
 * so users may not call them.
 */
public final class FusedSteps {

    /** Makes a step. */
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

    /** Opens the door; the class of tensors does so once. */
    public static void open(Caller opened) {
        caller = opened;
    }

    /** The caller; there is one as soon as there is a tensor. */
    public static Caller caller() {
        return Objects.requireNonNull(caller, "caller");
    }
}
