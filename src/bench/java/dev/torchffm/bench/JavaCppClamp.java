package dev.torchffm.bench;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.openjdk.jmh.annotations.Benchmark;

/** JavaCPP's clamp; the bounds are made beforehand. */
public class JavaCppClamp extends JavaCpp {

    private Scalar zero;
    private ScalarOptional min;
    private ScalarOptional max;
    private Tensor x;
    private Tensor out;

    @Override
    void openTensors() {
        zero = new Scalar(0);
        min = new ScalarOptional(zero);
        max = new ScalarOptional();
        x = torch.randn(size);
        out = torch.empty(size);
    }

    @Benchmark
    public Tensor clamp_() {
        return x.clamp_(min, max); // x itself, not to be closed
    }

    @Benchmark
    public Tensor clampMin_() {
        return x.clamp_min_(zero);
    }

    @Benchmark
    public void clamp() {
        x.clamp(min, max).close();
    }

    @Benchmark
    public Tensor clampOut() {
        return torch.clamp_out(out, x, min, max);
    }
}
