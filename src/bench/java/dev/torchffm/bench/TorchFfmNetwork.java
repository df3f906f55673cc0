package dev.torchffm.bench;

import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.nn.Functional;
import dev.torchffm.nn.Linear;
import dev.torchffm.nn.Module;
import dev.torchffm.nn.MyReLU;
import dev.torchffm.nn.Sequential;
import dev.torchffm.optim.Optimizer;
import dev.torchffm.optim.SGD;
import java.lang.foreign.Arena;
import org.openjdk.jmh.annotations.Benchmark;

/** A small network in torch-ffm: the results of a step live in a confined arena. */
public class TorchFfmNetwork extends TorchFfm {

    // Made outside the mode, as parameters learn.
    private final Module network = new Sequential(new Linear(2, 8), new MyReLU(), new Linear(8, 1));
    private final Optimizer optimizer = new SGD(network.parameters(), new SGD.Options(0.1));

    private Tensor x;
    private Tensor y;

    @Override
    void open(Arena arena) {
        x = Torch.randn(arena, Group.SAMPLES, 2);
        y = Torch.randn(arena, Group.SAMPLES, 1);
    }

    @Benchmark
    public Tensor forward() {
        try (Arena results = Arena.ofConfined()) {
            return network.forward(x.in(results));
        }
    }

    @Benchmark
    public Tensor step() {
        try (Arena results = Arena.ofConfined()) {
            optimizer.zeroGrad();
            Tensor loss = Functional.mseLoss(network.forward(x.in(results)), y);
            loss.backward();
            optimizer.step();
            return loss;
        }
    }
}
