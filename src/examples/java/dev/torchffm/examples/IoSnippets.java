package dev.torchffm.examples;

import dev.torchffm.Tensor;
import dev.torchffm.io.Npy;
import dev.torchffm.io.Safetensors;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.util.Map;

/** The examples of the Javadoc of dev.torchffm.io; the tests run them. */
public final class IoSnippets {

    private IoSnippets() {}

    /** NumPy's array, changed in its file. */
    public static void npy(Path path) throws IOException {
        // @start region="npy"
        try (Arena arena = Arena.ofConfined()) {
            Npy.map(path, MapMode.READ_WRITE, arena).relu_(); // numpy.load(path) now has no number below 0
        }
        // @end
    }

    /** A file of tensors, read and written. */
    public static void safetensors(Path in, Path out) throws IOException {
        // @start region="safetensors"
        try (Arena arena = Arena.ofConfined()) {
            Map<String, Tensor> weights = Safetensors.map(in, MapMode.READ_ONLY, arena);
            Tensor clamped = weights.get("weight").clamp(-1, 1);
            Safetensors.save(out, Map.of("weight", clamped), Map.of("format", "pt"));
        }
        // @end
    }
}
