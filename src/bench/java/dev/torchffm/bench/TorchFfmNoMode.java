package dev.torchffm.bench;

import dev.torchffm.Kernels;
import dev.torchffm.Mode;
import dev.torchffm.Torch;

/** torch-ffm as it is when nobody asks for a mode. */
public class TorchFfmNoMode extends TorchFfm {

    @Override
    Mode mode() {
        return Torch.kernels(Kernels.LIBTORCH);
    }

    @Override
    String about() {
        return "as torch-ffm, without inferenceMode";
    }
}
