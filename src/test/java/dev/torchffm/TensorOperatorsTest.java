package dev.torchffm;

import static dev.torchffm.testing.TensorAssertions.assertAllClose;
import static dev.torchffm.testing.TensorAssertions.assertBitEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Arithmetic, reductions and activations, with PyTorch's values, dtypes, gradients and errors. */
@ExtendWith(TorchExtension.class)
final class TensorOperatorsTest {

    private static void assertPrints(String expected, Tensor tensor) {
        assertEquals("tensor(" + expected + ")", tensor.toString());
    }

    @Test
    void arithmeticTakesTensorsAndNumbers(Arena arena) {
        Tensor x = Tensor.of(arena, 1f, -2f, 4f);
        Tensor y = Tensor.of(arena, 0.5f, 2f, -8f);
        assertPrints("[ 1.5000,  0.0000, -4.0000]", x.add(y));
        assertPrints("[3., 0., 6.]", x.add(2));
        assertPrints("[ 0.5000, -4.0000, 12.0000]", x.sub(y));
        assertPrints("[ 0.5000, -2.5000,  3.5000]", x.sub(0.5));
        assertPrints("[  0.5000,  -4.0000, -32.0000]", x.mul(y));
        assertPrints("[-1.5000,  3.0000, -6.0000]", x.mul(-1.5f));
        assertPrints("[ 2.0000, -1.0000, -0.5000]", x.div(y));
        assertPrints("[ 0.5000, -1.0000,  2.0000]", x.div(2));
        assertPrints("[-1.,  2., -4.]", x.neg());
        assertPrints("[1., 3.]", Tensor.of(arena, 1f, 9f).sqrt());
        assertPrints("[False,  True, False]", x.eq(-2));
        assertPrints("[False, False, False]", x.eq(y));
        assertEquals(Math.E, Tensor.of(arena, 1.0).exp().item().doubleValue(), 1e-15);
        assertEquals(Math.log(3), Tensor.of(arena, 3.0).log().item().doubleValue(), 1e-15);
    }

    @Test
    void arithmeticPromotesDtypesAsPyTorch(Arena arena) {
        Tensor integers = Tensor.of(arena, 1, -2);
        assertEquals(DType.INT32, integers.add(1).dtype());
        assertEquals(DType.FLOAT32, integers.mul(0.5).dtype());
        assertEquals(DType.FLOAT32, integers.div(2).dtype());
        assertEquals(DType.FLOAT64, Tensor.of(arena, 1.0).add(0.1f).dtype());
        assertEquals(0.1, Tensor.of(arena, 0.0).add(0.1).item());
        assertEquals(DType.INT64, integers.sum().dtype());
        assertEquals(DType.FLOAT32, integers.sigmoid().dtype());
        assertPrints("[ 1., -2.]", integers.to(DType.FLOAT32));
        assertSame(integers, integers.to(DType.INT32));
    }

    @Test
    void matmulAndReductionsGiveTheirValues(Arena arena) {
        Tensor a = Torch.arange(arena, DType.FLOAT32, 0, 6, 1).reshape(2, 3);
        assertPrints("[[ 5., 14.],\n        [14., 50.]]", a.matmul(a.t()));
        assertEquals(a.dataPtr(), a.t().dataPtr());
        assertPrints("15.", a.sum());
        assertPrints("[3., 5., 7.]", a.sum(0, false));
        assertPrints("[[ 3.],\n        [12.]]", a.sum(-1, true));
        assertPrints("2.5000", a.mean());
        assertPrints("[1., 4.]", a.mean(1, false));
        assertPrints("5", a.argmax());
        assertPrints("[2, 2]", a.argmax(1, false));
        assertEquals(3L, a.reshape(-1).eq(a.reshape(-1)).sum().item().longValue() - 3);
    }

