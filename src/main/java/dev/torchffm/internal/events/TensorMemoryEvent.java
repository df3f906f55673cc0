package dev.torchffm.internal.events;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Throttle;

/** How much memory tensors use. As it changes at each call, a recording has none that does not ask for them. */
@Name("dev.torchffm.TensorMemory")
@Label("Tensor Memory")
@Category("torch-ffm")
@Description("Memory of results of operators; told when it changes, some times a second at most")
@Enabled(false)
@StackTrace(false)
@Throttle("10/s")
public final class TensorMemoryEvent extends Event {

    @Label("In Use")
    @Description("Bytes of results whose arena is open; in arenas that somebody closes, of those of 64 KiB or more")
    @DataAmount
    long inUse;

    @Label("Automatic")
    @Description("Bytes of those in automatic arenas, which the garbage collector frees")
    @DataAmount
    long automatic;

    @Label("Kept")
    @Description("Bytes that no result uses, kept for large ones")
    @DataAmount
    long kept;

    /**
     * Writes the event.
     *
     * @param named bytes in arenas that somebody closes
     */
    public void write(long named, long automatic, long kept) {
        inUse = named + automatic;
        this.automatic = automatic;
        this.kept = kept;
        commit();
    }
}
