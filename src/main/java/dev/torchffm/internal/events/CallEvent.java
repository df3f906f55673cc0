package dev.torchffm.internal.events;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.StackTrace;

/** A call of native code. Such events have no stack, which would cost more than the call. */
@Category("torch-ffm")
@StackTrace(false)
abstract class CallEvent extends Event {

    @Label("Bytes")
    @Description("Of the elements of all tensors that it takes, and of those that it makes; a view makes none")
    @DataAmount
    long bytes;

    @Label("Failed")
    @Description("Whether it ended with an exception")
    boolean failed = true;

    /** The call has succeeded. */
    public final void succeeded() {
        end();
        failed = false;
    }

    /** Whether somebody records it, as long as it took. */
    public final boolean isLong() {
        if (failed) {
            end();
        }
        return shouldCommit();
    }
}
