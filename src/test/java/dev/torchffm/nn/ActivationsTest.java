package dev.torchffm.nn;

import static dev.torchffm.testing.TensorAssertions.assertAllClose;
import static dev.torchffm.testing.TensorAssertions.assertBitEquals;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.DType;
import dev.torchffm.Libtorch;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.TorchException;
import dev.torchffm.nn.Reference.Case;
import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The family of activations: values, gradients, in place, refusals, prints. */
@ExtendWith(TorchExtension.class)
final class ActivationsTest {

    private static final List<Module> OUT_OF_PLACE =
            List.of(new MyReLU(), new ReLU(), new LeakyReLU(0.125), new PReLU(1, 0.25), new Sigmoid(), new Tanh());

    private static final List<Module> IN_PLACE =
            List.of(new MyReLU(true), new ReLU(true), new LeakyReLU(0.125, true), Tensor::sigmoid_, Tensor::tanh_);

    /** A gradient that is there. */
    private static Tensor grad(Tensor leaf) {
        Tensor gradient = leaf.grad();
        assertNotNull(gradient);
        return gradient;
    }

    // ---- every bit of PyTorch's, and the piecewise linear ones by hand ----

    static Stream<Case> piecewise() {
        return Reference.cases("piecewise");
    }

    static Stream<Case> smooth() {
        return Reference.cases("smooth");
    }

    private static Module module(Case reference) {
        return switch (reference.text("module")) {
            case "ReLU" -> new ReLU();
            case "LeakyReLU" -> new LeakyReLU(0.125);
            case "PReLU" -> new PReLU(1, 0.25, reference.dtype());
            case "Sigmoid" -> new Sigmoid();
            case "Tanh" -> new Tanh();
            default -> throw new AssertionError(reference);
        };
    }

    @ParameterizedTest
    @MethodSource({"piecewise", "smooth"})
    void activationsHavePyTorchsBits(Case reference, Arena arena) {
        Tensor x = reference.tensor(arena, "input").requiresGrad_(true);
        Tensor y = module(reference).forward(x);
        reference.assertBits("output", y);
        y.backward(reference.tensor(arena, "grad_output"));
        reference.assertBits("grad", grad(x));
    }

