package dev.torchffm.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.torchffm.Aten;
import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.TorchException;
import dev.torchffm.nn.Reference.Case;
import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Layers beside what PyTorch's are at first, compute, learn and print. */
@ExtendWith(TorchExtension.class)
final class LayersTest {

    private static final Map<String, Supplier<Module>> LAYERS = Map.ofEntries(
            Map.entry(
                    "conv",
                    () -> new Conv2d(2, 4, new Conv2d.Options(3).stride(2).padding(1))),
            Map.entry(
                    "grouped",
                    () -> new Conv2d(
                            4,
                            6,
                            Conv2d.Options.kernelSize(2, 3)
                                    .dilation(1, 2)
                                    .groups(2)
                                    .bias(false))),
            Map.entry(
                    "same",
                    () -> new Conv2d(1, 2, Conv2d.Options.kernelSize(2, 3).padding("same"))),
            Map.entry(
                    "reflected",
                    () -> new Conv2d(1, 2, new Conv2d.Options(3).padding(0, 2).paddingMode("reflect"))),
            Map.entry(
                    "circular",
                    () -> new Conv2d(1, 2, new Conv2d.Options(2).padding("same").paddingMode("circular"))),
            Map.entry("max_pool", () -> new MaxPool2d(2)),
            Map.entry(
                    "max_pool_options",
                    () -> new MaxPool2d(MaxPool2d.Options.kernelSize(3, 2)
                            .stride(1)
                            .padding(1, 0)
                            .dilation(1)
                            .ceilMode(true))),
            Map.entry(
                    "avg_pool",
                    () -> new AvgPool2d(new AvgPool2d.Options(3)
                            .stride(1, 2)
                            .padding(1)
                            .ceilMode(false)
                            .countIncludePad(false))),
            Map.entry("batch_norm_1d", () -> new BatchNorm1d(3)),
            Map.entry(
                    "batch_norm_2d",
                    () -> new BatchNorm2d(
                            2, new BatchNorm.Options().eps(1e-3).momentum(null).bias(false))),
            Map.entry(
                    "batch_norm_untracked",
                    () -> new BatchNorm2d(
                            2, new BatchNorm.Options().affine(false).trackRunningStats(false))),
            Map.entry("layer_norm", () -> new LayerNorm(2, 3)),
            Map.entry(
                    "layer_norm_options",
                    () -> new LayerNorm(
                            new long[] {5},
                            new LayerNorm.Options()
                                    .eps(1e-3)
                                    .elementwiseAffine(true)
                                    .bias(false))),
            Map.entry("embedding", () -> new Embedding(5, 3, new Embedding.Options().paddingIdx(-2))),
            Map.entry(
                    "embedding_options",
                    () -> new Embedding(
                            5,
                            3,
                            new Embedding.Options().maxNorm(1.5).normType(1).scaleGradByFreq(true))),
            Map.entry("dropout", () -> new Dropout(0.25, true)),
            Map.entry("flatten", Flatten::new),
            Map.entry("softmax", () -> new Softmax(-1)),
            Map.entry("gelu", () -> new GELU("tanh")),
            Map.entry("silu", SiLU::new),
            Map.entry("silu_inplace", () -> new SiLU(true)),
            Map.entry("elu", () -> new ELU(0.5, true)),
            Map.entry("softplus", () -> new Softplus(2, 1)));

    static Stream<Case> layers() {
        return Reference.cases("layers");
    }

    private static long[] numbers(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .mapToLong(JsonNode::asLong)
                .toArray();
    }

    private static Tensor tensor(Arena arena, JsonNode one) {
        return Reference.tensor(
                        arena,
                        DType.valueOf(one.get("dtype").asText()),
                        one.get("elements").asText())
                .reshape(numbers(one.get("sizes")));
    }

    private static void assertState(Arena arena, JsonNode expected, Map<String, Tensor> state) {
        var names = new ArrayList<String>();
        expected.fieldNames().forEachRemaining(names::add);
        assertEquals(names, List.copyOf(state.keySet()));
        state.forEach((name, tensor) -> {
            assertEquals(DType.valueOf(expected.get(name).get("dtype").asText()), tensor.dtype(), name);
            Reference.assertClose(tensor(arena, expected.get(name)), tensor);
        });
    }

