package dev.torchffm.internal.events;

import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Label;
import jdk.jfr.Name;
import org.jspecify.annotations.Nullable;

/** A call of an operator. There are a million a second, so a recording has none that does not ask for them. */
@Name("dev.torchffm.Operator")
@Label("Operator")
@Description("A call of an operator of libtorch, or of the shim's own clamp; not what a compiled model calls")
@Enabled(false)
public final class OperatorEvent extends CallEvent {

    @Label("Operator")
    @Description("Its name, with the overload after a dot")
    @Nullable
    String operator;

    private final transient Object called;

    /**
     * A call that begins; {@link Recorder} says whether somebody records it.
     *
     * @param called its text is the name
     */
    public OperatorEvent(Object called) {
        this.called = called;
        begin();
    }

    /** Writes the event if somebody records it, as long as it took. */
    public void write(long bytes) {
        if (isLong()) {
            operator = called.toString();
            this.bytes = bytes;
            commit();
        }
    }
}
