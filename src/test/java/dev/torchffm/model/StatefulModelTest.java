package dev.torchffm.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.model.CompiledModel.Options;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.function.Executable;

/** A model of nested inputs and outputs, whose buffer "total" grows with each call. */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64") // as the packages are
final class StatefulModelTest {

    private static final int CALLS = 3;

    private Map<String, Tensor> calls;

    @BeforeEach
    void read() throws IOException {
        calls = TestPackage.calls(TestPackage.SMALL, Arena.ofAuto());
    }

    private Tensor input(int call, int place) {
        return Objects.requireNonNull(calls.get(call + ".input." + place));
    }

    private List<Tensor> inputs(int call) {
        return List.of(input(call, 0), input(call, 1), input(call, 2), input(call, 3));
    }

    private void assertOutput(int call, int place, Object actual) {
        Tensor expected = Objects.requireNonNull(calls.get(call + ".output." + place));
        Tensor tensor = (Tensor) actual;
        assertEquals(expected.dtype(), tensor.dtype());
        assertArrayEquals(expected.sizes(), tensor.sizes());
        assertTrue(expected.sub(tensor).abs().max().item().doubleValue() < 1e-5, expected + " and " + tensor);
    }

    private void assertOutputs(int call, List<Tensor> actual) {
        assertEquals(4, actual.size());
        for (int place = 0; place < 4; place++) {
            assertOutput(call, place, actual.get(place));
        }
    }

    private static void assertRefused(String text, Executable call) {
        assertEquals(text, assertThrows(IllegalArgumentException.class, call).getMessage());
    }

    @Test
    void callIsNestedAsInPython() throws IOException {
        try (CompiledModel model = CompiledModel.load(TestPackage.SMALL)) {
            for (int call = 0; call < CALLS; call++) {
                var pair = Map.of("right", List.of(input(call, 1), input(call, 2)), "left", input(call, 0));
                var result =
                        (Map<?, ?>) Objects.requireNonNull(model.call(List.of(pair), Map.of("scale", input(call, 3))));
                assertEquals(List.of("total", "list"), List.copyOf(result.keySet()));
                var list = (List<?>) Objects.requireNonNull(result.get("list"));
                var inner = (List<?>) list.get(1);
                assertOutputs(
                        call,
                        List.of(
                                (Tensor) Objects.requireNonNull(result.get("total")),
                                (Tensor) list.get(0),
                                (Tensor) inner.get(0),
                                (Tensor) inner.get(1)));
            }
            assertEquals(
                    "CompiledModel(model of small.pt2: (({left: Tensor, right: [Tensor, Tensor]}), {scale: Tensor})"
                            + " -> {total: Tensor, list: [Tensor, (Tensor, Tensor)]})",
                    model.toString());
        }
    }

    @Test
    void eachModelHasAStateOfItsOwn() throws IOException {
        try (CompiledModel one = CompiledModel.load(TestPackage.SMALL);
                CompiledModel other = CompiledModel.load(TestPackage.SMALL)) {
            for (int call = 0; call < CALLS; call++) {
                assertOutputs(call, one.run(inputs(call)));
            }
            assertOutputs(0, other.run(inputs(0)));
        }
    }

    @Test
    void anOutputThatIsTheStateIsACopy() throws IOException {
        List<Tensor> first;
        try (CompiledModel model = CompiledModel.load(TestPackage.SMALL)) {
            first = model.run(inputs(0));
            assertOutputs(1, model.run(inputs(1)));
            assertOutputs(0, first);
            first.getFirst().fill_(100);
            assertOutputs(2, model.run(inputs(2)));
        }
        assertOutput(0, 1, first.get(1));
    }

    /** The second of the pair that is given goes out as it came in, over memory that may not be written. */
    @Test
    void anOutputThatIsAnInputSharesItsMemory() throws IOException {
        try (CompiledModel model = CompiledModel.load(TestPackage.SMALL)) {
            Tensor out = model.run(inputs(0)).get(2);
            assertEquals(input(0, 1).dataPtr(), out.dataPtr());
            assertThrows(IllegalArgumentException.class, () -> out.fill_(1));
        }
    }

