package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.torchffm.GoldenCases.GoldenCase;
import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** PyTorch's own gradients, bit for bit. */
@ExtendWith(TorchExtension.class)
final class GradGoldenTest {

    static Stream<GoldenCase> cases() {
        return GoldenCases.read("grad.jsonl");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void gradGivesPyTorchsBits(GoldenCase golden, Arena arena) {
        DType dtype = golden.dtype("dtype");
        long[] sizes = golden.longs("sizes");
        Tensor leaf = Tensor.fromSegment(golden.storage(arena), dtype, sizes).requiresGrad_(true);
        if (golden.has("expect_error")) {
            var failure = assertThrows(TorchException.class, () -> golden.apply(leaf));
            assertEquals(golden.text("expect_error"), GoldenCases.firstLine(failure));
            return;
        }
        boolean inPlace = golden.text("op").endsWith("_");
        Tensor result = golden.apply(inPlace ? leaf.clone() : leaf);
        byte[] gradient = golden.bytes("grad_output");
        result.backward(Tensor.fromSegment(
                arena.allocate(gradient.length, 8).copyFrom(MemorySegment.ofArray(gradient)), dtype, sizes));
        assertEquals(
                golden.text("expect_grad"),
                HexFormat.of().formatHex(GoldenCases.elements(Objects.requireNonNull(leaf.grad()))));
    }
}
