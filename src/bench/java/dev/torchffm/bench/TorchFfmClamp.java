package dev.torchffm.bench;

import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.lang.foreign.Arena;
import org.openjdk.jmh.annotations.Benchmark;

/** torch-ffm's clamp. */
public class TorchFfmClamp extends TorchFfm {

    private Tensor x;
    private Tensor out;

    @Override
    void open(Arena arena) {
        x = Torch.randn(arena, size);
        out = Torch.zeros(arena, size);
    }

    @Benchmark
    public Tensor clamp_() {
        return x.clamp_(0, null);
    }

    @Benchmark
    public Tensor clampMin_() {
        return x.clampMin_(0);
    }

    @Benchmark
    public Tensor clamp() {
        try (Arena result = Arena.ofConfined()) {
            return x.in(result).clamp(0, null);
        }
    }

    @Benchmark
    public Tensor clampOut() {
        return x.clamp(0, null, out);
    }
}
