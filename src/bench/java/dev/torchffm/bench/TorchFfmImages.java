package dev.torchffm.bench;

import dev.torchffm.Tensor;
import org.openjdk.jmh.annotations.Benchmark;

/** The classifier of images. */
public class TorchFfmImages extends TorchFfmModel {

    public TorchFfmImages() {
        super(Operation.images, 0, 3, 32, 32);
    }

    @Benchmark
    public Tensor images() {
        return run();
    }
}
