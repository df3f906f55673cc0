package dev.torchffm.bench;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.openjdk.jmh.annotations.Benchmark;

/** JavaCPP's operators of small matrices. */
public class JavaCppOperators extends JavaCpp {

    private Tensor x;
    private Tensor y;

    @Override
    void openTensors() {
        x = torch.randn(Group.SIDE, Group.SIDE);
        y = torch.randn(Group.SIDE, Group.SIDE);
    }

    @Benchmark
    public void add() {
        x.add(y).close();
    }

    @Benchmark
    public void mul() {
        x.mul(y).close();
    }

    @Benchmark
    public void tanh() {
        x.tanh().close();
    }

    @Benchmark
    public void matmul() {
        x.matmul(y).close();
    }

    @Benchmark
    public void sum() {
        x.sum().close();
    }

    @Benchmark
    public void softmax() {
        x.softmax(1).close();
    }
}
