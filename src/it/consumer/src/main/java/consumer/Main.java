package consumer;

import dev.torchffm.Tensor;
import dev.torchffm.io.Safetensors;
import dev.torchffm.nn.MyReLU;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Clamps in place, says whether it was, and saves and maps the result. */
public final class Main {

    private Main() {}

    /** Prints the tensor as a file gives it back, and whether the object and the address stayed. */
    public static void main(String[] arguments) throws IOException {
        Path file = Files.createTempFile("consumer", ".safetensors");
        try (Arena arena = Arena.ofConfined()) {
            Tensor x = Tensor.of(arena, 1f, -2f, 3f);
            long address = x.dataPtr();
            Tensor y = new MyReLU(true).forward(x);
            Safetensors.save(file, Map.of("y", y));
            Tensor saved = Safetensors.map(file, MapMode.READ_ONLY, arena).get("y");
            System.out.println(saved + " " + (y == x && y.dataPtr() == address));
        } finally {
            Files.delete(file);
        }
    }
}
