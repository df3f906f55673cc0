package dev.torchffm.bench;

import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.lang.foreign.Arena;
import org.openjdk.jmh.annotations.Benchmark;

/** torch-ffm's operators of small matrices, by their methods. */
public class TorchFfmOperators extends TorchFfm {

    private Tensor x;
    private Tensor y;

    @Override
    void open(Arena arena) {
        x = Torch.randn(arena, Group.SIDE, Group.SIDE);
        y = Torch.randn(arena, Group.SIDE, Group.SIDE);
    }

    @Benchmark
    public Tensor add() {
        try (Arena result = Arena.ofConfined()) {
            return x.in(result).add(y);
        }
    }

    @Benchmark
    public Tensor mul() {
        try (Arena result = Arena.ofConfined()) {
            return x.in(result).mul(y);
        }
    }

    @Benchmark
    public Tensor tanh() {
        try (Arena result = Arena.ofConfined()) {
            return x.in(result).tanh();
        }
    }

    @Benchmark
    public Tensor matmul() {
        try (Arena result = Arena.ofConfined()) {
            return x.in(result).matmul(y);
        }
    }

    @Benchmark
    public Tensor sum() {
        try (Arena result = Arena.ofConfined()) {
            return x.in(result).sum();
        }
    }

    @Benchmark
    public Tensor softmax() {
        try (Arena result = Arena.ofConfined()) {
            return x.in(result).softmax(1);
        }
    }
}
