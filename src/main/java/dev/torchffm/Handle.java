package dev.torchffm;

import dev.torchffm.internal.Handles;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A handle on a libtorch tensor, with those of its properties that never change.
 *
 * @param segment the handle, which its arena frees
 * @param dtype the elements' type
 * @param layout where the elements lie; operators that would change it in place are refused
 * @param inference whether it was made in inference mode and takes no part in autograd
 * @param automatic whether its arena is an automatic one, which cannot be closed
 * @param parameter whether it is a module's parameter, which is printed as one
 */
record Handle(
        MemorySegment segment, DType dtype, Layout layout, boolean inference, boolean automatic, boolean parameter) {

    Handle(MemorySegment segment, DType dtype, Layout layout, boolean inference) {
        this(segment, dtype, layout, inference, Handles.isAutomatic(segment.scope()), false);
    }

    Handle ofParameter() {
        return new Handle(segment, dtype, layout, inference, automatic, true);
    }

    /** Refuses the handle, or memory that it stands on, whose arena is closed or confined to another thread. */
    void requireAlive(MemorySegment needed) {
        if (!needed.scope().isAlive()) {
            throw new IllegalStateException("the arena of " + this
                    + " is closed: use the tensor before, or give it an arena that lives longer");
        }
        if (!needed.isAccessibleBy(Thread.currentThread())) {
            throw new WrongThreadException(
                    "the arena of " + this + " is confined to another thread: use the tensor there,"
                            + " or make it in a shared or an automatic arena");
        }
    }

    /** For messages: which tensor it is. */
    @Override
    public String toString() {
        return "the " + dtype + " tensor with sizes " + Arrays.toString(layout.sizes());
    }
}