    @Test
    void aRefusedRunLeavesTheState() throws IOException {
        try (CompiledModel model = CompiledModel.load(TestPackage.SMALL)) {
            assertOutputs(0, model.run(inputs(0)));
            assertRefused(
                    "inputs[1] has sizes [3], and size 0 must be 2",
                    () -> model.run(input(0, 0), Torch.ones(3), input(0, 2), input(0, 3)));
            assertRefused(
                    "inputs[2] is FLOAT32, and must be INT64",
                    () -> model.run(input(0, 0), input(0, 1), Torch.ones(5), input(0, 3)));
            assertRefused(
                    "inputs[3] has sizes [0], and must not be empty: the compiled code may read elements all the same",
                    () -> model.run(input(0, 0), input(0, 1), input(0, 2), Torch.ones(0)));
            assertRefused(
                    "inputs has 1 tensors, and the model takes 4: (({left: Tensor, right: [Tensor, Tensor]}),"
                            + " {scale: Tensor})",
                    () -> model.run(input(0, 0)));
            assertOutputs(1, model.run(inputs(1)));
        }
    }

    @Test
    void aCallNamesAnInputByItsPath() throws IOException {
        try (CompiledModel model = CompiledModel.load(TestPackage.SMALL)) {
            var pair = Map.of("left", input(0, 0), "right", List.of(Torch.ones(3), input(0, 2)));
            assertRefused(
                    "args[0].right[0] has sizes [3], and size 0 must be 2",
                    () -> model.call(List.of(pair), Map.of("scale", input(0, 3))));
        }
    }

    @Test
    void outputsAreWrittenAllOrNone() throws IOException {
        try (CompiledModel model = CompiledModel.load(TestPackage.SMALL)) {
            Tensor total = Torch.zeros(4);
            Tensor scaled = Torch.zeros(4);
            Tensor second = Torch.zeros(2);
            Tensor sum = Tensor.fromSegment(Arena.ofAuto().allocate(8, 8), DType.INT64);
            assertRefused(
                    "outputs[3] is FLOAT32 with sizes [1], and must be INT64 with sizes []",
                    () -> model.run(inputs(0), List.of(total, scaled, second, Torch.zeros(1))));
            Arena closed = Arena.ofConfined();
            Tensor gone = Torch.zeros(closed, 2);
            closed.close();
            assertThrows(IllegalStateException.class, () -> model.run(inputs(0), List.of(total, scaled, gone, sum)));
            for (Tensor unwritten : List.of(total, scaled, second)) {
                assertEquals(0f, unwritten.abs().sum().item());
            }
        }
        try (CompiledModel model = CompiledModel.load(TestPackage.SMALL)) {
            List<Tensor> outputs = List.of(
                    Torch.zeros(4),
                    Torch.zeros(4),
                    Torch.zeros(2),
                    Tensor.fromSegment(Arena.ofAuto().allocate(8, 8), DType.INT64));
            for (int call = 0; call < CALLS; call++) {
                model.run(inputs(call), outputs);
                assertOutputs(call, outputs);
            }
        }
    }

    @Test
    void severalInstancesAreRefused() {
        assertRefused(
                TestPackage.SMALL
                        + ": instances is 2, and must be 1: the model changes total, or its source does not tell,"
                        + " and instances share what they change",
                () -> CompiledModel.load(TestPackage.SMALL, Options.instances(2)));
    }

    @Test
    void aStateThatIsGivenIsCopied() throws IOException {
        Tensor start = Tensor.of(1f, 2f, 3f, 4f);
        try (CompiledModel model = CompiledModel.load(TestPackage.SMALL, Map.of("total", start))) {
            Tensor total = model.run(inputs(0)).getFirst();
            assertOutput(0, 0, total.sub(start));
            model.run(inputs(1));
        }
        assertArrayEquals(new float[] {1, 2, 3, 4}, start.toFloatArray());
    }
}
