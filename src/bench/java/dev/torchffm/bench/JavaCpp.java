package dev.torchffm.bench;

import java.io.IOException;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;

/**
 * JavaCPP's presets in their fastest documented mode, inside InferenceMode; the bounds are made beforehand, and results
 * are closed at once.
 */
@Fork(jvmArgsAppend = "-Dorg.bytedeco.javacpp.cachedir=target/bench/javacpp")
public class JavaCpp extends PeerState {

    private InferenceMode inferenceMode;
    private Scalar zero;
    private ScalarOptional min;
    private ScalarOptional max;
    private Tensor x;
    private Tensor out;

    @Override
    void open() {
        inferenceMode = new InferenceMode();
        zero = new Scalar(0);
        min = new ScalarOptional(zero);
        max = new ScalarOptional();
        x = torch.randn(size);
        out = torch.empty(size);
    }

    @Override
    void close() {
        if (!InferenceMode.is_enabled()) {
            throw new IllegalStateException("the operations did not run inside InferenceMode");
        }
        inferenceMode.close();
    }

    @Override
    String about() throws IOException {
        return "org.bytedeco:pytorch " + Loader.getVersion("org.bytedeco", "pytorch") + ", InferenceMode, "
                + torch.get_num_threads() + " threads";
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
