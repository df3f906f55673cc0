package dev.torchffm.internal.events;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** Memory that a large result was given. */
@Name("dev.torchffm.Recycling")
@Label("Recycling")
@Category("torch-ffm")
@Description("Memory for a large result: a block that was used before, or a new one")
@StackTrace(false)
public final class RecyclingEvent extends Event {

    @Label("Bytes")
    @Description("Of the block")
    @DataAmount
    final long bytes;

    @Label("Reused")
    @Description("Whether the block was used before")
    final boolean reused;

    @Label("Kept")
    @Description("Bytes that are kept for later")
    @DataAmount
    final long kept;

    /** A block that is handed out. */
    public RecyclingEvent(long bytes, boolean reused, long kept) {
        this.bytes = bytes;
        this.reused = reused;
        this.kept = kept;
    }
}
