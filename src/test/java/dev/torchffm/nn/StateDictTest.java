package dev.torchffm.nn;

import static dev.torchffm.testing.TensorAssertions.assertAllClose;
import static dev.torchffm.testing.TensorAssertions.assertBitEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.io.Safetensors;
import dev.torchffm.nn.Reference.Case;
import dev.torchffm.testing.TorchExtension;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel.MapMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Parameters by name, saved and loaded; the file from Python has the layout of its package safetensors. */
@ExtendWith(TorchExtension.class)
final class StateDictTest {

    private static final Path PYTHONS = Reference.FOLDER.resolve("model.safetensors");

    @TempDir
    Path folder;

    /** The reference's network. */
    private static Sequential network() {
        return new Sequential(
                new Linear(2, 3),
                new LeakyReLU(),
                new Sequential(new Linear(3, 3, false), new PReLU(3, 0.25)),
                new Linear(3, 1));
    }

    private static Map<String, String> bits(Module module) {
        Map<String, String> bits = new LinkedHashMap<>();
        module.namedParameters().forEach((name, parameter) -> bits.put(name, Reference.hex(parameter)));
        return bits;
    }

    @Test
    void namesAndPrintsArePyTorchs() {
        Sequential network = network();
        Case reference = Reference.model();
        assertEquals(reference.texts("names"), List.copyOf(network.stateDict().keySet()));
        assertEquals(
                reference.texts("names"), List.copyOf(network.namedParameters().keySet()));
        assertEquals(reference.text("repr"), network.toString());
        assertEquals("Sequential()", new Sequential().toString());
        assertEquals(
                "Sequential(\n  (0): Linear(in_features=2, out_features=3, bias=True)\n  (1): MyReLU()\n)",
                new Sequential(new Linear(2, 3), new MyReLU()).toString());
    }

    @Test
    void sequentialIsItsModulesInOrder(Arena arena) {
        var relu = new ReLU();
        var sequence = new Sequential(x -> x.sub(3), relu, x -> x.mul(2));
        assertEquals(3, sequence.size());
        assertSame(relu, sequence.get(1));
        assertEquals(
                "tensor([0., 4.])", sequence.forward(Tensor.of(arena, 1f, 5f)).toString());
        assertEquals(
                "tensor([0., 4.])", sequence.apply(Tensor.of(arena, 1f, 5f)).toString());
        Tensor x = Tensor.of(arena, 1f);
        assertSame(x, new Sequential().forward(x));
        assertThrows(IndexOutOfBoundsException.class, () -> sequence.get(3));
        assertThrows(NullPointerException.class, () -> new Sequential(relu, null));
        assertEquals(Map.of(), sequence.namedParameters());
    }

    @Test
    void loadStateDictTakesPythonsFile(Arena arena) throws IOException {
        Sequential network = network();
        network.loadStateDict(Safetensors.map(PYTHONS, MapMode.READ_ONLY, arena));
        Case reference = Reference.model();
        Tensor x = Reference.tensor(arena, DType.FLOAT32, reference.text("input"), 5, 2);
        Tensor expected = Reference.tensor(arena, DType.FLOAT32, reference.text("output"), 5, 1);
        assertAllClose(expected, network.forward(x).detach(), 1e-5, 1e-6);
    }

    @Test
    void stateDictIsSavedAsPythonsFileToTheByte(Arena arena) throws IOException {
        Torch.manualSeed(Reference.model().integer("seed"));
        Sequential network = network(); // with Python's initial numbers, but for this:
        network.get(2)
                .loadStateDict(Map.of(
                        "0.weight",
                        network.stateDict().get("2.0.weight"),
                        "1.weight",
                        Tensor.of(arena, 0.25f, 0.5f, -0.125f)));
        Path file = folder.resolve("model.safetensors");
        Safetensors.save(file, network.stateDict());
        assertEquals(-1, Files.mismatch(PYTHONS, file));
    }

    @Test
    void loadStateDictKeepsTensorsAndTheirMemory(Arena arena) throws IOException {
        Torch.manualSeed(1);
        Sequential from = network();
        Sequential to = network();
        List<Tensor> before = to.parameters();
        List<Long> addresses = before.stream().map(Tensor::dataPtr).toList();
        to.forward(Torch.ones(1, 2)).sum().backward();
        Path file = folder.resolve("from.safetensors");
        Safetensors.save(file, from.stateDict());
        to.loadStateDict(Safetensors.map(file, MapMode.READ_ONLY, arena));
        assertEquals(bits(from), bits(to));
        assertEquals(before, to.parameters());
        assertEquals(addresses, to.parameters().stream().map(Tensor::dataPtr).toList());
        for (Tensor parameter : to.parameters()) {
            assertTrue(parameter.requiresGrad());
            assertNotNull(parameter.grad());
        }
    }

    @Test
    void stateDictIsTheParametersMemory(Arena arena) {
        var layer = new Linear(2, 2);
        Map<String, Tensor> state = layer.stateDict();
        state.forEach((name, tensor) -> {
            assertEquals(layer.namedParameters().get(name).dataPtr(), tensor.dataPtr());
            assertFalse(tensor.requiresGrad());
        });
        assertThrows(UnsupportedOperationException.class, state::clear);
        layer.loadStateDict(Map.of("weight", Torch.ones(arena, 2, 2), "bias", Torch.zeros(arena, 2)));
        assertBitEquals(Torch.ones(arena, 2, 2), state.get("weight"));
        layer.loadStateDict(state); // its own
        assertBitEquals(Torch.ones(arena, 2, 2), state.get("weight"));
    }

