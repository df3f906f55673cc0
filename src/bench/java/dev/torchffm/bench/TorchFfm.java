package dev.torchffm.bench;

import dev.torchffm.Mode;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.lang.foreign.Arena;
import org.openjdk.jmh.annotations.Benchmark;

/** torch-ffm in inference mode: a result lives in a confined arena of its own. */
public class TorchFfm extends PeerState {

    private Mode mode;
    private Arena arena;
    private Tensor x;
    private Tensor out;

    /** {@return the mode in which everything is done} */
    Mode mode() {
        return Torch.inferenceMode();
    }

    /** {@return the arena of one result} */
    Arena resultArena() {
        return Arena.ofConfined();
    }

    @Override
    final void open() {
        mode = mode();
        arena = Arena.ofConfined();
        x = Torch.randn(arena, size);
        out = Torch.zeros(arena, size);
    }

    @Override
    final void close() {
        arena.close();
        mode.close();
    }

    @Override
    String about() {
        return "inferenceMode; the shim and libtorch of the C loop, a confined arena for each result";
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
        try (Arena result = resultArena()) {
            return x.in(result).clamp(0, null);
        }
    }

    @Benchmark
    public Tensor clampOut() {
        return x.clamp(0, null, out);
    }
}
