package dev.torchffm.bench;

import java.io.IOException;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.global.torch;

/** JavaCPP's presets: results are closed at once. */
public abstract class JavaCpp extends PeerState {

    private InferenceMode inferenceMode;

    /** Makes the tensors, in the mode. */
    abstract void openTensors();

    @Override
    final void open() {
        inferenceMode = new InferenceMode(way == Way.INFERENCE);
        openTensors();
    }

    @Override
    final void close() {
        if (InferenceMode.is_enabled() != (way == Way.INFERENCE)) {
            throw new IllegalStateException("the operations did not run in " + way);
        }
        inferenceMode.close();
    }

    @Override
    final String about() throws IOException {
        return "org.bytedeco:pytorch " + Loader.getVersion("org.bytedeco", "pytorch") + ", threads: "
                + torch.get_num_threads();
    }
}
