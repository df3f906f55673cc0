package dev.torchffm.internal;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Lets dev.torchffm's other packages call what users may not: libtorch's fused steps, which do not check that their lists
 * of tensors fit together, and compiled models.
 */
public final class UncheckedCalls {

    /** Makes the calls. */
    public interface Caller {

        /**
         * Calls a fused step.
         *
         * @param operator one of libtorch's fused steps
         * @param arguments lists of tensors first, as its schema has them
         */
        void step(Operator operator, @Nullable Object... arguments);

        /**
         * Runs a compiled model.
         *
         * @param inputs tensors; results live where results of the first do
         * @param kept tensors that are kept alive for the length of the run
         * @return its outputs; null for None
         */
        List<@Nullable Object> run(Operator model, List<?> inputs, List<?> kept);
    }

    private static volatile @Nullable Caller caller;

    private UncheckedCalls() {}

    /** Sets the caller, once, before the first tensor is made. */
    public static void open(Caller opened) {
        caller = opened;
    }

    /** The caller; whoever asks has tensors, so it is set. */
    public static Caller caller() {
        return Objects.requireNonNull(caller, "caller");
    }
}
