package dev.torchffm.optim;

import static dev.torchffm.testing.TensorAssertions.assertAllClose;
import static dev.torchffm.testing.TensorAssertions.assertBitEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.torchffm.DType;
import dev.torchffm.Mode;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.TorchException;
import dev.torchffm.internal.Handles;
import dev.torchffm.nn.Reference;
import dev.torchffm.nn.Reference.Case;
import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** SGD and Adam against steps that PyTorch computed, and what they refuse. */
@ExtendWith(TorchExtension.class)
final class OptimizerTest {

    private static final List<Function<List<Tensor>, Optimizer>> KINDS = List.of(
            parameters -> new SGD(parameters, 0.5),
            parameters -> new SGD(parameters, new SGD.Options(0.5).momentum(0.9)),
            parameters -> new Adam(parameters, 0.5),
            parameters -> new Adam(parameters, new Adam.Options(0.1).amsgrad(true)),
            parameters -> new AdamW(parameters, 0.5));

    static Stream<Case> references() {
        return Reference.cases("optimizers");
    }

    private static double number(JsonNode options, String name, double otherwise) {
        return options.has(name) ? options.get(name).asDouble() : otherwise;
    }

    private static boolean flag(JsonNode options, String name) {
        return options.has(name) && options.get(name).asBoolean();
    }

    private static Optimizer optimizer(Case reference, Tensor parameter) {
        JsonNode options = reference.node("options");
        double weightDecay = number(options, "weight_decay", 0);
        boolean maximize = flag(options, "maximize");
        if (reference.text("optimizer").equals("SGD")) {
            return new SGD(
                    List.of(parameter),
                    new SGD.Options(options.get("lr").asDouble())
                            .momentum(number(options, "momentum", 0))
                            .dampening(number(options, "dampening", 0))
                            .weightDecay(weightDecay)
                            .nesterov(flag(options, "nesterov"))
                            .maximize(maximize));
        }
        var adam = options.has("lr") ? new Adam.Options(options.get("lr").asDouble()) : new Adam.Options();
        if (options.has("betas")) {
            adam = adam.betas(
                    options.get("betas").get(0).asDouble(),
                    options.get("betas").get(1).asDouble());
        }
        if (options.has("eps")) {
            adam = adam.eps(options.get("eps").asDouble());
        }
        if (reference.text("optimizer").equals("AdamW")) {
            return new AdamW(
                    List.of(parameter),
                    new AdamW.Options(adam.lr())
                            .weightDecay(number(options, "weight_decay", 1e-2))
                            .amsgrad(flag(options, "amsgrad"))
                            .maximize(maximize));
        }
        return new Adam(
                List.of(parameter),
                adam.weightDecay(weightDecay).amsgrad(flag(options, "amsgrad")).maximize(maximize));
    }

    @ParameterizedTest
    @MethodSource("references")
    void stepsArePyTorchs(Case reference, Arena arena) {
        Tensor parameter = reference.tensor(arena, "start").requiresGrad_(true);
        long address = parameter.dataPtr();
        Optimizer optimizer = optimizer(reference, parameter);
        boolean doubles = reference.dtype() == DType.FLOAT64;
        for (int step = 0; step < 10; step++) {
            optimizer.zeroGrad();
            parameter
                    .clone()
                    .backward(Reference.tensor(
                            arena, reference.dtype(), reference.texts("grads").get(step)));
            optimizer.step();
            Tensor expected = Reference.tensor(
                    arena, reference.dtype(), reference.texts("steps").get(step));
            assertAllClose(expected, parameter.detach(), doubles ? 1e-13 : 2e-6, doubles ? 1e-14 : 1e-6);
        }
        assertEquals(address, parameter.dataPtr());
        assertTrue(parameter.requiresGrad());
    }

    @Test
    void sgdIsPlainDescentByHand(Arena arena) {
        Tensor parameter = Tensor.of(arena, 1f, -2f).requiresGrad_(true);
        var optimizer = new SGD(List.of(parameter), 0.25);
        parameter.mul(Tensor.of(arena, 2f, 4f)).sum().backward();
        optimizer.step();
        optimizer.step(); // the gradient is still there
        assertEquals("tensor([ 0., -4.], requires_grad=True)", parameter.toString());
        optimizer.zeroGrad();
        optimizer.step();
        assertEquals("tensor([ 0., -4.], requires_grad=True)", parameter.toString());
    }

