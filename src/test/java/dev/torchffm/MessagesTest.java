package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.function.Executable;

/** Failures say what helps here: no advice is for Python only. */
@ExtendWith(TorchExtension.class)
final class MessagesTest {

    private static String message(Class<? extends Exception> type, Executable call) {
        return String.valueOf(assertThrows(type, call).getMessage());
    }

    @Test
    void unknownOverloadListsThoseThatThereAre() {
        String text = message(TorchException.class, () -> Torch.call("aten::softmax.none", Tensor.of(1f), 0));
        List<String> lines = text.lines().toList();
        assertTrue(lines.getFirst().startsWith("Could not find schema for aten::softmax.none"), text);
        assertTrue(lines.contains("  aten::softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor"), text);
        assertEquals(
                "Could not find schema for aten::no_such_operator.",
                message(TorchException.class, () -> Torch.call("aten::no_such_operator")));
    }

    @Test
    void arrayThatCannotHoldTheElementsNamesWhatCan() {
        Map<Executable, String> calls = Map.of(
                () -> Tensor.of(1.0).toFloatArray(), "FLOAT64.* float.*toDoubleArray\\(\\).*to\\(DType.FLOAT32\\)",
                () -> Tensor.of(1L).toDoubleArray(), "INT64.* double.*toLongArray\\(\\).*to\\(DType.FLOAT64\\)",
                () -> Tensor.of(1f).toIntArray(), "FLOAT32.* int.*toFloatArray\\(\\).*to\\(DType.INT32\\)",
                () -> Tensor.of(true).toByteArray(), "BOOL.* byte.*toBooleanArray\\(\\).*to\\(DType.INT8\\)",
                () -> Tensor.of(1).toBooleanArray(), "INT32.* boolean.*toLongArray\\(\\).*to\\(DType.BOOL\\)");
        calls.forEach((call, pattern) -> {
            String text = message(IllegalStateException.class, call);
            assertTrue(text.matches(".*" + pattern + ".*"), text);
        });
    }

    @Test
    void adviceOfLibtorchIsForJava() {
        Tensor x = Tensor.of(0.5f).requiresGrad_(true);
        Tensor y = x.exp();
        Torch.call("aten::zero_", y);
        String overwritten = message(TorchException.class, y::backward);
        assertTrue(overwritten.contains("modified by an inplace operation"), overwritten);
        assertTrue(overwritten.contains("clone()"), overwritten);
        Tensor z = x.exp();
        z.backward();
        String twice = message(TorchException.class, z::backward);
        assertTrue(twice.contains("a second time") && twice.contains("Compute the results again"), twice);
        Tensor inference;
        try (Mode _ = Torch.inferenceMode()) {
            inference = Torch.ones(1);
        }
        String saved = message(TorchException.class, () -> x.mul(inference));
        assertTrue(saved.contains("Torch.noGrad()"), saved);
        for (String text : List.of(overwritten, twice, saved)) {
            assertFalse(text.matches("(?s).*(torch\\.[a-z]|anomaly|=True).*"), text);
        }
    }

    @Test
    void deviceIsTheCpu() {
        String text = message(
                IllegalArgumentException.class, () -> Torch.call("aten::rand", new long[] {1}, null, null, "cuda"));
        assertTrue(text.contains("argument 'device' is a Device?, and tensors are on the CPU only"), text);
    }

    @Test
    void closedHistorySaysWhatToDo() {
        Tensor weight = Tensor.of(1f).requiresGrad_(true);
        Tensor loss;
        try (Arena arena = Arena.ofConfined()) {
            loss = weight.mul(Tensor.of(arena, 2f));
        }
        String text = message(IllegalStateException.class, loss::backward);
        assertTrue(text.endsWith("close it after backward()"), text);
    }

    /** What the Javadoc of LeakyReLU says. */
    @Test
    void leakyReluWithoutASlopeIsNearlyRelu() {
        float[] values =
                Tensor.of(2f, -2f, -0f, Float.NEGATIVE_INFINITY).leakyRelu(0).toFloatArray();
        assertEquals(List.of(2f, -0f, -0f, Float.NaN), List.of(values[0], values[1], values[2], values[3]));
    }
}
