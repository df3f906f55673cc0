package dev.torchffm;

import java.lang.foreign.MemorySegment;
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

    private final @Nullable MemorySegment memory;
    private final List<Graph> inputs = new CopyOnWriteArrayList<>();

    /** A history that starts with a tensor over Java's memory, or over libtorch's for null. */
    Graph(@Nullable MemorySegment memory) {
        this.memory = memory;
    }

    /** Says that an operator was recorded whose inputs had these histories. */
    void record(List<Tensor> tensors) {
        for (Tensor tensor : tensors) {
            if (tensor.graph() != this && !inputs.contains(tensor.graph())) {
                inputs.add(tensor.graph());
            }
        }
    }

    /** Visits the memory of the whole history. */
    void forEachMemory(Consumer<MemorySegment> visitor) {
        if (memory != null || !inputs.isEmpty()) {
            visit(visitor, Collections.newSetFromMap(new IdentityHashMap<>()));
        }
    }

    private void visit(Consumer<MemorySegment> visitor, Set<Graph> visited) {
        if (visited.add(this)) {
            if (memory != null) {
                visitor.accept(memory);
            }
            for (Graph input : inputs) {
                input.visit(visitor, visited);
            }
        }
    }
}
