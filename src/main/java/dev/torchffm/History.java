package dev.torchffm;

import dev.torchffm.internal.Handles;
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
    private static final class Past {

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

    private volatile boolean hasViews;
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

    /** Visits the memory of the whole history as {@link #visitMemory} does. A history may be too long for recursion. */
    void visitAllMemory(Consumer<MemorySegment> visitor) {
        Set<Past> visited = Collections.newSetFromMap(new IdentityHashMap<>());
        var pending = new ArrayDeque<Past>(List.of(past()));
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
        hasViews = true;
        return this;
    }

    /** A new history over the same storage. */
    History detached() {
        return new History(memory);
    }

    /** The history of a leaf's gradients. All share it, also after a gradient was cleared and computed again. */
    synchronized History ofGradient() {
        History history = gradient == null ? new History((MemorySegment) null).withView() : gradient;
        gradient = history; // without memory: gradients stand on libtorch's
        return history;
    }

    /** Records an operator whose inputs have these histories. */
    void record(List<History> histories) {
        List<Past> inputs = histories.stream().map(History::past).toList(); // each under its own lock, one at a time
        synchronized (this) {
            var all = new LinkedHashSet<>(List.of(past()));
            all.addAll(inputs);
            past = new Past(memory, List.copyOf(all));
        }
    }

    /** Forgets what the tensor was computed from, unless a view shares the history and may still need it. */
    synchronized void forget() {
        if (!hasViews) {
            past = null;
        }
    }
}
