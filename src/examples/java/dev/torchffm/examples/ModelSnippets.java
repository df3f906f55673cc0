package dev.torchffm.examples;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.model.CompiledModel;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The examples of the Javadoc of dev.torchffm.model; the tests run them. */
public final class ModelSnippets {

    private ModelSnippets() {}

    /** A model from PyTorch, on memory of Java's own. */
    public static Tensor run(Path file, float[] values) throws IOException {
        // @start region="run"
        try (CompiledModel model = CompiledModel.load(file);
                Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(4L * values.length, 64);
            MemorySegment.copy(values, 0, memory, ValueLayout.JAVA_FLOAT, 0, values.length);
            Tensor x = Tensor.fromSegment(memory, DType.FLOAT32, values.length / 16, 16); // nothing is copied
            Tensor y = model.run(x).getFirst();

            Tensor out = Tensor.fromSegment(arena.allocate(4L * y.numel(), 64), DType.FLOAT32, y.sizes());
            model.run(List.of(x), List.of(out)); // copied once, into Java's own memory
            return y;
        }
        // @end
    }

    /** Inputs and outputs as Python nests them. */
    public static Map<?, ?> call(CompiledModel model, Tensor left, Tensor right, Tensor scale) {
        // @start region="call"
        // in Python: model({"left": left, "right": [right, right]}, scale=scale)
        var pair = Map.of("left", left, "right", List.of(right, right));
        var outputs = (Map<?, ?>) model.call(List.of(pair), Map.of("scale", scale));
        // @end
        return outputs;
    }
}