    @Test
    void sgdHasMomentumByHand(Arena arena) {
        Tensor parameter = Tensor.of(arena, 0f).requiresGrad_(true);
        var optimizer = new SGD(List.of(parameter), new SGD.Options(1).momentum(0.5));
        parameter.sum().backward(); // 1, in every step
        double[] expected = {-1, -2.5, -4.25}; // by 1, by 0.5 + 1, by 0.75 + 1
        for (double value : expected) {
            optimizer.step();
            assertEquals((float) value, parameter.detach().item());
        }
    }

    @Test
    void stepLeavesAParameterWithoutGradientAlone(Arena arena) {
        for (Function<List<Tensor>, Optimizer> kind : KINDS) {
            Tensor used = Tensor.of(arena, 1f, 2f).requiresGrad_(true);
            Tensor unused = Tensor.of(arena, 3f).requiresGrad_(true);
            Tensor asksForNone = Tensor.of(arena, 4.0);
            Optimizer optimizer = kind.apply(List.of(unused, used, asksForNone));
            optimizer.step(); // nothing has one
            assertEquals("tensor([1., 2.], requires_grad=True)", used.toString());
            used.sum().backward();
            optimizer.step();
            assertTrue(used.detach().toFloatArray()[0] < 1);
            assertEquals("tensor([3.], requires_grad=True)", unused.toString());
            assertEquals("tensor([4.], dtype=torch.float64)", asksForNone.toString());
        }
    }

    /** A parameter's steps are counted from its own first gradient. */
    @Test
    void stepStartsAnewForAParameterThatComesLater(Arena arena) {
        for (Function<List<Tensor>, Optimizer> kind : KINDS) {
            Tensor early = Tensor.of(arena, 1f, 2f).requiresGrad_(true);
            Tensor late = Tensor.of(arena, 3f, 4f).requiresGrad_(true);
            Tensor alone = Tensor.of(arena, 3f, 4f).requiresGrad_(true);
            Optimizer both = kind.apply(List.of(early, late));
            Optimizer one = kind.apply(List.of(alone));
            Tensor gradient = Tensor.of(arena, 0.5f, -1.5f);
            early.clone().backward(gradient);
            both.step();
            both.step();
            late.clone().backward(gradient);
            alone.clone().backward(gradient);
            for (int i = 0; i < 3; i++) {
                both.step();
                one.step();
            }
            assertBitEquals(alone.detach(), late.detach());
        }
    }

    @Test
    void stepTakesSeveralDtypesAndShapes(Arena arena) {
        for (Function<List<Tensor>, Optimizer> kind : KINDS) {
            List<Tensor> parameters = List.of(
                    Torch.ones(arena, 2, 3).requiresGrad_(true),
                    Torch.ones(arena, DType.FLOAT64, 5).requiresGrad_(true),
                    Torch.ones(arena, DType.BFLOAT16, 4).requiresGrad_(true),
                    Torch.ones(arena, DType.FLOAT16, 1, 4).requiresGrad_(true),
                    Torch.ones(arena).requiresGrad_(true),
                    Torch.ones(arena, 0).requiresGrad_(true));
            Optimizer optimizer = kind.apply(parameters);
            assertEquals(parameters, optimizer.parameters());
            for (Tensor parameter : parameters) {
                parameter.clone().backward(Torch.ones(arena, parameter.dtype(), parameter.sizes()));
            }
            optimizer.step();
            double expected = parameters.get(1).detach().toDoubleArray()[0];
            assertTrue(expected < 1);
            for (Tensor parameter : parameters) {
                for (double value : parameter.detach().to(DType.FLOAT64).toDoubleArray()) {
                    assertTrue(value < 1);
                    assertEquals(expected, value, 4e-3);
                }
            }
        }
    }

    static Stream<Function<List<Tensor>, Optimizer>> everyOption() {
        var sgd = new SGD.Options(0.1);
        var adam = new Adam.Options(0.1).eps(1e-3);
        Stream<SGD.Options> descents = Stream.of(
                sgd,
                sgd.maximize(true),
                sgd.weightDecay(0.1),
                sgd.momentum(0.9),
                sgd.momentum(0.9).nesterov(true).weightDecay(0.1),
                sgd.momentum(0.9).dampening(0.3).maximize(true));
        Stream<Adam.Options> averages = Stream.of(adam, adam.amsgrad(true), adam.weightDecay(0.1), adam.maximize(true));
        return Stream.concat(
                descents.map(options -> parameters -> new SGD(parameters, options)),
                averages.map(options -> parameters -> new Adam(parameters, options)));
    }

