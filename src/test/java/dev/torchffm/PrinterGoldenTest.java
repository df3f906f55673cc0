package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.torchffm.GoldenCases.GoldenCase;
import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** PyTorch's own text of tensors. */
@ExtendWith(TorchExtension.class)
final class PrinterGoldenTest {

    static Stream<GoldenCase> cases() {
        return GoldenCases.read("repr.jsonl");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void toStringPrintsAsPyTorch(GoldenCase golden, Arena arena) {
        Tensor tensor = Tensor.fromSegment(golden.storage(arena), golden.dtype("dtype"), golden.longs("sizes"));
        assertEquals(golden.text("text"), tensor.toString());
    }
}