    static Map<String, UnaryOperator<Tensor>> differentiable() {
        Tensor other = Tensor.of(0.5, -1.5, 2.0, 3.0);
        return Map.ofEntries(
                Map.entry("add", x -> x.add(other)),
                Map.entry("add number", x -> x.add(3)),
                Map.entry("sub", x -> x.sub(other)),
                Map.entry("sub number", x -> x.sub(0.25)),
                Map.entry("mul", x -> x.mul(other)),
                Map.entry("mul number", x -> x.mul(-3)),
                Map.entry("div", x -> x.div(other)),
                Map.entry("div by x", x -> other.div(x)),
                Map.entry("div number", x -> x.div(3)),
                Map.entry("neg", Tensor::neg),
                Map.entry("exp", Tensor::exp),
                Map.entry("log", x -> x.mul(x).log()),
                Map.entry("sqrt", x -> x.mul(x).add(1).sqrt()),
                Map.entry("sigmoid", Tensor::sigmoid),
                Map.entry("tanh", Tensor::tanh),
                Map.entry("leakyRelu", x -> x.leakyRelu(0.1)),
                Map.entry("leakyRelu_", x -> x.mul(2).leakyRelu_(0.1)),
                Map.entry("sigmoid_", x -> x.mul(2).sigmoid_()),
                Map.entry("tanh_", x -> x.mul(2).tanh_()),
                Map.entry("prelu", x -> x.prelu(Tensor.of(0.25))),
                Map.entry("matmul", x -> x.reshape(2, 2)
                        .matmul(other.reshape(2, 2).t())),
                Map.entry("sum", Tensor::sum),
                Map.entry("sum of a dimension", x -> x.reshape(2, 2).sum(0, false)),
                Map.entry("mean", Tensor::mean),
                Map.entry("mean of a dimension", x -> x.reshape(2, 2).mean(1, true)));
    }

    static List<String> names() {
        return differentiable().keySet().stream().sorted().toList();
    }

    /** Against (f(x + h) - f(x - h)) / 2h, of the weighted sum of the results. */
    @ParameterizedTest
    @MethodSource("names")
    void gradientsAreThoseOfCentralDifferences(String name) {
        UnaryOperator<Tensor> operator = differentiable().get(name);
        double[] at = {0.75, -0.5, 1.25, -2.0};
        Tensor leaf = Tensor.of(at).requiresGrad_(true);
        weighted(operator.apply(leaf)).backward();
        double h = 1e-6;
        double[] expected = new double[at.length];
        for (int i = 0; i < at.length; i++) {
            double[] above = at.clone();
            double[] below = at.clone();
            above[i] += h;
            below[i] -= h;
            expected[i] = (weighted(operator.apply(Tensor.of(above))).item().doubleValue()
                            - weighted(operator.apply(Tensor.of(below))).item().doubleValue())
                    / (2 * h);
        }
        Tensor gradient = leaf.grad();
        assertNotNull(gradient);
        assertAllClose(Tensor.of(expected), gradient, 1e-6, 1e-7);
    }

    private static Tensor weighted(Tensor result) {
        return result.reshape(-1)
                .mul(Torch.arange(Arena.ofAuto(), DType.FLOAT64, 1, 1 + result.numel(), 1))
                .sum();
    }

    @Test
    void inPlaceIsTheSameTensorOverTheSameMemory(Arena arena) {
        List<UnaryOperator<Tensor>> operators =
                List.of(Tensor::sigmoid_, Tensor::tanh_, x -> x.leakyRelu_(0.01), Tensor::zeroGrad_);
        for (UnaryOperator<Tensor> operator : operators) {
            Tensor x = Tensor.of(arena, 1f, -2f);
            long address = x.segment().address();
            assertSame(x, operator.apply(x));
            assertEquals(address, x.segment().address());
        }
        Tensor x = Tensor.of(arena, 1f, -2f);
        assertBitEquals(x.leakyRelu(0.5), x.clone().leakyRelu_(0.5));
        Tensor readOnly = Tensor.fromSegment(x.segment().asReadOnly(), DType.FLOAT32, 2);
        assertThrows(IllegalArgumentException.class, readOnly::sigmoid_);
        assertThrows(IllegalArgumentException.class, () -> readOnly.leakyRelu_(0.5));
    }

    @Test
    void inPlaceFollowsLibtorchsRules() {
        Tensor leaf = Tensor.of(1f, -2f).requiresGrad_(true);
        var ofALeaf = assertThrows(TorchException.class, leaf::tanh_);
        assertTrue(String.valueOf(ofALeaf.getMessage())
                .contains("a leaf Variable that requires grad is being used in an in-place operation"));
        Tensor saved = leaf.mul(1).sigmoid(); // its backward needs its own result
        saved.leakyRelu_(0.5);
        var afterwards = assertThrows(TorchException.class, () -> saved.sum().backward());
        assertTrue(String.valueOf(afterwards.getMessage()).contains("modified by an inplace operation"));
    }

