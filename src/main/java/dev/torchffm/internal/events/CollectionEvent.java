package dev.torchffm.internal.events;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** A collection that the garbage collector was asked for. */
@Name("dev.torchffm.Collection")
@Label("Collection Asked For")
@Category("torch-ffm")
@Description("The garbage collector was asked to free tensors in automatic arenas, and the thread waited for it")
public final class CollectionEvent extends Event {

    @Label("Held")
    @Description("Bytes of results in automatic arenas before")
    @DataAmount
    final long held;

    @Label("Freed")
    @Description("Bytes of them that were freed meanwhile, less those that were made")
    @DataAmount
    long freed;

    @Label("Collected")
    @Description("Whether the collector has run; not so with -XX:+DisableExplicitGC")
    boolean collected;

    CollectionEvent(long held) {
        this.held = held;
        begin();
    }

    /** The thread has waited. */
    public void write(long stillHeld, boolean collected) {
        freed = held - stillHeld;
        this.collected = collected;
        commit();
    }
}