    @ParameterizedTest
    @MethodSource("layers")
    void layersArePyTorchs(Case reference, Arena arena) {
        String name = reference.text("layer");
        Torch.manualSeed(11);
        Module module = LAYERS.get(name).get();
        assertEquals(reference.text("repr"), module.toString());
        assertState(arena, reference.node("first"), module.stateDict());
        long[] sizes = numbers(reference.node("sizes"));
        boolean indices = name.startsWith("embedding");
        Tensor x = indices
                ? Tensor.of(arena, numbers(reference.node("input"))).reshape(sizes)
                : Reference.tensor(arena, DType.FLOAT32, reference.text("input"), sizes)
                        .requiresGrad_(true);
        assertSame(module, module.train(!name.equals("dropout")));
        Tensor y = module.forward(indices ? x : x.clone());
        long[] outputSizes = numbers(reference.node("output_sizes"));
        assertArrayEquals(outputSizes, y.sizes());
        Reference.assertClose(
                Reference.tensor(arena, DType.FLOAT32, reference.text("output"), outputSizes), y.detach());
        assertEquals(reference.has("grad_output"), y.requiresGrad());
        y.backward(Reference.tensor(arena, DType.FLOAT32, reference.text("grad_output"), outputSizes));
        var learned = new ArrayList<>(module.parameters());
        if (!indices) {
            learned.addFirst(x);
        }
        List<String> grads = reference.texts("grads");
        assertEquals(grads.size(), learned.size());
        for (int i = 0; i < grads.size(); i++) {
            Tensor gradient = learned.get(i).grad();
            assertNotNull(gradient);
            Reference.assertClose(Reference.tensor(arena, DType.FLOAT32, grads.get(i), gradient.sizes()), gradient);
        }
        assertState(arena, reference.node("last"), module.stateDict());
        module.eval();
        Tensor evaluated = module.forward(indices ? x : x.detach().clone()).detach();
        Reference.assertClose(
                Reference.tensor(arena, DType.FLOAT32, reference.text("evaluated"), evaluated.sizes()), evaluated);
    }

    @Test
    void everyLayerHasACase() {
        assertEquals(
                LAYERS.keySet(),
                layers().map(reference -> reference.text("layer")).collect(java.util.stream.Collectors.toSet()));
    }

    @Test
    void defaultsPrintAsPyTorchPrintsThem() {
        assertEquals("GELU(approximate='none')", new GELU().toString());
        assertEquals("ELU(alpha=1.0)", new ELU().toString());
        assertEquals("Softplus(beta=1.0, threshold=20.0)", new Softplus().toString());
        assertEquals("Dropout(p=0.5, inplace=False)", new Dropout().toString());
        assertEquals(
                "AvgPool2d(kernel_size=(2, 3), stride=(2, 3), padding=(1, 0))",
                new AvgPool2d(AvgPool2d.Options.kernelSize(2, 3).padding(1, 0).divisorOverride(4)).toString());
        assertEquals(
                "MaxPool2d(kernel_size=2, stride=(2, 1), padding=1, dilation=(1, 2), ceil_mode=False)",
                new MaxPool2d(new MaxPool2d.Options(2).stride(2, 1).padding(1).dilation(1, 2)).toString());
        assertEquals(
                "Conv2d(2, 4, kernel_size=(1, 1), stride=(1, 2), padding=valid)",
                new Conv2d(2, 4, new Conv2d.Options(1).stride(1, 2).padding("valid")).toString());
    }

    @Test
    void dtypesAreThoseOfTheOptions() {
        DType dtype = DType.BFLOAT16;
        for (Module module : List.of(
                new Conv2d(1, 1, new Conv2d.Options(1).dtype(dtype)),
                new BatchNorm1d(1, new BatchNorm.Options().dtype(dtype)),
                new LayerNorm(new long[] {1}, new LayerNorm.Options().dtype(dtype)),
                new Embedding(1, 1, new Embedding.Options().dtype(dtype)))) {
            assertTrue(
                    module.parameters().stream().allMatch(one -> one.dtype() == dtype && one.requiresGrad()),
                    module::toString);
        }
        assertThrows(IllegalArgumentException.class, () -> new Conv2d.Options(1).dtype(DType.INT64));
    }

    @Test
    void modulesGiveTheirParametersAndBuffers() {
        var conv = new Conv2d(1, 2, 3);
        assertEquals(
                List.of(conv.weight(), String.valueOf(conv.bias())).toString(),
                conv.parameters().toString());
        assertNull(new Conv2d(1, 2, new Conv2d.Options(3).bias(false)).bias());
        var norm = new BatchNorm1d(2);
        assertSame(norm.weight(), norm.namedParameters().get("weight"));
        assertSame(norm.bias(), norm.namedParameters().get("bias"));
        assertSame(norm.runningMean(), norm.namedBuffers().get("running_mean"));
        assertSame(norm.runningVar(), norm.namedBuffers().get("running_var"));
        var layer = new LayerNorm(2);
        assertSame(layer.weight(), layer.namedParameters().get("weight"));
        assertSame(layer.bias(), layer.namedParameters().get("bias"));
        var embedding = new Embedding(2, 2);
        assertSame(embedding.weight(), embedding.namedParameters().get("weight"));
    }

    @Test
    void outputsLiveWhereTheInputLives() {
        var embedding = new Embedding(3, 2);
        var conv = new Conv2d(1, 1, 1);
        Tensor looked;
        Tensor convolved;
        try (Arena arena = Arena.ofConfined()) {
            looked = embedding.forward(Tensor.of(arena, 1L));
            convolved = conv.forward(Torch.ones(arena, 1, 1, 1));
        }
        assertThrows(IllegalStateException.class, looked::segment);
        assertThrows(IllegalStateException.class, convolved::segment);
        assertNotNull(embedding.weight().segment());
    }