    @Test
    void arithmeticPrintsAsInPython() {
        Tensor leaf = Tensor.of(2f).requiresGrad_(true);
        assertPrints("[4.], grad_fn=<AddBackward0>", leaf.add(2));
        assertPrints("[0.], grad_fn=<SubBackward0>", leaf.sub(2));
        assertPrints("[4.], grad_fn=<MulBackward0>", leaf.mul(2));
        assertPrints("[1.], grad_fn=<DivBackward0>", leaf.div(2));
        assertPrints("[4.], grad_fn=<AddBackward0>", leaf.add(leaf));
    }

    private static Tensor called(String operator, @Nullable Object... arguments) {
        return (Tensor) Objects.requireNonNull(
                Torch.call("aten::" + operator, arguments).getFirst());
    }

    private static Arguments recorded(String name, boolean keeps, UnaryOperator<Tensor> operator) {
        return Arguments.of(name, keeps, operator);
    }

    static Stream<Arguments> numbered() {
        return Stream.of(
                recorded("AddBackward0", false, x -> called("add.Tensor", x, 2, 3)),
                recorded("SubBackward0", false, x -> x.sub(2.5)),
                recorded("MulBackward0", true, x -> x.mul(2)),
                recorded("MulBackward0", true, x -> called("mul.Tensor", x, true)),
                recorded("DivBackward0", true, x -> x.div(2)),
                recorded("DivBackward2", true, x -> called("div.Tensor_mode", x, 2, "floor")),
                recorded("AddBackward0", false, x -> called("add_.Tensor", x.clone(), 2)),
                recorded("SubBackward0", false, x -> called("sub_.Tensor", x.clone(), 2)),
                recorded("MulBackward0", true, x -> called("mul_.Tensor", x.clone(), 2)),
                recorded("DivBackward0", true, x -> called("div_.Tensor", x.clone(), 2)),
                recorded("RsubBackward1", false, x -> called("rsub.Scalar", x, 2)),
                recorded("PowBackward0", true, x -> called("pow.Tensor_Scalar", x, 1)),
                recorded("PowBackward2", true, x -> called("pow.Scalar", 2, x)),
                recorded("FmodBackward0", false, x -> called("fmod.Scalar", x, 2)),
                recorded("RemainderBackward0", false, x -> called("remainder.Scalar", x, 2)),
                recorded("MulBackward1", false, x -> called("trapezoid.dx", x)),
                recorded("MulBackward1", true, x -> called("special_ndtr", x)),
                recorded("DivBackward1", true, x -> called("cross_entropy_loss", x, x.detach())));
    }

    /** Python's names, and Python's refusals of a second backward: where the first has freed what was kept. */
    @ParameterizedTest
    @MethodSource("numbered")
    void historiesOfNumbersAreThoseOfPython(String name, boolean keeps, UnaryOperator<Tensor> operator) {
        Tensor y = operator.apply(Tensor.of(0.3f, -0.7f, 1.2f).requiresGrad_(true));
        assertTrue(y.toString().endsWith("grad_fn=<" + name + ">)"), y.toString());
        Tensor gradient = Torch.ones(y.sizes());
        y.backward(gradient);
        if (keeps) {
            var refusal = assertThrows(TorchException.class, () -> y.backward(gradient));
            assertTrue(String.valueOf(refusal.getMessage())
                    .contains("Trying to backward through the graph a second time"));
        } else {
            y.backward(gradient);
        }
    }

    @Test
    void operatorsRefuseWhatDoesNotFit(Arena arena) {
        Tensor x = Tensor.of(arena, 1f, 2f, 3f);
        Tensor y = Tensor.of(arena, 1f, 2f);
        assertTrue(String.valueOf(
                        assertThrows(TorchException.class, () -> x.add(y)).getMessage())
                .contains("The size of tensor a (3) must match the size of tensor b (2)"));
        assertThrows(TorchException.class, () -> x.matmul(y));
        assertThrows(TorchException.class, () -> x.reshape(2, 2));
        assertThrows(TorchException.class, () -> x.sum(3, false));
        assertThrows(TorchException.class, () -> Tensor.of(arena, 1, 2).mean());
        assertThrows(TorchException.class, () -> Tensor.of(arena, true).neg());
        assertThrows(IllegalArgumentException.class, () -> x.mul(java.math.BigDecimal.ONE));
        Arena closed = Arena.ofConfined();
        Tensor dead = Tensor.of(closed, 1f, 2f, 3f);
        closed.close();
        assertThrows(IllegalStateException.class, () -> x.add(dead));
        assertThrows(IllegalStateException.class, () -> dead.mul(2));
        assertThrows(IllegalStateException.class, () -> x.matmul(dead));
    }
}
