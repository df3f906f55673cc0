package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.examples.Notebook;
import dev.torchffm.examples.Snippets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's example, the Javadoc's snippets and the notebook do what they say. */
final class ExamplesTest {

    @Test
    void theReadmesExampleIsTheCompiledOneAndPrintsWhatItSays(@TempDir Path folder) throws Exception {
        String source = Files.readString(Path.of("src/examples/java/dev/torchffm/examples/ReadmeExample.java"));
        String region = source.substring(source.indexOf("import "), source.indexOf("// @end"));
        assertTrue(Files.readString(Path.of("README.md")).contains("```java\n" + region + "```"));
        var result = new ChildJvm(folder).run(Class.forName("dev.torchffm.examples.ReadmeExample"));
        assertEquals(new ChildJvm.Result(0, "tensor([1., 0., 3., 0., 5.]) true false\n"), result);
    }

    @Test
    void theReadmesTestIsTheCompiledOne() throws Exception {
        String source = Files.readString(Path.of("src/examples/java/dev/torchffm/examples/ReluExampleTest.java"));
        String first = source.substring(source.indexOf("@ExtendWith"), source.indexOf("\n    @Test\n    void isClose"));
        assertTrue(Files.readString(Path.of("README.md")).contains("```java\n" + first + "```"));
    }

    @Test
    void theNotebookPrintsWhatPythonPrints(@TempDir Path folder) throws Exception {
        var result = new ChildJvm(folder).run(Notebook.class);
        assertEquals(0, result.exitCode(), result.output());
        String expected;
        try (var in = Objects.requireNonNull(getClass().getResourceAsStream("/golden/notebook.txt"))) {
            expected = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        String readByJava = "x.segment(), element 1, read by Java: 0.0\n";
        assertEquals(masked(expected) + readByJava, masked(result.output()));
    }

    /** Identities and addresses vary; the random numbers are those of the seed. */
    private static String masked(String output) {
        return output.replaceAll("((id|data_ptr)\\(.\\)): \\d+", "$1");
    }

    @Test
    void theSnippetsHold() {
        try (Arena arena = Arena.ofConfined()) {
            assertArrayEquals(
                    new float[] {1, 0, 3, 0, 5, 0}, Snippets.fromSegment(arena).toFloatArray());
            MemorySegment matrix = arena.allocateFrom(ValueLayout.JAVA_FLOAT, -1, -2, -3, -4, -5, -6, -7, -8);
            Snippets.strided(arena, matrix);
            assertArrayEquals(new float[] {-1, 0, -3, 0, -5, 0, -7, 0}, matrix.toArray(ValueLayout.JAVA_FLOAT));
            assertEquals(0, Snippets.segment(Tensor.of(arena, 1f, 2f)));
            assertArrayEquals(
                    new float[] {0, 6},
                    Snippets.in(Tensor.of(arena, -1f, 8f), arena).toFloatArray());
            assertEquals("tensor([0., 1., 1.])", String.valueOf(Snippets.backward(arena)));
            assertFalse(Snippets.noGrad(Tensor.of(arena, 1f).requiresGrad_(true)));
            MemorySegment signs = arena.allocateFrom(ValueLayout.JAVA_FLOAT, -1, 2);
            assertTrue(Snippets.inferenceMode(arena, signs).isInference());
            assertArrayEquals(new float[] {0, 2}, signs.toArray(ValueLayout.JAVA_FLOAT));
            assertArrayEquals(
                    new float[] {0, 6},
                    Snippets.kernels(Tensor.of(arena, -1f, 9f)).toFloatArray());
            assertEquals(0, Snippets.pool(3));
            assertEquals("tensor([2., 0.])", String.valueOf(Snippets.operators(arena)));
            assertEquals(-1.1258f, Snippets.manualSeed().toFloatArray()[0], 5e-5f);
            assertEquals(20, Snippets.arange().numel());
            var results = Snippets.call(Tensor.of(arena, 3f, 1f, 2f));
            assertEquals("[tensor([3., 2., 1.]), tensor([0, 2, 1]), tensor(6.)]", results.toString());
        }
    }
}
