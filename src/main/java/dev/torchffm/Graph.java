package dev.torchffm;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Java's memory that libtorch may read when it computes gradients: libtorch keeps its own memory alive by
 * itself, and knows nothing of arenas. One for each autograd history; a tensor and its views share theirs.
 */
final class Graph {

    /** Whether a tensor of this process has ever asked for gradients. */
    private static volatile boolean inUse;

    /** Held here also when nobody can close it, for then the garbage collector must not. */
    private final @Nullable MemorySegment memory;

    private final boolean closable;
    private final List<Graph> inputs = new CopyOnWriteArrayList<>();
    private @Nullable Graph gradient;

    /**
     * A history that starts with a tensor over Java's memory, or over libtorch's for null.
     *
     * @param closable whether the memory's arena might be closed: it is no automatic one
     */
    Graph(@Nullable MemorySegment memory, boolean closable) {
        this.memory = memory;
        this.closable = closable;
    }

    /** Visits Java's memory that this tensor stands on, unless nobody can close it. */
    void keepMemory(Consumer<MemorySegment> visitor) {
        if (memory != null && closable) {
            visitor.accept(memory);
        }
    }

    /** The history of a leaf's gradient: one, however often the gradient is asked for. */
    synchronized Graph ofGradient() {
        Graph graph = gradient == null ? new Graph(null, false) : gradient;
        gradient = graph;
        return graph;
    }

    static void use() {
        inUse = true;
    }

    static boolean isInUse() {
        return inUse;
    }

    /** Says that an operator was recorded whose inputs had these histories. */
    void record(List<Tensor> tensors) {
        for (Tensor tensor : tensors) {
            if (tensor.graph() != this && !inputs.contains(tensor.graph())) {
                inputs.add(tensor.graph());
            }
        }
    }

    /** Visits the memory of the whole history, which may be long, as {@link #keepMemory} does. */
    void forEachMemory(Consumer<MemorySegment> visitor) {
        Set<Graph> visited = Collections.newSetFromMap(new IdentityHashMap<>());
        var pending = new ArrayDeque<Graph>(List.of(this));
        while (!pending.isEmpty()) {
            Graph graph = pending.pop();
            if (visited.add(graph)) {
                graph.keepMemory(visitor);
                pending.addAll(graph.inputs);
            }
        }
    }
}