    /** libtorch's loops take 8, 16 or 32 elements of 16 bits at a time, and the rest one by one. */
    @ParameterizedTest
    @MethodSource("everyOption")
    void stepsOfSixteenBitsAreThoseOfDoubles(Function<List<Tensor>, Optimizer> kind, Arena arena) {
        for (DType dtype : List.of(DType.FLOAT16, DType.BFLOAT16)) {
            for (long size : new long[] {1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 100}) {
                Tensor narrow = Torch.ones(arena, dtype, size).requiresGrad_(true);
                Tensor wide = Torch.ones(arena, DType.FLOAT64, size).requiresGrad_(true);
                Optimizer narrowSteps = kind.apply(List.of(narrow));
                Optimizer wideSteps = kind.apply(List.of(wide));
                for (int step = 0; step < 5; step++) {
                    Tensor gradient = Torch.arange(arena, dtype, 1, size + 1, 1).div(size);
                    narrow.clone().backward(gradient);
                    wide.clone().backward(gradient.to(DType.FLOAT64));
                    narrowSteps.step();
                    wideSteps.step();
                    double rounding = dtype == DType.FLOAT16 ? 0x1p-7 : 0x1p-4; // eight units of the last place
                    assertAllClose(wide.detach(), narrow.detach().to(DType.FLOAT64), rounding, rounding);
                }
            }
        }
    }

    @Test
    void stepIsNotRecordedAndIsSeenByAutograd(Arena arena) {
        for (Function<List<Tensor>, Optimizer> kind : KINDS) {
            Tensor parameter = Tensor.of(arena, 2f).requiresGrad_(true);
            Tensor square = parameter.mul(parameter); // needs the parameter as it was
            parameter.sum().backward();
            kind.apply(List.of(parameter)).step();
            assertTrue(parameter.toString().endsWith("requires_grad=True)"));
            var failure = assertThrows(TorchException.class, square::backward);
            assertTrue(String.valueOf(failure.getMessage()).contains("modified by an inplace operation"));
            parameter.mul(parameter).backward();
            Tensor gradient = parameter.grad();
            assertNotNull(gradient);
            assertEquals(1 + 2 * parameter.detach().item().floatValue(), gradient.item()); // 1 of the sum before
        }
    }

    @Test
    void stepGoesOnAfterOneInInferenceMode(Arena arena) {
        for (Function<List<Tensor>, Optimizer> kind : KINDS) {
            for (DType dtype : List.of(DType.FLOAT32, DType.BFLOAT16)) {
                Tensor parameter = Torch.ones(arena, dtype, 1).requiresGrad_(true);
                Tensor always = Torch.ones(arena, dtype, 1).requiresGrad_(true);
                Optimizer optimizer = kind.apply(List.of(parameter));
                Optimizer reference = kind.apply(List.of(always));
                for (int step = 0; step < 3; step++) {
                    parameter.sum().backward();
                    always.sum().backward();
                    reference.step();
                    if (step == 0) {
                        try (Mode _ = Torch.inferenceMode()) {
                            optimizer.step();
                        }
                    } else {
                        optimizer.step();
                    }
                }
                assertEquals(always.detach().item(), parameter.detach().item());
            }
        }
    }

    @Test
    void stepLeavesAParameterWithNoNewGradientAlone(Arena arena) {
        for (Function<List<Tensor>, Optimizer> kind : KINDS) {
            Tensor parameter = Tensor.of(arena, 2f).requiresGrad_(true);
            Optimizer optimizer = kind.apply(List.of(parameter));
            parameter.sum().backward();
            optimizer.step();
            Number after = parameter.detach().item();
            optimizer.zeroGrad();
            optimizer.step(); // momentum and averages do not move it on
            assertEquals(after, parameter.detach().item());
        }
    }

    @Test
    void stepLeavesNoHandlesInTheParametersArena(Arena arena) {
        for (Function<List<Tensor>, Optimizer> kind : KINDS) {
            Tensor parameter = Tensor.of(arena, 2f).requiresGrad_(true);
            Optimizer optimizer = kind.apply(List.of(parameter));
            long handles = 0;
            for (int step = 0; step < 20; step++) {
                try (Arena results = Arena.ofConfined()) {
                    parameter.in(results).sum().backward();
                }
                optimizer.step();
                parameter.zeroGrad_();
                optimizer.zeroGrad();
                handles = step == 10 ? Handles.live() : handles;
            }
            assertTrue(Handles.live() <= handles); // the collector may free those of other tests
        }
    }

