package dev.torchffm.examples;

import dev.torchffm.DType;
import dev.torchffm.Kernels;
import dev.torchffm.Mode;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The examples of the Javadoc; the tests run them. */
public final class Snippets {

    private Snippets() {}

    /** A row-major tensor over memory. */
    public static Tensor fromSegment(Arena arena) {
        // @start region="fromSegment"
        MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1, -2, 3, -4, 5, -6);
        Tensor x = Tensor.fromSegment(memory, DType.FLOAT32, 2, 3);
        x.relu_(); // memory now holds 1, 0, 3, 0, 5, 0
        // @end
        return x;
    }

    /** Every other column of a matrix. */
    public static Tensor strided(Arena arena, MemorySegment matrix) {
        // @start region="strided"
        // Columns 1 and 3 of a 2 x 4 matrix of floats.
        Tensor columns = Tensor.fromSegment(arena, matrix, DType.FLOAT32, new long[] {2, 2}, new long[] {4, 2}, 1);
        columns.clamp_(0, null); // columns 0 and 2 are left alone
        // @end
        return columns;
    }

    /** One memory, seen from both sides. */
    public static float segment(Tensor x) {
        // @start region="segment"
        x.segment().setAtIndex(ValueLayout.JAVA_FLOAT, 0, -1f); // Java writes
        x.clamp_(0, null); // libtorch writes
        float first = x.segment().getAtIndex(ValueLayout.JAVA_FLOAT, 0); // 0
        // @end
        return first;
    }

    /** A result in another arena than its input. */
    public static Tensor in(Tensor x, Arena results) {
        // @start region="in"
        Tensor y = x.in(results).clamp(0, 6); // y outlives x's arena
        // @end
        return y;
    }

    /** Numbers in a row. */
    public static Tensor arange() {
        // @start region="arange"
        Tensor x = Torch.arange(-10, 10); // int64, twenty elements
        // @end
        return x;
    }

    /** A gradient. */
    public static @Nullable Tensor backward(Arena arena) {
        // @start region="backward"
        Tensor x = Tensor.of(arena, -1f, 0f, 2f).requiresGrad_(true);
        Tensor y = x.clamp(0, null);
        y.backward(Torch.ones(arena, 3));
        Tensor grad = x.grad(); // tensor([0., 0., 1.]); libtorch 2.13 passes it at the bound too: tensor([0., 1., 1.])
        // @end
        return grad;
    }

    /** Nothing recorded. */
    public static boolean noGrad(Tensor weight) {
        // @start region="noGrad"
        boolean recorded;
        try (Mode _ = Torch.noGrad()) {
            recorded = weight.clamp(0, null).requiresGrad(); // false, whatever weight asks for
        }
        // @end
        return recorded;
    }

    /** The fastest mode of libtorch. */
    public static Tensor inferenceMode(Arena arena, MemorySegment memory) {
        // @start region="inferenceMode"
        Tensor x;
        try (Mode _ = Torch.inferenceMode()) {
            x = Tensor.fromSegment(memory, DType.FLOAT32, memory.byteSize() / 4); // an inference tensor
            x.clamp_(0, null);
        }
        // @end
        return x.in(arena);
    }

    /** Small tensors without libtorch's overhead. */
    public static Tensor kernels(Tensor x) {
        // @start region="kernels"
        try (Mode _ = Torch.kernels(Kernels.SHIM)) {
            x.clamp_(0, 6); // the same bits as libtorch's
        }
        // @end
        return x;
    }

    /** Arithmetic, recorded for gradients. */
    public static @Nullable Tensor operators(Arena arena) {
        // @start region="operators"
        Tensor w = Tensor.of(arena, 0.5f, -1f).requiresGrad_(true);
        Tensor x = Tensor.of(arena, 4f, 3f);
        Tensor loss = w.mul(x).sub(1).clamp(0, null).sum(); // relu(w * x - 1), added up
        loss.backward(); // w.grad() is x where the clamp let it pass
        // @end
        return w.grad();
    }

    /** Random numbers that come again. */
    public static Tensor manualSeed() {
        // @start region="manualSeed"
        Torch.manualSeed(0);
        Tensor x = Torch.randn(5, 5); // -1.1258, -1.1524, ... as in Python
        // @end
        return x;
    }

    /** One thread for each caller. */
    public static int setNumThreads() {
        // @start region="setNumThreads"
        Torch.setNumThreads(1);
        int threads = Torch.getNumThreads(); // 1
        // @end
        return threads;
    }

    /** An operator by its name. */
    public static List<@Nullable Object> call(Tensor x) {
        // @start region="call"
        var sum = (Tensor) Torch.call("aten::sum", x).getFirst();
        var sorted = Torch.call("aten::sort", x, -1, true); // values and indices, descending
        // @end
        var results = new ArrayList<@Nullable Object>(sorted);
        results.add(sum);
        return results;
    }
}
