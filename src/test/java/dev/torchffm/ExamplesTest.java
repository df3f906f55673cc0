package dev.torchffm;

import static dev.torchffm.testing.TensorAssertions.assertAllClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtEnvironment;
import dev.torchffm.examples.DocTables;
import dev.torchffm.examples.ImageClassifier;
import dev.torchffm.examples.ModelSnippets;
import dev.torchffm.examples.Notebook;
import dev.torchffm.examples.OperatorTable;
import dev.torchffm.examples.Snippets;
import dev.torchffm.io.Safetensors;
import dev.torchffm.model.CompiledModel;
import java.awt.image.BufferedImage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel.MapMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.imageio.ImageIO;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The code in the README, in the tables of docs, in the Javadoc's snippets and in the notebook does what it says. */
final class ExamplesTest {

    private static final Path README = Path.of("README.md");
    private static final Path TEN_LINES = Path.of("src/examples/compact/Relu.java");

    /** By the README's own command, but with the JVM and the libtorch of the tests. */
    @Test
    void tenLinesPrintWhatTheySay() throws Exception {
        String readme = Files.readString(README);
        int start = readme.indexOf("java -p ");
        String command = readme.substring(start, readme.indexOf("```", start)).replace("\\\n", " ");
        List<String> words = new ArrayList<>(List.of(command.split("\\s+")));
        assertEquals(TEN_LINES.toString(), words.getLast());
        String libtorch = "-Ddev.torchffm.libtorch=";
        assertTrue(words.removeIf((libtorch + "target/libtorch")::equals), command);
        words.add(1, libtorch + System.getProperty("dev.torchffm.libtorch"));
        words.set(0, ProcessHandle.current().info().command().orElseThrow());
        Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals("tensor([1., 0., 3., 0., 5.]) true false\n", output);
        assertEquals(0, process.waitFor());
    }