    @Test
    void stepTakesGradientsOfAnyLayout(Arena arena) {
        Tensor parameter = Torch.ones(arena, 2, 3).requiresGrad_(true);
        Tensor byColumns = Tensor.fromSegment(
                arena,
                arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1, 2, 3, 4, 5, 6),
                DType.FLOAT32,
                new long[] {2, 3},
                new long[] {1, 2},
                0);
        parameter.mul(byColumns).sum().backward();
        new SGD(List.of(parameter), 1).step();
        assertEquals("tensor([[ 0., -2., -4.],\n        [-1., -3., -5.]], requires_grad=True)", parameter.toString());
    }

    private static void assertRefused(String message, Supplier<?> action) {
        assertEquals(
                message,
                assertThrows(IllegalArgumentException.class, action::get).getMessage());
    }

    @Test
    void parametersThatCannotBeOptimizedAreNamed(Arena arena) {
        Tensor good = Tensor.of(arena, 1f, 2f).requiresGrad_(true);
        Tensor result = good.mul(2);
        Tensor integers = Tensor.of(arena, 1, 2);
        Tensor strided =
                Tensor.fromSegment(arena, arena.allocate(32), DType.FLOAT32, new long[] {2}, new long[] {2}, 0);
        MemorySegment memory = arena.allocate(8).asReadOnly();
        Tensor readOnly = Tensor.fromSegment(memory, DType.FLOAT32, 2);
        for (Function<List<Tensor>, Optimizer> kind : KINDS) {
            assertRefused("optimizer got an empty parameter list", () -> kind.apply(List.of()));
            assertRefused(
                    "parameters[1] is the result of a recorded operator: can't optimize a non-leaf Tensor",
                    () -> kind.apply(List.of(good, result)));
            assertRefused(
                    "parameters[0] is INT32, and must be floating-point and contiguous",
                    () -> kind.apply(List.of(integers)));
            assertRefused(
                    "parameters[0] is FLOAT32 and not contiguous, and must be floating-point and contiguous",
                    () -> kind.apply(List.of(strided)));
            assertRefused(
                    "parameters[0] stands on read-only memory, and an optimizer writes it",
                    () -> kind.apply(List.of(readOnly)));
            assertRefused(
                    "parameters holds a tensor, or its memory, twice, and each may come only once",
                    () -> kind.apply(List.of(good, good.in(Arena.ofAuto()))));
            assertThrows(
                    UnsupportedOperationException.class,
                    () -> kind.apply(List.of(good)).parameters().clear());
        }
    }

    @Test
    void optionsOutOfRangeAreNamed() {
        assertRefused("Invalid learning rate: -1.0; lr must be 0 or more", () -> new SGD.Options(-1));
        assertRefused("Invalid learning rate: NaN; lr must be 0 or more", () -> new SGD.Options(Double.NaN));
        var sgd = new SGD.Options(0.1);
        assertRefused("Invalid momentum value: -0.5; momentum must be 0 or more", () -> sgd.momentum(-0.5));
        assertRefused("Invalid weight_decay value: -2.0; weightDecay must be 0 or more", () -> sgd.weightDecay(-2));
        assertRefused(
                "Nesterov momentum requires a momentum and zero dampening, and they are 0.0 and 0.0",
                () -> sgd.nesterov(true));
        assertRefused(
                "Nesterov momentum requires a momentum and zero dampening, and they are 0.9 and 0.1",
                () -> sgd.momentum(0.9).dampening(0.1).nesterov(true));
        assertRefused("Invalid learning rate: -1.0; lr must be 0 or more", () -> new Adam.Options(-1));
        var adam = new Adam.Options();
        assertRefused("Invalid epsilon value: -1.0; eps must be 0 or more", () -> adam.eps(-1));
        assertRefused(
                "Invalid beta parameter at index 0: 1.0; beta1 must be 0 or more and less than 1",
                () -> adam.betas(1, 0.9));
        assertRefused(
                "Invalid beta parameter at index 1: -0.1; beta2 must be 0 or more and less than 1",
                () -> adam.betas(0.9, -0.1));
        assertRefused("Invalid weight_decay value: -2.0; weightDecay must be 0 or more", () -> adam.weightDecay(-2));
        assertEquals(new SGD.Options(0.1, 0, 0, 0, false, false), sgd);
        assertEquals(new Adam.Options(1e-3, 0.9, 0.999, 1e-8, 0, false, false), adam);
    }

    @Test
    void stepInsideAModeIsTheSame(Arena arena) {
        Tensor parameter = Tensor.of(arena, 2f).requiresGrad_(true);
        parameter.sum().backward();
        try (Mode _ = Torch.noGrad()) {
            new SGD(List.of(parameter), 0.5).step();
        }
        assertEquals(1.5f, parameter.detach().item());
    }
}
