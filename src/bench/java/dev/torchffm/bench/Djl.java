package dev.torchffm.bench;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;

/** DJL's clamp, which needs both bounds; it has none in place and none into a given array. */
@Fork(jvmArgsAppend = {"-DDJL_CACHE_DIR=target/bench/djl", "-Dai.djl.offline=true", "-DOPT_OUT_TRACKING=true"})
public class Djl extends PeerState {

    private NDManager manager;
    private NDArray x;

    @Override
    void open() {
        manager = NDManager.newBaseManager();
        x = manager.randomNormal(new Shape(size));
    }

    @Override
    void close() {
        manager.close();
    }

    @Override
    String about() {
        return "DJL " + Engine.getDjlVersion() + ", libtorch "
                + manager.getEngine().getVersion() + ", " + JniUtils.getNumThreads() + " threads";
    }

    @Benchmark
    public void clamp() {
        clamp(x).close();
    }

    NDArray clamp(NDArray array) {
        return array.clip(0, Float.MAX_VALUE);
    }
}
