package dev.torchffm.nn;

import static dev.torchffm.testing.TensorAssertions.assertAllClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.Aten;
import dev.torchffm.DType;
import dev.torchffm.Libtorch;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.TorchException;
import dev.torchffm.nn.Reference.Case;
import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Linear layers. */
@ExtendWith(TorchExtension.class)
final class LinearTest {

    private static Tensor grad(Tensor leaf) {
        Tensor gradient = leaf.grad();
        assertNotNull(gradient);
        return gradient;
    }

    static Stream<Case> linears() {
        return Reference.cases("linears");
    }

    @ParameterizedTest
    @MethodSource("linears")
    void linearHasPythonsParametersOfASeed(Case reference) {
        Torch.manualSeed(reference.integer("seed"));
        var layer = new Linear(reference.integer("in"), reference.integer("out"), reference.has("bias"));
        reference.assertBits("weight", layer.weight());
        Tensor bias = layer.bias();
        if (reference.has("bias")) {
            assertNotNull(bias);
            reference.assertBits("bias", bias);
            assertEquals(
                    List.of("weight", "bias"),
                    List.copyOf(layer.namedParameters().keySet()));
        } else {
            assertNull(bias);
            assertEquals(List.of("weight"), List.copyOf(layer.namedParameters().keySet()));
        }
        assertEquals(reference.text("repr"), layer.toString());
        assertTrue(layer.parameters().stream().allMatch(Tensor::requiresGrad));
    }

    static Stream<Case> layers() {
        return Reference.cases("layer");
    }

    @ParameterizedTest
    @MethodSource("layers")
    void linearHasPyTorchsValuesAndGradients(Case reference, Arena arena) {
        Tensor x = reference.tensor(arena, "input", 4, 5).requiresGrad_(true);
        var layer = new Linear(5, 3, true, reference.dtype());
        layer.loadStateDict(
                Map.of("weight", reference.tensor(arena, "weight", 3, 5), "bias", reference.tensor(arena, "bias", 3)));
        Tensor y = layer.forward(x);
        Reference.assertClose(reference.tensor(arena, "output", 4, 3), y.detach());
        y.backward(reference.tensor(arena, "grad_output", 4, 3));
        List<String> grads = reference.texts("grads");
        Reference.assertClose(Reference.tensor(arena, reference.dtype(), grads.get(0), 4, 5), grad(x));
        Reference.assertClose(Reference.tensor(arena, reference.dtype(), grads.get(1), 3, 5), grad(layer.weight()));
        Reference.assertClose(
                Reference.tensor(arena, reference.dtype(), grads.get(2), 3),
                grad(layer.parameters().get(1)));
    }

    @Test
    void linearIsAMatrixProductByHand(Arena arena) {
        var random = new SplittableRandom(1);
        double[] x = random.doubles(7 * 11).toArray();
        double[] w = random.doubles(5 * 11).toArray();
        double[] b = random.doubles(5).toArray();
        var expected = new double[7 * 5];
        for (int row = 0; row < 7; row++) {
            for (int column = 0; column < 5; column++) {
                double sum = b[column];
                for (int k = 0; k < 11; k++) {
                    sum += x[row * 11 + k] * w[column * 11 + k];
                }
                expected[row * 5 + column] = sum;
            }
        }
        Tensor y = Aten.linear(
                Tensor.of(arena, x).reshape(7, 11), Tensor.of(arena, w).reshape(5, 11), Tensor.of(arena, b));
        assertAllClose(Tensor.of(arena, expected).reshape(7, 5), y, 1e-14, 0);
        Tensor floats = Aten.linear(
                Tensor.of(arena, x).reshape(7, 11).to(DType.FLOAT32),
                Tensor.of(arena, w).reshape(5, 11).to(DType.FLOAT32),
                Tensor.of(arena, b).to(DType.FLOAT32));
        assertAllClose(y.to(DType.FLOAT32), floats, 1e-6, 0);
    }