    /** By hand; clamp's derivative at its bound, 0 or -0, was that of the value above up to libtorch 2.13. */
    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "FLOAT64", "FLOAT16", "BFLOAT16"})
    void piecewiseLinearOnesAreAsDerivedByHand(DType dtype, Arena arena) {
        double[] x = {-2, -0.5, -0.0, 0, 0.5, 2};
        double[] rectified = {0, 0, -0.0, 0, 0.5, 2};
        double bound = Libtorch.isSince(14) ? 0 : 1;
        assertPiecewise(dtype, arena, new MyReLU(), x, rectified, 0, 0, bound, bound, 1, 1);
        assertPiecewise(dtype, arena, new ReLU(), x, rectified, 0, 0, 0, 0, 1, 1);
        double[] leaky = {-0.5, -0.125, -0.0, 0, 0.5, 2};
        double quarter = 0.25;
        assertPiecewise(dtype, arena, new LeakyReLU(0.25), x, leaky, quarter, quarter, quarter, quarter, 1, 1);
        assertPiecewise(dtype, arena, new PReLU(1, 0.25, dtype), x, leaky, quarter, quarter, quarter, quarter, 1, 1);
        assertPiecewise(dtype, arena, new MyReLU(true), x, rectified, 0, 0, bound, bound, 1, 1);
        assertPiecewise(dtype, arena, new ReLU(true), x, rectified, 0, 0, 0, 0, 1, 1);
        assertPiecewise(dtype, arena, new LeakyReLU(0.25, true), x, leaky, quarter, quarter, quarter, quarter, 1, 1);
    }

    private static void assertPiecewise(
            DType dtype, Arena arena, Module module, double[] x, double[] y, double... derivative) {
        Tensor leaf = Tensor.of(arena, x).to(dtype).requiresGrad_(true);
        Tensor output = module.forward(leaf.clone()); // a leaf may not be written in place
        assertBitEquals(Tensor.of(arena, y).to(dtype), output);
        output.sum().backward();
        assertBitEquals(Tensor.of(arena, derivative).to(dtype), grad(leaf));
    }

    @Test
    void preluLearnsItsWeightFromWhatIsNotPositive(Arena arena) {
        var module = new PReLU(2, 0.5);
        Tensor x = Tensor.of(arena, -1f, 2f, -4f, 0f, 3f, -8f).reshape(3, 2); // of two channels
        module.forward(x).backward(Tensor.of(arena, 1f, 1f, 10f, 1f, 1f, 100f).reshape(3, 2));
        assertEquals("tensor([ -41., -800.])", grad(module.weight()).toString());
        assertEquals(
                "tensor([[-0.5000,  2.0000],\n        [-2.0000,  0.0000],\n        [ 3.0000, -4.0000]])",
                module.forward(x).detach().toString());
        Tensor odd = Torch.zeros(arena, 2, 3);
        assertTrue(
                message(() -> module.forward(odd)).startsWith("Mismatch of parameter numbers and input channel size."));
    }

    // ---- smooth: against Java's double precision ----

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    /** The distance of two neighbours of a dtype at a value. */
    private static double ulp(DType dtype, double value) {
        return switch (dtype) {
            case FLOAT64 -> Math.ulp(value);
            case FLOAT32 -> Math.ulp((float) value);
            case FLOAT16 -> Math.scalb(1.0, Math.max(Math.getExponent(value), -14) - 10);
            case BFLOAT16 -> Math.scalb(1.0, Math.max(Math.getExponent(value), -126) - 7);
            default -> throw new AssertionError(dtype);
        };
    }

    private static void assertWithin(double ulps, DType dtype, double expected, double actual, double x) {
        assertTrue(
                Math.abs(expected - actual) <= ulps * ulp(dtype, expected),
                () -> dtype + " at " + x + ": " + actual + ", and " + expected + " is due");
    }

    /** libtorch's are within 2 units in the last place; Java's own reference may be another 2 off in FLOAT64. */
    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "FLOAT64", "FLOAT16", "BFLOAT16"})
    void smoothOnesAreWithinUlpsOfDoublePrecision(DType dtype, Arena arena) {
        Tensor x = Torch.arange(arena, dtype, -12, 12.01, 0.03125);
        double[] at = x.toDoubleArray();
        assertEquals(769, at.length);
        double ulps = dtype == DType.FLOAT64 ? 4 : 2;
        assertSmooth(ulps, dtype, at, new Sigmoid().forward(x), ActivationsTest::sigmoid);
        assertSmooth(ulps, dtype, at, new Tanh().forward(x), Math::tanh);
        assertBitEquals(new Sigmoid().forward(x), x.clone().sigmoid_());
        assertBitEquals(new Tanh().forward(x), x.clone().tanh_());
        Tensor ends = Tensor.of(arena, 0.0, -0.0, 1 / 0.0, -1 / 0.0).to(dtype);
        assertBitEquals(Tensor.of(arena, 0.5, 0.5, 1, 0).to(dtype), new Sigmoid().forward(ends));
        assertBitEquals(Tensor.of(arena, 0, -0.0, 1, -1).to(dtype), new Tanh().forward(ends));
        Tensor nan = Tensor.of(arena, Double.NaN).to(dtype);
        for (Module module : List.of(new Sigmoid(), new Tanh())) {
            assertTrue(Double.isNaN(module.forward(nan).toDoubleArray()[0]));
        }
    }

    private static void assertSmooth(double ulps, DType dtype, double[] x, Tensor y, DoubleUnaryOperator reference) {
        assertEquals(dtype, y.dtype());
        double[] actual = y.toDoubleArray();
        for (int i = 0; i < x.length; i++) {
            assertWithin(ulps, dtype, reference.applyAsDouble(x[i]), actual[i], x[i]);
        }
    }

    /** σ' = σ (1 - σ) and tanh' = 1 - tanh², of the very outputs: the operations round at most 4 times. */
    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "FLOAT64"})
    void smoothOnesHaveTheDerivativesOfTheirOutputs(DType dtype, Arena arena) {
        assertDerivative(dtype, arena, new Sigmoid(), y -> y * (1 - y));
        assertDerivative(dtype, arena, new Tanh(), y -> 1 - y * y);
    }

    private static void assertDerivative(DType dtype, Arena arena, Module module, DoubleUnaryOperator ofOutput) {
        Tensor leaf = Torch.arange(arena, dtype, -6, 6.01, 0.0625).requiresGrad_(true);
        Tensor y = module.forward(leaf);
        y.sum().backward();
        double[] outputs = y.detach().toDoubleArray();
        double[] gradients = grad(leaf).toDoubleArray();
        for (int i = 0; i < outputs.length; i++) {
            double expected = ofOutput.applyAsDouble(outputs[i]);
            assertEquals(expected, gradients[i], 2 * ulp(dtype, 1), "at output " + outputs[i]);
        }
        assertEquals(0.0, leaf.toDoubleArray()[96]);
        assertEquals(module instanceof Sigmoid ? 0.25 : 1.0, gradients[96]);
    }

    /** Against (f(x + h) - f(x - h)) / 2h. */
    @Test
    void gradientsAreThoseOfCentralDifferences(Arena arena) {
        double[] at = {-3, -1.25, -0.1, 0.1, 0.75, 2.5};
        double h = 1e-6;
        var modules = List.<Module>of(
                new MyReLU(),
                new ReLU(),
                new LeakyReLU(0.1),
                new PReLU(1, 0.3, DType.FLOAT64),
                new Sigmoid(),
                new Tanh());
        for (Module module : modules) {
            Tensor leaf = Tensor.of(arena, at).requiresGrad_(true);
            Tensor weights = Tensor.of(arena, 1.0, -2.0, 3.0, -4.0, 5.0, -6.0);
            module.forward(leaf).backward(weights);
            double[] above =
                    module.forward(Tensor.of(arena, at).add(h)).detach().toDoubleArray();
            double[] below =
                    module.forward(Tensor.of(arena, at).sub(h)).detach().toDoubleArray();
            var expected = new double[at.length];
            for (int i = 0; i < at.length; i++) {
                expected[i] = (above[i] - below[i]) / (2 * h) * weights.toDoubleArray()[i];
            }
            assertAllClose(Tensor.of(arena, expected), grad(leaf), 1e-7, 1e-8);
        }
    }

    @Test
    void preluWeightsGradientIsThatOfDifferences(Arena arena) {
        Tensor x = Tensor.of(arena, -3.0, 1.0, -0.5, 2.0);
        var module = new PReLU(1, 0.3, DType.FLOAT64);
        module.forward(x).sum().backward();
        double h = 1e-6;
        double above =
                new PReLU(1, 0.3 + h, DType.FLOAT64).forward(x).sum().item().doubleValue();
        double below =
                new PReLU(1, 0.3 - h, DType.FLOAT64).forward(x).sum().item().doubleValue();
        assertEquals((above - below) / (2 * h), grad(module.weight()).item().doubleValue(), 1e-8);
    }

    // ---- in place, and not ----

    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "FLOAT64", "FLOAT16", "BFLOAT16"})
    void inPlaceIsTheSameTensorAtTheSameAddress(DType dtype, Arena arena) {
        for (Module module : IN_PLACE) {
            MemorySegment memory = arena.allocate(8L * dtype.byteSize(), 64);
            Tensor all = Tensor.fromSegment(memory, dtype, 8);
            all.copy_(Tensor.of(arena, -1f, -1f, 1f, -1f, -2f, -1f, -1f, -1f));
            Tensor odd = Tensor.fromSegment(arena, memory, dtype, new long[] {3}, new long[] {2}, 1);
            Tensor expected = module.forward(odd.clone());
            long address = odd.segment().address();
            assertSame(odd, module.forward(odd));
            assertEquals(address, odd.segment().address());
            assertBitEquals(expected, odd);
            double[] after = all.toDoubleArray();
            assertArrayEquals(
                    new double[] {-1, 1, -2, -1, -1}, new double[] {after[0], after[2], after[4], after[6], after[7]});
        }
    }

    @Test
    void outOfPlaceIsAnotherTensorElsewhere(Arena arena) {
        for (Module module : OUT_OF_PLACE) {
            Tensor x = Tensor.of(arena, 1f, -2f, 3f);
            Tensor y = module.forward(x);
            assertNotSame(x, y);
            assertNotEquals(x.segment().address(), y.segment().address());
            assertArrayEquals(new float[] {1, -2, 3}, x.toFloatArray());
        }
    }

    @Test
    void inPlaceMayNotWriteALeaf(Arena arena) {
        for (Module module : IN_PLACE) {
            Tensor leaf = Tensor.of(arena, 1f, -2f).requiresGrad_(true);
            assertEquals(
                    "a leaf Variable that requires grad is being used in an in-place operation.",
                    message(() -> module.forward(leaf)));
            assertArrayEquals(new float[] {1, -2}, leaf.toFloatArray());
        }
    }

    @Test
    void inPlaceMayNotOverwriteWhatBackwardNeeds(Arena arena) {
        List<Function<Tensor, Tensor>> saved = List.of(Tensor::sigmoid, Tensor::tanh, Tensor::exp, Tensor::relu);
        List<String> names = List.of("Sigmoid", "Tanh", "Exp", "Relu");
        for (Module module : IN_PLACE) {
            for (int i = 0; i < saved.size(); i++) {
                Tensor y = saved.get(i).apply(Tensor.of(arena, 1f, -2f).requiresGrad_(true));
                Tensor sum = module.forward(y).sum();
                String message = message(sum::backward);
                assertTrue(
                        message.startsWith(
                                "one of the variables needed for gradient computation has been modified by an"
                                        + " inplace operation: [CPUFloatType [2]], which is output 0 of " + names.get(i)
                                        + ", is at version 1; expected version 0 instead."),
                        message);
            }
        }
    }

    /** As clamp's derivative is computed from its input, which is gone, and relu's from its output. */
    @Test
    void inPlaceClampKeepsItsInputAndReluItsOutput(Arena arena) {
        Tensor leaf = Tensor.of(arena, -1f, 0.25f, 2f).requiresGrad_(true);
        Tensor clamped = new MyReLU(true).forward(leaf.clone());
        new LeakyReLU(0.5, true).forward(clamped.clamp_(null, 1)).sum().backward();
        assertArrayEquals(new float[] {0, 1, 0}, grad(leaf).toFloatArray());
        Tensor rectified = new ReLU(true).forward(leaf.clone());
        Tensor sum = rectified.clamp_(null, 1).sum();
        assertTrue(message(sum::backward).contains("which is output 0 of Relu"));
    }

    @Test
    void inPlaceMayNotWriteReadOnlyMemory(Arena arena) {
        MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_FLOAT, -1, 2);
        Tensor x = Tensor.fromSegment(memory.asReadOnly(), DType.FLOAT32, 2);
        for (Module module : IN_PLACE) {
            assertThrows(IllegalArgumentException.class, () -> module.forward(x));
        }
        for (Module module : OUT_OF_PLACE) {
            assertEquals(2, module.forward(x).numel());
        }
        assertArrayEquals(new float[] {-1, 2}, x.toFloatArray());
    }

    @Test
    void inPlaceMayNotHaveANegativeSlope(Arena arena) {
        Tensor y = new LeakyReLU(-0.5, true)
                .forward(Tensor.of(arena, 1f, -2f).requiresGrad_(true).clone());
        assertEquals("tensor([1., 1.])", y.detach().toString());
        String message = message(y.sum()::backward);
        assertTrue(
                message.startsWith("In-place leakyReLu backward calculation is triggered with a"
                        + " negative slope which is not supported."),
                message);
    }

    private static String message(Runnable runnable) {
        return String.valueOf(assertThrows(TorchException.class, runnable::run).getMessage());
    }

    // ---- dtypes and arguments ----

    @Test
    void integersAreTakenWherePyTorchTakesThem(Arena arena) {
        Tensor x = Tensor.of(arena, -1, 2);
        assertEquals("tensor([0, 2], dtype=torch.int32)", new ReLU().forward(x).toString());
        assertEquals(DType.FLOAT32, new Sigmoid().forward(x).dtype());
        assertEquals(DType.FLOAT32, new Tanh().forward(x).dtype());
        for (Module module : List.of(new LeakyReLU(), new PReLU())) {
            assertThrows(TorchException.class, () -> module.forward(x));
        }
        assertThrows(TorchException.class, () -> new ReLU().forward(Tensor.of(arena, true)));
        assertThrows(TorchException.class, () -> new PReLU().forward(Tensor.of(arena, 1.0)));
    }

    @Test
    void activationsNameWhatIsWrong() {
        var modules = new ArrayList<>(OUT_OF_PLACE);
        modules.addAll(IN_PLACE.subList(0, 3));
        for (Module module : modules) {
            Tensor none = null;
            assertEquals(
                    "input",
                    assertThrows(NullPointerException.class, () -> module.forward(none))
                            .getMessage());
        }
        assertEquals(
                "numParameters is -1, and must be 0 or more",
                assertThrows(IllegalArgumentException.class, () -> new PReLU(-1, 0))
                        .getMessage());
        assertEquals(
                "dtype is INT32, and a parameter's must be floating-point",
                assertThrows(IllegalArgumentException.class, () -> new PReLU(1, 0, DType.INT32))
                        .getMessage());
    }

    // ---- prints ----

    static Stream<Case> reprs() {
        return Reference.cases("reprs");
    }

    @ParameterizedTest
    @MethodSource("reprs")
    void slopePrintsAsInPython(Case reference) {
        assertEquals(reference.text("repr"), new LeakyReLU(Reference.real(reference.text("bits"))).toString());
    }

    @Test
    void activationsPrintAsInPython() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab")); // with digits of its own
            assertEquals("LeakyReLU(negative_slope=1e-05)", new LeakyReLU(1e-5).toString());
            assertEquals("LeakyReLU(negative_slope=5e-324)", new LeakyReLU(Double.MIN_VALUE).toString());
            assertEquals("LeakyReLU(negative_slope=1e-323)", new LeakyReLU(2 * Double.MIN_VALUE).toString());
            assertEquals("LeakyReLU(negative_slope=1.5e-323)", new LeakyReLU(3 * Double.MIN_VALUE).toString());
            assertEquals("LeakyReLU(negative_slope=2e-323)", new LeakyReLU(4 * Double.MIN_VALUE).toString());
            assertEquals("LeakyReLU(negative_slope=2e-44)", new LeakyReLU(2e-44).toString());
        } finally {
            Locale.setDefault(before);
        }
        assertEquals("Sigmoid()", new Sigmoid().toString());
        assertEquals("Tanh()", new Tanh().toString());
        assertEquals("ReLU()", new ReLU().toString());
        assertEquals("ReLU(inplace=True)", new ReLU(true).toString());
        assertEquals("LeakyReLU(negative_slope=0.01)", new LeakyReLU().toString());
        assertEquals("LeakyReLU(negative_slope=0.01, inplace=True)", new LeakyReLU(0.01, true).toString());
        assertEquals("PReLU(num_parameters=1)", new PReLU().toString());
        assertEquals("MyReLU(inplace=True)", new MyReLU(true).toString());
    }
}
