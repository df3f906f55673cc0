package dev.torchffm.bench;

import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.lang.foreign.Arena;
import org.openjdk.jmh.annotations.Benchmark;

/** torch-ffm's operators of small matrices, by their names. */
public class TorchFfmCalls extends TorchFfm {

    private Tensor x;
    private Tensor y;

    @Override
    void open(Arena arena) {
        x = Torch.randn(arena, Group.SIDE, Group.SIDE);
        y = Torch.randn(arena, Group.SIDE, Group.SIDE);
    }

    @Benchmark
    public Object add() {
        try (Arena result = Arena.ofConfined()) {
            return Torch.call(result, "aten::add.Tensor", x, y);
        }
    }

    @Benchmark
    public Object mul() {
        try (Arena result = Arena.ofConfined()) {
            return Torch.call(result, "aten::mul.Tensor", x, y);
        }
    }

    @Benchmark
    public Object tanh() {
        try (Arena result = Arena.ofConfined()) {
            return Torch.call(result, "aten::tanh", x);
        }
    }

    @Benchmark
    public Object matmul() {
        try (Arena result = Arena.ofConfined()) {
            return Torch.call(result, "aten::matmul", x, y);
        }
    }

    @Benchmark
    public Object sum() {
        try (Arena result = Arena.ofConfined()) {
            return Torch.call(result, "aten::sum", x);
        }
    }

    @Benchmark
    public Object softmax() {
        try (Arena result = Arena.ofConfined()) {
            return Torch.call(result, "aten::softmax.int", x, 1);
        }
    }
}
