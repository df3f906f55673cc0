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
 * Which of Java's memory a backward may still read. The mismatch: libtorch keeps its own memory alive for a backward,
 * and knows nothing of arenas. The solution: each autograd history has an object here that refers to the memory of what
 * it was computed from, and a backward passes all of it to its call.
 *
 * <p>A tensor and its views share theirs. Two histories may stand on one storage: a detached tensor's begins anew.
 */
final class History {

    /** Whether a tensor of this process has ever asked for gradients. */
    private static volatile boolean requested;

    /** What a history was at some time: never changed, for others may have begun there. */
    private static final class Past {

        /** Java's, or null for libtorch's. Held here also where nobody can close it: it must not be collected. */
        final @Nullable MemorySegment memory;

        final List<Past> inputs;

        Past(@Nullable MemorySegment memory, List<Past> inputs) {
            this.memory = memory;
            this.inputs = inputs;
        }
    }

    private static void visit(@Nullable MemorySegment memory, Consumer<MemorySegment> visitor) {
        if (memory != null && !Handles.isAutomatic(memory.scope())) {
            visitor.accept(memory);
        }
    }

    private final @Nullable MemorySegment memory;

    /** Null for one that begins here and that nobody has asked for. */
    private volatile @Nullable Past past;

    private volatile boolean hasViews;
    private @Nullable History gradient;

    /** A history that begins here, of a tensor that stands on this storage. */
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

    /** Says that a tensor asks for gradients. */
    static void request() {
        requested = true;
    }

    /** Whether a tensor of this process has ever asked for gradients. */
    static boolean gradientsWereRequested() {
        return requested;
    }

    /** Visits Java's memory that the tensor stands on, unless nobody can close it. */
    void visitMemory(Consumer<MemorySegment> visitor) {
        visit(memory, visitor);
    }

    /** Visits the memory of the whole history, which may be long, as {@link #visitMemory} does. */
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

    /** Says that a view shares this. */
    History withView() {
        hasViews = true;
        return this;
    }

    /** A history over the same storage that begins here. */
    History detached() {
        return new History(memory);
    }

    /** The history of the gradients of a leaf: one, however often they are asked for, taken away and made anew. */
    synchronized History ofGradient() {
        History history = gradient == null ? new History((MemorySegment) null).withView() : gradient;
        gradient = history; // of libtorch's memory; an earlier gradient may have it
        return history;
    }

    /** Says that an operator was recorded whose inputs had these histories. */
    void record(List<History> histories) {
        List<Past> inputs = histories.stream().map(History::past).toList(); // each under its own lock, one at a time
        synchronized (this) {
            var all = new LinkedHashSet<>(List.of(past()));
            all.addAll(inputs);
            past = new Past(memory, List.copyOf(all));
        }
    }

    /** Says that the tensor has no history any more. One that a view shares is kept: the view may still have it. */
    synchronized void forget() {
        if (!hasViews) {
            past = null;
        }
    }
}
