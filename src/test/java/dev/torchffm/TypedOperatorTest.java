package dev.torchffm;

import static dev.torchffm.testing.TensorAssertions.assertBitEquals;
import static dev.torchffm.testing.TensorAssertions.assertSameStorage;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Generated methods: their results' forms and memory, and what they refuse before libtorch is asked. */
@ExtendWith(TorchExtension.class)
final class TypedOperatorTest {

    private static final Tensor X = Tensor.of(1f, -2f, 3f, 4f, 5f, -6f).reshape(2, 3);

    @Test
    void severalResultsHaveTheSchemasNames() {
        Aten.ValuesIndices max = X.max(1);
        assertBitEquals(Tensor.of(3f, 5f), max.values());
        assertBitEquals(Tensor.of(2L, 1L), max.indices());
        assertEquals(
                "ValuesIndices[values=tensor([3., 5.]), indices=tensor([2, 1])]",
                X.max(1, false).toString());
        assertBitEquals(X, Aten.linalgQr(X).Q().matmul(Aten.linalgQr(X).R()).round());
    }

    @Test
    void listsAreTensorsThatCannotBeChanged() {
        List<Tensor> parts = X.split(1);
        assertEquals(2, parts.size());
        assertBitEquals(X, Aten.cat(parts));
        assertThrows(UnsupportedOperationException.class, () -> parts.add(X));
    }

    @Test
    void numbersAreJavas() {
        assertEquals(3, X.stride(0));
        assertTrue(X.allclose(X.clone()));
        assertEquals(DType.FLOAT32, Aten.resultType(X, 2));
    }

    @Test
    void viewsShareMemoryAndWritesGiveTheSameTensor() {
        Tensor x = X.clone();
        assertSameStorage(x, x.permute(1, 0));
        Tensor row = x.select(0, 1);
        assertSame(row, row.add_(1).mul_(Tensor.of(2f)).fill_(7));
        assertBitEquals(Tensor.of(1f, -2f, 3f, 7f, 7f, 7f), x.view(-1));
    }

    @Test
    void resultsLiveWhereTheFirstTensorDoes() {
        Tensor joined;
        try (Arena arena = Arena.ofConfined()) {
            joined = Aten.cat(List.of(X.in(arena), X));
            assertEquals(12, joined.segment().byteSize() / Float.BYTES);
        }
        assertThrows(IllegalStateException.class, joined::segment);
    }

    private static void assertRefused(String text, Callable<?> call) {
        var refusal = assertThrows(IllegalArgumentException.class, call::call);
        assertTrue(String.valueOf(refusal.getMessage()).contains(text), refusal.toString());
    }

    @Test
    void nullIsRefusedWhereTheSchemaHasNone() {
        assertRefused("'other' is None, and must be a Tensor", () -> X.maximum(null));
        assertRefused("'exponent' is None, and must be a Scalar", () -> X.pow((Number) null));
        assertRefused("'self' is None, and must be a Tensor", () -> Aten.gelu(null));
        assertRefused("'tensors' is None, and must be a Tensor[]", () -> Aten.cat(null));
        assertRefused("'dims' is None, and must be a int[]", () -> X.permute((long[]) null));
    }

    @Test
    void valuesThatLibtorchDoesNotSurviveAreRefused() {
        Tensor nan = Tensor.of(Float.NaN, 1f, 1f, 1f).reshape(2, 2);
        assertRefused("aten::linalg_svd needs finite values", () -> Aten.linalgSvd(nan));
        assertRefused("integers from -65536 to 65536", () -> Aten.maxPool2d(X.unsqueeze(0), 1 << 20));
        assertRefused(
                "a dimension with no stride of 0",
                () -> X.select(1, 0).unsqueeze(1).expand(2, 3).median(1));
    }

    @Test
    void readOnlyMemoryIsNotWritten() {
        Tensor readOnly = Tensor.fromSegment(X.segment().asReadOnly(), DType.FLOAT32, 2, 3);
        assertRefused("read-only", () -> readOnly.add_(1));
        assertRefused("read-only", readOnly::zero_);
        assertBitEquals(X, readOnly.view(2, 3));
    }

    @Test
    void writesOverWhatIsReadAreRefused(Arena arena) {
        Tensor x = Tensor.of(arena, 1f, 2f, 3f, 4f);
        Tensor first = Tensor.fromSegment(x.segment().asSlice(0, 12), DType.FLOAT32, 3);
        Tensor last = Tensor.fromSegment(x.segment().asSlice(4, 12), DType.FLOAT32, 3);
        assertThrows(TorchException.class, () -> first.add_(last));
    }
}
