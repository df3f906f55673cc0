package dev.torchffm.examples.relu;

import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Objects;

/** Operators of libtorch that have no method of their own, by {@link Torch#call}. */
final class Aten {

    private Aten() {}

    static Tensor cos(Tensor x) {
        return result(Torch.call("aten::cos", x));
    }

    static Tensor sin(Tensor x) {
        return result(Torch.call("aten::sin", x));
    }

    /** Tensors of equal sizes side by side, along a new last dimension. */
    static Tensor sideBySide(Tensor... columns) {
        return result(Torch.call("aten::stack", List.of(columns), -1));
    }

    /** Tensors one below the other. */
    static Tensor oneBelowTheOther(Tensor... rows) {
        return result(Torch.call("aten::cat", List.of(rows), 0));
    }

    /** Copies of those rows whose numbers the index holds. */
    static Tensor rows(Tensor x, Tensor index) {
        return result(Torch.call("aten::index_select", x, 0, index));
    }

    /** A view of so many rows from one on. */
    static Tensor rows(Tensor x, long start, long count) {
        return result(Torch.call("aten::narrow", x, 0, start, count));
    }

    /** The numbers from 0 up to count, not included, in a random order. */
    static Tensor randomOrder(Arena arena, long count) {
        return result(Torch.call(arena, "aten::randperm", count));
    }

    /** Draws every element anew from a normal distribution around 0. */
    static void normal_(Tensor x, double deviation) {
        Torch.call("aten::normal_", x, 0.0, deviation);
    }

    /** Scores of classes, a row a sample, as probabilities. */
    static Tensor softmax(Tensor scores) {
        return result(Torch.call("aten::softmax.int", scores, 1));
    }

    private static Tensor result(List<?> results) {
        return (Tensor) Objects.requireNonNull(results.getFirst());
    }
}
