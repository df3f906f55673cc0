package dev.torchffm.internal.events;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Threshold;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

/** A run of a compiled model. */
@Name("dev.torchffm.ModelRun")
@Label("Model Run")
@Description("A run of a compiled model, with the wait until an instance of it is free")
@Threshold("1 ms")
public final class ModelRunEvent extends CallEvent {

    @Label("Model")
    @Description("Its name, and the file of its package")
    @Nullable
    String model;

    @Label("Waited")
    @Description("Until an instance of the model was free")
    @Timespan(Timespan.NANOSECONDS)
    long waited;

    private final transient long asked;

    ModelRunEvent() {
        begin();
        asked = System.nanoTime();
    }

    /** An instance is free. */
    public void waited() {
        waited = System.nanoTime() - asked;
    }

    /** Writes the event. */
    public void write(String model, long bytes) {
        this.model = model;
        this.bytes = bytes;
        commit();
    }
}
