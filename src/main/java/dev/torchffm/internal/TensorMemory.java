package dev.torchffm.internal;

import dev.torchffm.internal.events.Recorder;
import dev.torchffm.internal.events.TensorMemoryEvent;
import java.util.concurrent.atomic.LongAdder;

/** How much memory the results of operators have, for those who watch a process. */
final class TensorMemory {

    /** In arenas that somebody closes; {@link AutomaticMemory} counts the others. */
    private static final LongAdder NAMED = new LongAdder();

    /** Smaller results in arenas that somebody closes are left out: to count them would cost some percent of a call. */
    static final long LEAST = 64 << 10;

    private TensorMemory() {}

    static void taken(long bytes, boolean automatic) {
        if (automatic) {
            AutomaticMemory.taken(bytes);
        } else {
            NAMED.add(bytes);
        }
        if (Recorder.hasMemory()) {
            report();
        }
    }

    static void released(long bytes, boolean automatic) {
        if (automatic) {
            AutomaticMemory.released(bytes);
        } else {
            NAMED.add(-bytes);
        }
        if (Recorder.hasMemory()) {
            report();
        }
    }

    private static void report() {
        var event = new TensorMemoryEvent();
        if (event.shouldCommit()) {
            event.write(
                    NAMED.sum(), AutomaticMemory.held(), Recycler.ofResults().held());
        }
    }
}
