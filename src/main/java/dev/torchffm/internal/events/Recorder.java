package dev.torchffm.internal.events;

import jdk.jfr.FlightRecorder;
import org.jspecify.annotations.Nullable;

/**
 * Begins events where somebody records them. Until a Flight Recorder runs no event is made, not even one that nobody
 * records: the first of a class registers it with the JDK, which takes a hundred milliseconds.
 */
public final class Recorder {

    /** Asked whether such events are recorded, without a new object for each call. */
    private static final class Any {
        static final OperatorEvent OPERATOR = new OperatorEvent("");
        static final TensorMemoryEvent MEMORY = new TensorMemoryEvent();
    }

    /** A JDK that was made smaller for a class path may lack it. */
    private static final boolean EXISTS =
            ModuleLayer.boot().findModule("jdk.jfr").isPresent();

    private Recorder() {}

    /** Whether there may be a recording. */
    public static boolean isOn() {
        return EXISTS && FlightRecorder.isInitialized();
    }

    /** Whether somebody records operators. */
    public static boolean hasOperators() {
        return isOn() && Any.OPERATOR.isEnabled();
    }

    /** Whether somebody records the memory of tensors. */
    public static boolean hasMemory() {
        return isOn() && Any.MEMORY.isEnabled();
    }

    /**
     * The event of a call that begins, or null.
     *
     * @param operator its text is the name
     */
    public static @Nullable OperatorEvent operator(Object operator) {
        return hasOperators() ? new OperatorEvent(operator) : null;
    }

    /** The event of a model's run that begins, or null. */
    public static @Nullable ModelRunEvent modelRun() {
        return isOn() ? new ModelRunEvent() : null;
    }

    /** The event of a collection that begins, or null. */
    public static @Nullable CollectionEvent collection(long held) {
        return isOn() ? new CollectionEvent(held) : null;
    }
}
