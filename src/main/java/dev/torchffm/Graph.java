package dev.torchffm;

import dev.torchffm.internal.Handles;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Java's memory that libtorch may read when it computes gradients: libtorch keeps its own memory alive by
 * itself, and knows nothing of arenas. One for each autograd history; a tensor and its views share theirs.
 */
final class Graph {

    /** Whether a tensor of this process has ever asked for gradients. */
    private static volatile boolean inUse;

    /** What a history was at some time: never changed, for others may have begun there. */
    private static final class Past {

        /** Held here also when nobody can close it, for then the garbage collector must not. */
        final @Nullable MemorySegment memory;

        final List<Past> inputs;

        Past(@Nullable MemorySegment memory, List<Past> inputs) {
            this.memory = memory;
            this.inputs = inputs;
        }

        void keepMemory(Consumer<MemorySegment> visitor) {
            if (memory != null && !Handles.isCollected(memory.scope())) {
                visitor.accept(memory);
            }
        }
    }

    private volatile Past past;
    private volatile boolean hasViews;
    private @Nullable Graph gradient;

    /** A history that starts with a tensor over Java's memory, or over libtorch's for null. */
    Graph(@Nullable MemorySegment memory) {
        past = new Past(memory, List.of());
    }

    /** Visits Java's memory that this tensor stands on, unless nobody can close it. */
    void keepMemory(Consumer<MemorySegment> visitor) {
        past.keepMemory(visitor);
    }

    /** The history of the gradients on this memory: one, however often they are asked for, taken away and made anew. */
    synchronized Graph ofGradient() {
        Graph graph = gradient == null ? new Graph(null).withView() : gradient; // an earlier gradient may have it
        gradient = graph;
        return graph;
    }

    /** A history that begins here, over the same memory. */
    Graph detached() {
        return new Graph(past.memory);
    }

    static void use() {
        inUse = true;
    }

    static boolean isInUse() {
        return inUse;
    }

    /** Says that a view shares this. */
    Graph withView() {
        hasViews = true;
        return this;
    }

    /** Says that an operator was recorded whose inputs had these histories. */
    synchronized void record(List<Tensor> tensors) {
        var inputs = new ArrayList<>(List.of(past));
        for (Tensor tensor : tensors) {
            Past input = tensor.graph().past;
            if (!inputs.contains(input)) {
                inputs.add(input);
            }
        }
        past = new Past(past.memory, inputs);
    }

    /** Says that the tensor has no history any more. One that a view shares is kept: the view may still have it. */
    synchronized void forget() {
        if (!hasViews && !past.inputs.isEmpty()) {
            past = new Past(past.memory, List.of());
        }
    }

    /** Visits the memory of the whole history, which may be long, as {@link #keepMemory} does. */
    void forEachMemory(Consumer<MemorySegment> visitor) {
        Set<Past> visited = Collections.newSetFromMap(new IdentityHashMap<>());
        var pending = new ArrayDeque<Past>(List.of(past));
        while (!pending.isEmpty()) {
            Past reached = pending.pop();
            if (visited.add(reached)) {
                reached.keepMemory(visitor);
                pending.addAll(reached.inputs);
            }
        }
    }
}
