package dev.torchffm;

import dev.torchffm.internal.CallFrame;
import dev.torchffm.internal.Handles;
import dev.torchffm.internal.Native;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The Java memory that a backward may still read. libtorch keeps its own memory alive for a backward, but knows nothing
 * of arenas. So each autograd history has an object here that refers to the memory of all that it was computed from,
 * and a backward passes this memory to its call.
 *
 * <p>A tensor and its views share one history. A detached tensor has a new one over the same storage.
 */
final class History {

    /** Whether a tensor of this process has ever asked for gradients. */
    private static volatile boolean requested;

    /** What a history was at one time. Never changed, as other histories may refer to it. */
    static final class Past {

        /** Java's memory, or null for libtorch's. An automatic arena's is held too, so that it is not collected. */
        final @Nullable MemorySegment memory;

        final List<Past> inputs;

        Past(@Nullable MemorySegment memory, List<Past> inputs) {
            this.memory = memory;
            this.inputs = inputs;
        }
    }

    private static void visit(@Nullable MemorySegment memory, Consumer<MemorySegment> visitor) {
        if (memory != null && Handles.canBeClosed(memory.scope())) {
            visitor.accept(memory);
        }
    }

    private final @Nullable MemorySegment memory;

    /** Null while nothing is recorded and no other history refers to this one. */
    private volatile @Nullable Past past;

    /** Whether it is that of a leaf's gradients, one after another; others are of one tensor and its views. */
    private boolean ofGradients;

    /** The handle that has this history; those of views share it. */
    private volatile @Nullable MemorySegment base;

    /** Whether libtorch was asked for the history of a view since the last write. What it then makes, it keeps. */
    private volatile boolean viewWasRead;

    /** Whether the past was let go, though until the next write a view may have it. */
    private boolean letGo;

    private @Nullable History gradient;

    /** A new history, of a tensor that stands on this storage. */
    History(Storage storage) {
        this(storage.ofLibtorch() ? null : storage.segment());
    }

    private History(@Nullable MemorySegment memory) {
        this.memory = memory;
    }

    private synchronized Past past() {
        Past known = past == null ? new Past(memory, List.of()) : past;
        past = known;
        return known;
    }

    /** Notes the handle of a tensor that has this history; the first is no view. */
    void belongsTo(Handle handle) {
        if (base == null) {
            base = handle.segment();
        }
    }

    /** Notes that libtorch may be asked for the history of the tensor of this handle, as by every recorded operator. */
    void read(Handle handle) {
        if (handle.segment() != base) {
            viewWasRead = true;
        }
    }

    /** What the tensor of this handle was computed from. Where that was let go, libtorch knows which views it concerns. */
    Past past(Handle handle) {
        synchronized (this) {
            if (!letGo) {
                return past();
            }
        }
        return hasHistory(handle) ? past() : new Past(memory, List.of());
    }

    private static boolean hasHistory(Handle handle) {
        try (CallFrame frame = CallFrame.take()) {
            TorchException.check(frame.describe(handle.segment()));
            return Native.describedIn(frame).hasHistory();
        }
    }

    /** Notes that a tensor asks for gradients. */
    static void request() {
        requested = true;
    }

    /** Whether a tensor of this process has ever asked for gradients. */
    static boolean gradientsWereRequested() {
        return requested;
    }

    /** Visits the Java memory that the tensor stands on, if it can be closed. */
    void visitMemory(Consumer<MemorySegment> visitor) {
        visit(memory, visitor);
    }

    /**
     * Visits the memory of the whole history of the tensor of this handle, as {@link #visitMemory} does. A history may be
     * too long for recursion.
     */
    void visitAllMemory(Handle handle, Consumer<MemorySegment> visitor) {
        Set<Past> visited = Collections.newSetFromMap(new IdentityHashMap<>());
        var pending = new ArrayDeque<Past>(List.of(past(handle)));
        while (!pending.isEmpty()) {
            Past reached = pending.pop();
            if (visited.add(reached)) {
                visit(reached.memory, visitor);
                pending.addAll(reached.inputs);
            }
        }
    }

    /** Notes that a view shares this history, and returns it. */
    History withView() {
        viewWasRead = true; // when it was made
        return this;
    }

    /** A new history over the same storage. */
    History detached() {
        return new History(memory);
    }

    /** The history of a leaf's gradients. All share it, also after a gradient was cleared and computed again. */
    synchronized History ofGradient() {
        if (gradient == null) {
            gradient = new History((MemorySegment) null); // without memory: gradients stand on libtorch's
            gradient.ofGradients = true;
        }
        return gradient;
    }

    /** Records an operator that wrote the tensor of this handle, from others with these pasts. */
    synchronized void record(Handle handle, List<Past> inputs) {
        var all = new LinkedHashSet<Past>();
        if (!letGo) {
            all.add(past());
        }
        all.addAll(inputs);
        past = new Past(memory, List.copyOf(all));
        letGo = false;
        viewWasRead = handle.segment() != base;
    }

    /** Lets the past go: backward() has freed it, or the tensor was detached in place, which libtorch refuses for views. */
    synchronized void forget() {
        if (ofGradients) {
            return; // another of them may need it
        }
        if (viewWasRead) {
            letGo = true;
        } else {
            past = null;
        }
    }
}
