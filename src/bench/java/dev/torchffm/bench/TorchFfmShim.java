package dev.torchffm.bench;

import dev.torchffm.Kernels;
import dev.torchffm.Mode;
import dev.torchffm.Torch;

/** torch-ffm with the shim's own loops. */
public class TorchFfmShim extends TorchFfm {

    @Override
    Mode mode() {
        return Torch.kernels(Kernels.SHIM);
    }

    @Override
    String about() {
        return "as torch-ffm, Kernels.SHIM in place of inferenceMode";
    }
}
