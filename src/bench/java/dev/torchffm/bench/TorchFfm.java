package dev.torchffm.bench;

import dev.torchffm.Kernels;
import dev.torchffm.Mode;
import dev.torchffm.Torch;
import java.lang.foreign.Arena;
import java.nio.file.Path;

/** torch-ffm in one of its ways: each result lives in a confined arena of its own. */
public abstract class TorchFfm extends PeerState {

    private Mode mode;
    private Arena arena;

    /** Makes the tensors, in the mode. */
    abstract void open(Arena arena);

    @Override
    final void open() {
        mode = switch (way) {
            case NO_MODE, CALL -> Torch.kernels(Kernels.LIBTORCH);
            case INFERENCE -> Torch.inferenceMode();
            case SHIM -> Torch.kernels(Kernels.SHIM);
        };
        arena = Arena.ofConfined();
        open(arena);
    }

    @Override
    final void close() {
        arena.close();
        mode.close();
    }

    @Override
    String about() {
        Path libtorch = Path.of(System.getProperty("dev.torchffm.libtorch")).toAbsolutePath();
        int names = libtorch.getNameCount();
        return "the libtorch in …/" + libtorch.subpath(names - 2, names) + ", a confined arena for each result";
    }
}