    @Test
    void loadStateDictConvertsElements(Arena arena) {
        var layer = new Linear(1, 2);
        layer.loadStateDict(
                Map.of("weight", Tensor.of(arena, 0.1, -2.0).reshape(2, 1), "bias", Tensor.of(arena, 3L, 4L)));
        assertEquals(
                "Parameter containing:\ntensor([[ 0.1000],\n        [-2.0000]], requires_grad=True)",
                layer.weight().toString());
        assertEquals("Parameter containing:\ntensor([3., 4.], requires_grad=True)", String.valueOf(layer.bias()));
    }

    @Test
    void loadStateDictNamesADtypeThatATensorCannotHave(Arena arena) throws IOException {
        byte[] header = "{\"weight\":{\"dtype\":\"F8_E4M3\",\"shape\":[1,1],\"data_offsets\":[0,1]}}"
                .getBytes(StandardCharsets.UTF_8);
        byte[] bytes = ByteBuffer.allocate(8 + header.length + 1)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length)
                .put(header)
                .array();
        Path file = Files.write(folder.resolve("f8.safetensors"), bytes);
        Map<String, Tensor> state = Safetensors.map(file, MapMode.READ_ONLY, arena);
        var refused = assertThrows(IllegalArgumentException.class, () -> new Linear(1, 1, false).loadStateDict(state));
        assertTrue(refused.getMessage().contains("\"weight\" has the dtype F8_E4M3"), refused.getMessage());
    }

    static Stream<Case> refusals() {
        return Reference.cases("refusals");
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void loadStateDictRefusesInPyTorchsWords(Case reference, Arena arena) {
        Map<String, Tensor> state = new LinkedHashMap<>();
        reference.node("sizes").properties().forEach(entry -> {
            long[] sizes = StreamSupport.stream(entry.getValue().spliterator(), false)
                    .mapToLong(size -> size.asLong())
                    .toArray();
            state.put(entry.getKey(), Torch.zeros(arena, sizes));
        });
        Sequential network = network();
        Map<String, String> before = bits(network);
        var refused = assertThrows(IllegalArgumentException.class, () -> network.loadStateDict(state));
        assertEquals(reference.text("message"), refused.getMessage());
        assertEquals(before, bits(network));
    }

    /** One whose parameters are given. */
    private record Given(Map<String, Tensor> namedParameters) implements Module {
        @Override
        public Tensor forward(Tensor input) {
            return input;
        }
    }

    @Test
    void loadStateDictRefusesReadOnlyParameters(Arena arena) {
        MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1, 2);
        Map<String, Tensor> parameters = new LinkedHashMap<>();
        parameters.put("a", Torch.ones(arena, 2));
        parameters.put("b", Tensor.fromSegment(memory.asReadOnly(), DType.FLOAT32, 2));
        var module = new Given(parameters);
        var refused = assertThrows(
                IllegalArgumentException.class,
                () -> module.loadStateDict(Map.of("a", Torch.zeros(arena, 2), "b", Torch.zeros(arena, 2))));
        assertEquals(
                "Error(s) in loading state_dict for Given:\n"
                        + "\tthe parameter or buffer b stands on read-only memory, and loading writes it",
                refused.getMessage());
        assertEquals("tensor([1., 1.])", parameters.get("a").toString());
    }

    @Test
    void loadStateDictOfAClosedSourceChangesNothing(Arena arena) {
        var layer = new Linear(1, 1);
        Map<String, String> before = bits(layer);
        Map<String, Tensor> state = new LinkedHashMap<>();
        state.put("weight", Torch.zeros(arena, 1, 1));
        try (Arena closed = Arena.ofConfined()) {
            state.put("bias", Torch.zeros(closed, 1));
        }
        assertThrows(IllegalStateException.class, () -> layer.loadStateDict(state));
        assertEquals(before, bits(layer));
    }

    @Test
    void parametersAreOneOfAModuleUsedTwice() {
        var shared = new Linear(2, 2, false);
        var network = new Sequential(shared, new Tanh(), shared);
        assertEquals(
                List.of("0.weight", "2.weight"), List.copyOf(network.stateDict().keySet()));
        assertEquals(List.of(shared.weight()), network.parameters());
    }

    @Test
    void zeroGradTakesGradientsAway() {
        Sequential network = network();
        network.zeroGrad(); // there are none
        network.forward(Torch.ones(4, 2)).sum().backward();
        Tensor gradient = network.parameters().getLast().grad();
        assertNotNull(gradient);
        assertEquals("tensor([4.])", gradient.toString());
        network.zeroGrad();
        network.parameters().forEach(parameter -> assertNull(parameter.grad()));
        assertEquals("tensor([4.])", gradient.toString(), "who has one keeps it");
        network.forward(Torch.ones(3, 2)).sum().backward();
        assertEquals(
                "tensor([3.])", String.valueOf(network.parameters().getLast().grad()));
    }
}