    @Test
    void shapesAndModesHold() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 6, 5, 4, 3, 2, 1);
            assertArrayEquals(new long[] {2, 3}, DocTables.rows(memory).sizes());
            assertArrayEquals(
                    new float[] {5, 2}, DocTables.column(arena, memory).toFloatArray());
            assertTrue(DocTables.memory(DocTables.column(arena, memory)));
            var sorted = DocTables.sort(Tensor.of(arena, 3f, 1f, 2f));
            assertEquals("[tensor([1., 2., 3.]), tensor([1, 2, 0])]", sorted.toString());
            assertArrayEquals(new float[] {-1, 5}, DocTables.clamped(Tensor.of(arena, -8f, 5f)));
        }
    }

    /** Each of the table's operators succeeds. */
    @Test
    void operatorsHold() {
        Tensor x = Tensor.of(0.5f, -1f, 2f, 1f, 3f, -2f).reshape(2, 3);
        Tensor y = Tensor.of(1f, 2f, -1f, 0.5f, 0.25f, 4f).reshape(2, 3);
        Tensor a = Tensor.of(4f, 1f, 0f, 1f, 3f, 1f, 0f, 1f, 2f).reshape(3, 3);
        Tensor image = Torch.rand(1, 1, 4, 4);
        Tensor indices = Tensor.of(0L, 1L);
        Torch.manualSeed(0);
        var all = new ArrayList<Object>();
        all.addAll(OperatorTable.pointwise(x.clone(), y));
        all.addAll(OperatorTable.inPlace(x.clone(), y));
        all.addAll(OperatorTable.compared(x, y));
        all.addAll(OperatorTable.reduced(x));
        all.addAll(OperatorTable.shaped(x));
        all.addAll(OperatorTable.joined(x.clone(), indices));
        all.addAll(OperatorTable.sorted(x, Tensor.of(-1f, 0f, 1f)));
        all.addAll(OperatorTable.linear(x, a));
        all.addAll(OperatorTable.activated(x));
        all.addAll(OperatorTable.pictures(image, Torch.rand(2, 1, 3, 3)));
        all.addAll(OperatorTable.features(x, a, indices));
        all.addAll(OperatorTable.losses(x, y.abs(), indices));
        all.addAll(OperatorTable.made(x));
        assertTrue(all.size() > 150, all.size() + " operators");
    }

    @Test
    void memoryOfOthersHolds(@TempDir Path folder) throws Exception {
        Tensor x = Tensor.of(1f, -2f, 3f, -4f, 5f, -6f);
        assertEquals(x.dataPtr(), DocTables.segment(x.segment()).address());
        FloatBuffer buffer =
                x.segment().asByteBuffer().order(ByteOrder.nativeOrder()).asFloatBuffer();
        assertEquals(
                x.dataPtr(), MemorySegment.ofBuffer(DocTables.buffer(buffer)).address());
        float[] array = {-1, 2};
        assertSame(array, DocTables.array(array));
        assertEquals(1, DocTables.onnx(OrtEnvironment.getEnvironment(), x));
        try (BufferAllocator allocator = new RootAllocator();
                Arena arena = Arena.ofConfined()) {
            assertTrue(Tensor.equal(x, DocTables.npy(folder.resolve("x.npy"), x, arena)));
            var tensors = DocTables.safetensors(folder.resolve("x.safetensors"), Map.of("x", x), arena);
            assertTrue(Tensor.equal(x, Objects.requireNonNull(tensors.get("x"))));
            assertEquals(x.dataPtr(), DocTables.arrow(x, allocator, arena).dataPtr());
            Tensor readOnly = DocTables.arrowCData(x, false, allocator, arena);
            assertEquals(x.dataPtr(), readOnly.dataPtr());
            assertThrows(IllegalArgumentException.class, readOnly::relu_);
            DocTables.arrowCData(x, true, allocator, arena).relu_();
            Tensor y = DocTables.dlPack(x, arena);
            assertEquals(x.dataPtr(), y.dataPtr());
            assertArrayEquals(new float[] {1, 0, 3, 0, 5, 0}, y.toFloatArray());
            assertEquals(x.dataPtr(), DocTables.legacyDlPack(x, arena).dataPtr());
        }
    }

    @Test
    void operatorsAndNetworksHold(@TempDir Path folder) throws Exception {
        Tensor x = Tensor.of(1f, -2f);
        assertArrayEquals(
                new float[] {(float) Math.tanh(-1.5)},
                DocTables.layer(x.reshape(1, 2), Tensor.of(1f, 1f).reshape(2, 1), Tensor.of(-0.5f))
                        .toFloatArray(),
                1e-6f);
        for (var activation : DocTables.activations()) {
            assertEquals(2, activation.forward(x.clone()).numel(), activation.toString());
        }
        assertEquals("tensor(2.)", DocTables.mseLoss(x, Tensor.of(1f, 0f)).toString());
        Tensor scores = Torch.zeros(1, 2);
        assertEquals(
                "tensor(0.6931)", DocTables.crossEntropy(scores, Tensor.of(1L)).toString());
        assertTrue(DocTables.parameter(Torch.ones(1)).requiresGrad());
        var network = DocTables.network();
        Tensor first = network.forward(x).detach();
        try (Arena arena = Arena.ofConfined()) {
            DocTables.parameters(folder.resolve("network.safetensors"), network, arena);
        }
        assertTrue(Tensor.equal(first, network.forward(x).detach()));
        for (var optimizer : DocTables.optimizers(network)) {
            network.forward(x).sum().backward();
            optimizer.step();
        }
        assertFalse(Tensor.equal(first, network.forward(x).detach()));
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, architectures = "amd64") // as the packages are
    void compiledModelsHold(@TempDir Path folder) throws Exception {
        Path models = Path.of("src/test/resources/dev/torchffm/model");
        Path mlp = models.resolve("mlp.pt2");
        var calls = Safetensors.map(models.resolve("mlp.safetensors"), MapMode.READ_ONLY, Arena.ofAuto());
        Tensor x = Objects.requireNonNull(calls.get("0.input.0"));
        Tensor y = Objects.requireNonNull(calls.get("0.output.0"));
        assertAllClose(y, DocTables.compiled(mlp, x));
        assertAllClose(y, Tensor.of(ModelSnippets.run(mlp, x.toFloatArray())).reshape(8, 4));

        Path weights = folder.resolve("weights.safetensors");
        Safetensors.save(weights, Map.of("output.weight", Torch.zeros(4, 64)));
        Tensor biases = ModelSnippets.weights(mlp, weights, x);
        assertTrue(Tensor.equal(biases, biases.at(0).expand(8, 4)), biases::toString);

        try (CompiledModel model = CompiledModel.load(models.resolve("small.pt2"))) {
            Tensor second = Tensor.of(1L, 2L, 3L, 4L, 5L);
            var outputs = ModelSnippets.call(model, Torch.zeros(3), Torch.ones(2), second, Torch.ones(4));
            assertEquals(
                    "{total=tensor([0., 0., 0., 0.]), list=[tensor([0., 0., 0., 0.]), [tensor([1., 1.]), tensor(15)]]}",
                    outputs.toString());
        }
    }

    @Test
    void pictureBecomesABatch(@TempDir Path folder) throws Exception {
        var red = new BufferedImage(8, 4, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 32; i++) {
            red.setRGB(i % 8, i / 8, 0xff0000);
        }
        Path file = folder.resolve("red.png");
        assertTrue(ImageIO.write(red, "png", file.toFile()));
        try (Arena arena = Arena.ofConfined()) {
            Tensor batch = ImageClassifier.batch(arena, List.of(file.toString(), file.toString()));
            Tensor colour = Tensor.of(arena, 1f, -1f, -1f).reshape(1, 3, 1, 1);
            assertTrue(Tensor.equal(colour.expand(2, 3, 32, 32), batch));
        }
    }

    @Test
    void lifetimesHold() {
        Tensor x = Tensor.of(1f, -2f);
        List<Tensor> rows;
        try (Arena arena = Arena.ofConfined()) {
            rows = DocTables.lifetimes(arena, arena.allocate(24, 4), x);
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
            return tensor.segment().byteSize() > 0;
        } catch (IllegalStateException _) {
            return false;
        }
    }

    @Test
    void notebookPrintsWhatPythonPrints(@TempDir Path folder) throws Exception {
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
    void snippetsHold() {
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
            String gradient = Libtorch.isSince(14) ? "tensor([0., 0., 1.])" : "tensor([0., 1., 1.])";
            assertEquals(gradient, String.valueOf(Snippets.backward(arena)));
            assertFalse(Snippets.noGrad(Tensor.of(arena, 1f).requiresGrad_(true)));
            MemorySegment signs = arena.allocateFrom(ValueLayout.JAVA_FLOAT, -1, 2);
            assertTrue(Snippets.inferenceMode(arena, signs).isInference());
            assertArrayEquals(new float[] {0, 2}, signs.toArray(ValueLayout.JAVA_FLOAT));
            assertArrayEquals(
                    new float[] {0, 6},
                    Snippets.kernels(Tensor.of(arena, -1f, 9f)).toFloatArray());
            assertEquals("tensor([4., 0.])", String.valueOf(Snippets.operators(arena)));
            assertEquals(-1.1258f, Snippets.manualSeed().toFloatArray()[0], 5e-5f);
            assertEquals(20, Snippets.arange().numel());
            var results = Snippets.call(Tensor.of(arena, 3f, 1f, 2f));
            assertEquals("[tensor([3., 2., 1.]), tensor([0, 2, 1]), tensor(6.)]", results.toString());
        }
    }
}
