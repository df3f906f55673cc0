package dev.torchffm.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.model.CompiledModel.Options;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The weights of the small package exchanged by the caller's. */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64") // as the packages are
final class WeightsTest {

    private final Tensor x = Torch.ones(8, 16);

    @Test
    void areUsedWhereTheyAre() throws IOException {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment memory = arena.allocate(4L * 4 * 64, 64);
            Map<String, Tensor> weights = Map.of(
                    "hidden.weight", Torch.zeros(arena, 64, 16),
                    "hidden.bias", Torch.ones(arena, 64),
                    "output.weight", Tensor.fromSegment(memory.asReadOnly(), DType.FLOAT32, 4, 64));
            try (CompiledModel exchanged = CompiledModel.load(TestPackage.MLP, weights, Options.instances(2))) {
                float[] bias = exchanged.run(x).getFirst().toFloatArray();
                for (long i = 0; i < 4 * 64; i++) {
                    memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, 1);
                }
                float[] sums = exchanged.run(x).getFirst().toFloatArray();
                for (int i = 0; i < sums.length; i++) {
                    assertEquals(bias[i] + 64, sums[i], 1e-4f);
                }
            }
            assertEquals(1, memory.get(ValueLayout.JAVA_FLOAT, 0));
        }
    }

    @Test
    void mayBeViews() throws IOException {
        Tensor two = Torch.ones(2, 4, 64);
        try (CompiledModel exchanged = CompiledModel.load(TestPackage.MLP, Map.of("output.weight", two.select(0, 1)))) {
            float[] before = exchanged.run(x).getFirst().toFloatArray();
            two.select(0, 0).fill_(7);
            assertArrayEquals(before, exchanged.run(x).getFirst().toFloatArray());
            two.select(0, 1).fill_(7);
            assertFalse(Arrays.equals(before, exchanged.run(x).getFirst().toFloatArray()));
        }
    }

    @Test
    void thoseOfOtherStridesAreCopied() throws IOException {
        Tensor turned = Torch.zeros(64, 4);
        try (CompiledModel exchanged = CompiledModel.load(TestPackage.MLP, Map.of("output.weight", turned.t()))) {
            float[] before = exchanged.run(x).getFirst().toFloatArray();
            turned.fill_(1);
            assertArrayEquals(before, exchanged.run(x).getFirst().toFloatArray());
        }
    }

    @Test
    void thoseThatRequireGradientsServe() throws IOException {
        Tensor leaf = Torch.zeros(4, 64).requiresGrad_(true);
        try (CompiledModel exchanged = CompiledModel.load(TestPackage.MLP, Map.of("output.weight", leaf))) {
            assertFalse(exchanged.run(x).getFirst().requiresGrad());
        }
    }

    @Test
    void thoseThatDoNotFitAreRefused() {
        assertWeightRefused(
                "hidden.bias", Tensor.of(new double[64]), "weights.hidden.bias is FLOAT64, and must be FLOAT32");
        assertWeightRefused(
                "hidden.weight",
                Torch.ones(16, 64),
                "weights.hidden.weight has sizes [16, 64], and must have [64, 16]");
        assertWeightRefused(
                "hidden.bias", Torch.ones(64, 1), "weights.hidden.bias has sizes [64, 1], and must have [64]");
        assertWeightRefused(
                "hidden.wait",
                Torch.ones(1),
                "weights has [hidden.wait], and the model's constants are [hidden.bias, hidden.weight, output.weight]");
    }

    private static void assertWeightRefused(String name, Tensor weight, String text) {
        var refusal = assertThrows(
                IllegalArgumentException.class, () -> CompiledModel.load(TestPackage.MLP, Map.of(name, weight)));
        assertEquals(TestPackage.MLP + ": " + text, refusal.getMessage());
    }

    @Test
    void thoseOfAClosedArenaAreRefused() throws IOException {
        Arena arena = Arena.ofConfined();
        Tensor weight = Torch.ones(arena, 64);
        try (CompiledModel exchanged = CompiledModel.load(TestPackage.MLP, Map.of("hidden.bias", weight))) {
            assertEquals(1, exchanged.run(x).size());
            arena.close();
            assertThrows(IllegalStateException.class, () -> exchanged.run(x));
        }
        assertThrows(
                IllegalStateException.class, () -> CompiledModel.load(TestPackage.MLP, Map.of("hidden.bias", weight)));
    }
}
