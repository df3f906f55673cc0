package dev.torchffm.bench;

import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.model.CompiledModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;

/** A compiled model in torch-ffm: the results of a run live in a confined arena. */
public abstract class TorchFfmModel extends TorchFfm {

    private final CompiledModel model;
    private final long[] sizes;

    private Tensor x;

    /**
     * Loads a model.
     *
     * @param sizes of its input; the first will be the number of samples
     */
    TorchFfmModel(Operation operation, long... sizes) {
        try {
            model = CompiledModel.load(Models.file(operation));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.sizes = sizes;
    }

    @Override
    final void open(Arena arena) {
        sizes[0] = size;
        x = Torch.randn(arena, sizes);
    }

    final Tensor run() {
        try (Arena results = Arena.ofConfined()) {
            return model.run(x.in(results)).getFirst();
        }
    }
}
