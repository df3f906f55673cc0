package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtEnvironment;
import dev.torchffm.examples.Notebook;
import dev.torchffm.examples.ReadmeTables;
import dev.torchffm.examples.Snippets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The README's examples and tables, the Javadoc's snippets and the notebook do what they say. */
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

    @ParameterizedTest
    @ValueSource(strings = {"Any shape over your memory", "Your memory, a tensor, your memory", "Memory", "Speed"})
    void theReadmesTablesAreOfCompiledCode(String heading) throws Exception {
        // JavaCPP's jars come with the long tests only, which compile the second file.
        String compiled =
                withoutSpace(Files.readString(Path.of("src/examples/java/dev/torchffm/examples/ReadmeTables.java"))
                        + Files.readString(Path.of("src/test/resources/peers/Shared.java")));
        List<String> code = codeInTable(heading);
        assertFalse(code.isEmpty());
        for (String span : code) {
            String anyText = Arrays.stream(withoutSpace(span).split("…"))
                    .map(Pattern::quote)
                    .collect(Collectors.joining("[^{}]*"));
            assertTrue(Pattern.compile(anyText).matcher(compiled).find(), span);
        }
    }

    /** What stands in backticks in the first table below a heading, but for options of the JVM. */
    private static List<String> codeInTable(String heading) throws Exception {
        String readme = Files.readString(Path.of("README.md"));
        String table = readme.substring(readme.indexOf("\n## " + heading + "\n"))
                .lines()
                .dropWhile(line -> !line.startsWith("|"))
                .takeWhile(line -> line.startsWith("|"))
                .collect(Collectors.joining("\n"));
        return Pattern.compile("`([^`]+)`")
                .matcher(table)
                .results()
                .map(span -> span.group(1))
                .filter(span -> !span.startsWith("-D"))
                .toList();
    }

    private static String withoutSpace(String text) {
        return text.replaceAll("\\s", "");
    }

    @Test
    void theReadmesTablesOnShapesAndSpeedHold() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 6, 5, 4, 3, 2, 1);
            assertArrayEquals(new long[] {2, 3}, ReadmeTables.rows(memory).sizes());
            assertArrayEquals(
                    new float[] {5, 2}, ReadmeTables.column(arena, memory).toFloatArray());
            assertTrue(ReadmeTables.memory(ReadmeTables.column(arena, memory)));
            var sorted = ReadmeTables.sort(Tensor.of(arena, 3f, 1f, 2f));
            assertEquals("[tensor([1., 2., 3.]), tensor([1, 2, 0])]", sorted.toString());
            assertArrayEquals(new float[] {-1, 5}, ReadmeTables.clamped(Tensor.of(arena, -8f, 5f), 1 << 20));
        }
    }

    @Test
    void theReadmesTableOnMemoryOfOthersHolds(@TempDir Path folder) throws Exception {
        Tensor x = Tensor.of(1f, -2f, 3f, -4f, 5f, -6f);
        assertEquals(x.dataPtr(), ReadmeTables.segment(x.segment()).address());
        FloatBuffer buffer =
                x.segment().asByteBuffer().order(ByteOrder.nativeOrder()).asFloatBuffer();
        assertEquals(
                x.dataPtr(), MemorySegment.ofBuffer(ReadmeTables.buffer(buffer)).address());
        float[] array = {-1, 2};
        assertSame(array, ReadmeTables.array(array));
        assertEquals(1, ReadmeTables.onnx(OrtEnvironment.getEnvironment(), x));
        try (BufferAllocator allocator = new RootAllocator();
                Arena arena = Arena.ofConfined()) {
            assertTrue(Tensor.equal(x, ReadmeTables.npy(folder.resolve("x.npy"), x, arena)));
            var tensors = ReadmeTables.safetensors(folder.resolve("x.safetensors"), Map.of("x", x), arena);
            assertTrue(Tensor.equal(x, Objects.requireNonNull(tensors.get("x"))));
            assertEquals(x.dataPtr(), ReadmeTables.arrow(x, allocator, arena).dataPtr());
            Tensor readOnly = ReadmeTables.arrowCData(x, false, allocator, arena);
            assertEquals(x.dataPtr(), readOnly.dataPtr());
            assertThrows(IllegalArgumentException.class, readOnly::relu_);
            ReadmeTables.arrowCData(x, true, allocator, arena).relu_();
            Tensor y = ReadmeTables.dlPack(x, arena);
            assertEquals(x.dataPtr(), y.dataPtr());
            assertArrayEquals(new float[] {1, 0, 3, 0, 5, 0}, y.toFloatArray());
        }
    }

    @Test
    void theReadmesTableOnLifetimesHolds() {
        Tensor x = Tensor.of(1f, -2f);
        List<Tensor> rows;
        try (Arena arena = Arena.ofConfined()) {
            rows = ReadmeTables.lifetimes(arena, arena.allocate(24, 4), x);
            assertTrue(rows.stream().allMatch(ExamplesTest::isAlive));
        }
        assertEquals(
                List.of(false, false, true, true, false, true, false, true, true),
                rows.stream().map(ExamplesTest::isAlive).toList());
        assertSame(x, rows.get(7));
        assertEquals(x.dataPtr(), rows.get(8).dataPtr());
    }

    private static boolean isAlive(Tensor tensor) {
        try {
            return tensor.numel() > 0;
        } catch (IllegalStateException _) {
            return false;
        }
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
