package dev.torchffm.nn;

import static dev.torchffm.testing.TensorAssertions.assertAllClose;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.ChildJvm;
import dev.torchffm.Tensor;
import dev.torchffm.examples.ResNet;
import dev.torchffm.io.Safetensors;
import dev.torchffm.testing.TorchExtension;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The example of a ResNet scores and classifies as PyTorch does; resnet.py says how its files were written. */
@ExtendWith(TorchExtension.class)
final class ResNetTest {

    private static final Path WEIGHTS = Reference.FOLDER.resolve("resnet.safetensors");
    private static final Path BATCH = Reference.FOLDER.resolve("resnet-batch.safetensors");

    @Test
    void scoresArePyTorchs(Arena arena) throws Exception {
        var batch = Safetensors.map(BATCH, MapMode.READ_ONLY, arena);
        Tensor expected = Objects.requireNonNull(batch.get("scores"));
        var model = new ResNet();
        model.loadStateDict(Safetensors.map(WEIGHTS, MapMode.READ_ONLY, arena));
        Tensor images = Objects.requireNonNull(batch.get("images"));
        assertAllClose(expected, model.eval().forward(images).detach(), 1e-5, 1e-5);
        assertTrue(Tensor.equal(expected.argmax(1), ResNet.classify(WEIGHTS, images)));
    }

    @Test
    void theProgramPrintsTheClasses(Arena arena, @TempDir Path folder) throws Exception {
        Tensor scores = Objects.requireNonNull(
                Safetensors.map(BATCH, MapMode.READ_ONLY, arena).get("scores"));
        var result = new ChildJvm(folder)
                .run(
                        ResNet.class,
                        WEIGHTS.toAbsolutePath().toString(),
                        BATCH.toAbsolutePath().toString());
        assertEquals(0, result.exitCode(), result.output());
        assertEquals(scores.argmax(1).toString(), result.output().strip());
    }

    @Test
    void theExampleHas60Lines() throws IOException {
        long lines;
        try (var all = Files.lines(Path.of("src/examples/java/dev/torchffm/examples/ResNet.java"))) {
            lines = all.count();
        }
        assertTrue(lines <= 60, () -> "it has " + lines);
    }
}
