package dev.torchffm.bench;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import org.openjdk.jmh.annotations.Benchmark;

/** DJL's clamp, which needs both bounds; it has none in place and none into a given array. */
public class DjlClip extends PeerState {

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
                + manager.getEngine().getVersion() + ", threads: " + JniUtils.getNumThreads();
    }

    @Benchmark
    public void clamp() {
        clamp(x).close();
    }

    NDArray clamp(NDArray array) {
        return array.clip(0, Float.MAX_VALUE);
    }
}
