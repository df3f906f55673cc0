package dev.torchffm.bench;

import dev.torchffm.Tensor;
import org.openjdk.jmh.annotations.Benchmark;

/** The small network. */
public class TorchFfmMlp extends TorchFfmModel {

    public TorchFfmMlp() {
        super(Operation.mlp, 0, 16);
    }

    @Benchmark
    public Tensor mlp() {
        return run();
    }
}