    @Test
    void linearHasTheGradientsOfDifferences(Arena arena) {
        var layer = new Linear(3, 2, true, DType.FLOAT64);
        Tensor x = Tensor.of(arena, 0.5, -1.0, 2.0, 1.5, 0.25, -0.75).reshape(2, 3);
        Tensor target = Tensor.of(arena, 1.0, 0.0, -1.0, 0.5).reshape(2, 2);
        Functional.mseLoss(layer.forward(x), target).backward();
        double h = 1e-6;
        layer.namedParameters().forEach((name, parameter) -> {
            double[] gradient = grad(parameter).toDoubleArray();
            for (int i = 0; i < gradient.length; i++) {
                Tensor moved = parameter.detach();
                double value = moved.segment().getAtIndex(ValueLayout.JAVA_DOUBLE, i);
                moved.segment().setAtIndex(ValueLayout.JAVA_DOUBLE, i, value + h);
                double above =
                        Functional.mseLoss(layer.forward(x), target).item().doubleValue();
                moved.segment().setAtIndex(ValueLayout.JAVA_DOUBLE, i, value - h);
                double below =
                        Functional.mseLoss(layer.forward(x), target).item().doubleValue();
                moved.segment().setAtIndex(ValueLayout.JAVA_DOUBLE, i, value);
                assertEquals((above - below) / (2 * h), gradient[i], 1e-7, name + " " + i);
            }
        });
    }

    @Test
    void linearTakesAnyDimensionsBeforeTheLast(Arena arena) {
        var layer = new Linear(3, 2);
        assertArrayEquals(new long[] {2}, layer.forward(Torch.zeros(arena, 3)).sizes());
        assertArrayEquals(
                new long[] {4, 5, 2}, layer.forward(Torch.zeros(arena, 4, 5, 3)).sizes());
        assertArrayEquals(
                new long[] {0, 2}, layer.forward(Torch.zeros(arena, 0, 3)).sizes());
        assertArrayEquals(
                new float[2],
                new Linear(0, 2).forward(Torch.zeros(arena, 0)).detach().toFloatArray());
        assertEquals(0, new Linear(2, 0).forward(Torch.zeros(arena, 2)).numel());
    }

    @Test
    void linearGivesResultsWhereItsInputLives() {
        var layer = new Linear(3, 2);
        Arena arena = Arena.ofConfined();
        Tensor y = layer.forward(Torch.zeros(arena, 3));
        arena.close();
        assertThrows(IllegalStateException.class, y::dataPtr);
        assertEquals(6, layer.weight().numel());
    }

    @Test
    void linearNamesWhatIsWrong(Arena arena) {
        var layer = new Linear(3, 2);
        assertEquals(
                (Libtorch.isSince(15) ? "addmm: " : "") + "mat1 and mat2 shapes cannot be multiplied (2x4 and 3x2)",
                assertThrows(TorchException.class, () -> layer.forward(Torch.zeros(arena, 2, 4)))
                        .getMessage());
        assertThrows(TorchException.class, () -> layer.forward(Torch.zeros(arena, DType.FLOAT64, 2, 3)));
        assertEquals(
                "inFeatures is -1, and must be 0 or more",
                assertThrows(IllegalArgumentException.class, () -> new Linear(-1, 2))
                        .getMessage());
        assertEquals(
                "outFeatures is -2, and must be 0 or more",
                assertThrows(IllegalArgumentException.class, () -> new Linear(1, -2))
                        .getMessage());
        assertThrows(IllegalArgumentException.class, () -> new Linear(1, 2, true, DType.INT64));
        assertThrows(IllegalArgumentException.class, () -> new Linear(Long.MAX_VALUE, 2));
    }

    @Test
    void forwardNamesAMissingInput() {
        Tensor none = null;
        for (Module module : List.of(new Linear(1, 1), new Sequential(), new Sequential(new ReLU()))) {
            assertEquals(
                    "input",
                    assertThrows(NullPointerException.class, () -> module.forward(none))
                            .getMessage());
        }
    }
}
