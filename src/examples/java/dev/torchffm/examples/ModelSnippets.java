package dev.torchffm.examples;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.io.Safetensors;
import dev.torchffm.model.CompiledModel;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The examples of the Javadoc of dev.torchffm.model and of docs/models.md; the tests run them. */
public final class ModelSnippets {

    private ModelSnippets() {}

    /** A model from PyTorch, on memory of Java's own: 8 rows of 16 values. */
    public static float[] run(Path file, float[] values) throws IOException {
        // @start region="run"
        try (CompiledModel model = CompiledModel.load(file);
                Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_FLOAT, values);
            Tensor x = Tensor.fromSegment(memory, DType.FLOAT32, 8, 16); // nothing is copied
            Tensor y = model.run(x).getFirst(); // libtorch's memory, until the arena is closed

            Tensor out = Torch.zeros(arena, y.sizes());
            model.run(List.of(x), List.of(out)); // copied once, into memory that is there
            return out.toFloatArray();
        }
        // @end
    }

    /** Inputs and outputs as Python nests them. */
    public static Map<?, ?> call(CompiledModel model, Tensor left, Tensor first, Tensor second, Tensor scale) {
        // @start region="call"
        // in Python: model({"left": left, "right": [first, second]}, scale=scale)
        var pair = Map.of("left", left, "right", List.of(first, second));
        var outputs = (Map<?, ?>) model.call(List.of(pair), Map.of("scale", scale));
        // @end
        return outputs;
    }

    /** Weights of a file beside the package. */
    public static Tensor weights(Path file, Path weights, Tensor x) throws IOException {
        // @start region="weights"
        try (Arena arena = Arena.ofShared();
                var model = CompiledModel.load(file, Safetensors.map(weights, MapMode.READ_ONLY, arena))) {
            return model.run(x).getFirst();
        }
        // @end
    }
}