    @Test
    void dropoutDropsAndScalesWhileTraining(Arena arena) {
        Torch.manualSeed(0);
        var dropout = new Dropout(0.25);
        Tensor x = Torch.ones(arena, 10_000);
        Tensor y = dropout.forward(x);
        assertNotSame(x, y);
        long dropped = y.eq(0).sum().item().longValue();
        assertTrue(dropped > 2200 && dropped < 2800, () -> dropped + " were dropped");
        assertEquals(10_000 - dropped, y.sub(1 / 0.75f).eq(0).sum().item().longValue());
        assertSame(x, dropout.eval().forward(x));
        assertSame(x, new Dropout(0).forward(x));
        assertSame(x, new Dropout(1, true).forward(x));
        assertEquals(0f, x.sum().item());
    }

    @Test
    void flattenGivesTheInputWhereNothingIsToBeDone(Arena arena) {
        Tensor x = Torch.ones(arena, 2, 3);
        assertSame(x, new Flatten().forward(x));
        assertArrayEquals(new long[] {6}, new Flatten(0, -1).forward(x).sizes());
        assertArrayEquals(
                new long[] {1}, new Flatten(0, -1).forward(Torch.ones(arena)).sizes());
        assertThrows(TorchException.class, () -> new Flatten(0, 2).forward(x));
    }

    @Test
    void aWordForPaddingIsWhatCounts(Arena arena) {
        Tensor x = Torch.ones(arena, 1, 1, 4, 4);
        for (String mode : List.of("zeros", "reflect")) {
            var options = new Conv2d.Options(
                    List.of(3L), List.of(1L), List.of(2L), "valid", List.of(1L), 1, true, mode, DType.FLOAT32);
            assertEquals(List.of(0L, 0L), options.padding());
            var conv = new Conv2d(1, 1, options);
            assertTrue(Tensor.equal(Aten.conv2d(x, conv.weight(), conv.bias(), 1, 0, 1, 1), conv.forward(x)), mode);
        }
    }

    private static void assertRefused(String message, Supplier<?> action) {
        assertEquals(
                message,
                assertThrows(IllegalArgumentException.class, action::get).getMessage());
    }

    @Test
    void optionsThatDoNotFitAreNamed(Arena arena) {
        assertRefused("dropout probability has to be between 0 and 1, but got 1.5", () -> new Dropout(1.5));
        assertRefused("approximate is erf, and must be one of [none, tanh]", () -> new GELU("erf"));
        assertRefused("groups is 0, and must be above 0", () -> new Conv2d.Options(3).groups(0));
        assertRefused(
                "inChannels is 3, and must be divisible by groups, 2",
                () -> new Conv2d(3, 2, new Conv2d.Options(1).groups(2)));
        assertRefused("kernelSize is -1, and must be 0 or more", () -> new Conv2d(1, 1, -1));
        assertRefused("padding is -2, and must be 0 or more", () -> new Conv2d.Options(1).padding(0, -2));
        assertRefused("outChannels is -1, and must be 0 or more", () -> new Conv2d(3, -1, 1));
        assertRefused("padding is full, and must be one of [same, valid]", () -> new Conv2d.Options(3).padding("full"));
        assertRefused(
                "padding='same' is not supported for strided convolutions, and stride is (2, 2)",
                () -> new Conv2d.Options(3).stride(2).padding("same"));
        assertRefused(
                "paddingMode is ones, and must be one of [zeros, reflect, replicate, circular]",
                () -> new Conv2d.Options(3).paddingMode("ones"));
        assertRefused(
                "stride has 3 numbers, and must have one, or height and width",
                () -> new MaxPool2d.Options(List.of(1L), List.of(1L, 2L, 3L), List.of(0L), List.of(1L), false));
        assertRefused(
                "paddingIdx is 4, and must be within numEmbeddings, 4",
                () -> new Embedding(4, 1, new Embedding.Options().paddingIdx(4)));
        String refused = assertThrows(IllegalArgumentException.class, () -> new MaxPool2d(
                                new MaxPool2d.Options(2).padding(0, 1).dilation(2))
                        .forward(Torch.ones(arena, 1, 4, 1)))
                .getMessage();
        assertTrue(refused.contains("windows that hold an element each: less padding or dilation"), refused);
        assertRefused("numFeatures is -1, and must be 0 or more", () -> new BatchNorm1d(-1));
        assertRefused("expected 4D input (got 2D input)", () -> new BatchNorm2d(3).forward(Torch.ones(arena, 2, 3)));
        assertRefused("expected 2D or 3D input (got 1D input)", () -> new BatchNorm1d(3).forward(Torch.ones(arena, 3)));
        assertRefused(
                "Expected more than 1 value per channel when training, got input size torch.Size([1, 3])",
                () -> new BatchNorm1d(3).forward(Torch.ones(arena, 1, 3)));
        assertRefused(
                "batch_norm eps must be positive during training, but got 0.0",
                () -> new BatchNorm1d(3, new BatchNorm.Options().eps(0)).forward(Torch.ones(arena, 2, 3)));
        assertRefused(
                "batch_norm eps must be non-negative, but got -1.0",
                () -> new BatchNorm1d(3, new BatchNorm.Options().eps(-1)).eval().forward(Torch.ones(arena, 2, 3)));
    }
}
