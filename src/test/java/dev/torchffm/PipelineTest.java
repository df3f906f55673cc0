package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.torchffm.examples.Pipeline;
import dev.torchffm.io.Npy;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.ipc.ArrowFileReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The pipeline of docs/interop.md, over a small file. */
final class PipelineTest {

    /** A chunk of the pipeline's and some more. */
    private static final int COUNT = (1 << 24) + 5;

    @Test
    void pipelineRectifiesWithoutACopy(@TempDir Path folder) throws IOException {
        Path source = folder.resolve("x.npy");
        Path target = folder.resolve("x.arrow");
        float[] expected;
        try (Arena arena = Arena.ofConfined()) {
            Tensor x = Torch.randn(arena, COUNT);
            Npy.save(source, x);
            expected = x.toFloatArray();
        }
        long zeros = 0;
        for (int i = 0; i < COUNT; i++) {
            expected[i] = Math.max(0, expected[i]);
            zeros += expected[i] == 0 ? 1 : 0;
        }
        Pipeline.Figures figures = Pipeline.run(source, target);
        assertEquals(new Pipeline.Figures(COUNT, zeros, 0), figures);
        assertEquals((double) zeros / COUNT, figures.sparsity());
        assertWritten(expected, target);
    }

    private static void assertWritten(float[] expected, Path file) throws IOException {
        int count = 0;
        try (var allocator = new RootAllocator();
                var channel = FileChannel.open(file);
                var reader = new ArrowFileReader(channel, allocator)) {
            var column = (Float4Vector) reader.getVectorSchemaRoot().getVector("x");
            while (reader.loadNextBatch()) {
                for (int i = 0; i < column.getValueCount(); i++) {
                    float actual = column.get(i);
                    if (actual != expected[count]) {
                        assertEquals(expected[count], actual, "element " + count);
                    }
                    count++;
                }
            }
        }
        assertEquals(expected.length, count);
    }
}
