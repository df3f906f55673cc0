package dev.torchffm.testing;

import static dev.torchffm.testing.TensorAssertions.assertAllClose;
import static dev.torchffm.testing.TensorAssertions.assertBitEquals;
import static dev.torchffm.testing.TensorAssertions.assertSameStorage;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the assertions let pass, and what they say. */
@ExtendWith(TorchExtension.class)
final class TensorAssertionsTest {

    private static String failureOf(Runnable assertion) {
        return Objects.requireNonNull(
                assertThrows(AssertionError.class, assertion::run).getMessage());
    }

    @Test
    void sameStorageIsAViewsAndNotACopys(Arena arena) {
        Tensor x = Torch.zeros(arena, 2, 3);
        var row = (Tensor) Objects.requireNonNull(
                Torch.call(arena, "aten::select.int", x, 0, 1).getFirst());
        assertSameStorage(x, x.relu_());
        assertSameStorage(x, row);
        assertTrue(failureOf(() -> assertSameStorage(x, x.relu())).contains("0x" + Long.toHexString(x.dataPtr())));
    }

    @Test
    void bitEqualsTellsZerosAndNaNsApart(Arena arena) {
        Tensor zeros = Tensor.of(arena, 0f, 0f, 0f, -0f, Float.NaN, 1f);
        var expected = (Tensor) Objects.requireNonNull(
                Torch.call(arena, "aten::view", zeros, new long[] {2, 3}).getFirst());
        Tensor actual = expected.clone();
        assertBitEquals(expected, actual);
        actual.segment().asSlice(12, 4).fill((byte) 0);
        assertEquals(
                "elements have other bits, the first at [1, 0]: expected -0.0 (0x80000000), and it is 0.0 (0x00000000)",
                failureOf(() -> assertBitEquals(expected, actual)));
        actual.copy_(expected);
        actual.segment().asSlice(16, 1).fill((byte) 1);
        assertTrue(failureOf(() -> assertBitEquals(expected, actual)).contains("[1, 1]: expected NaN (0x7fc00000)"));
    }

    @Test
    void bitEqualsTakesAnyLayoutAndNoOtherShape(Arena arena) {
        Tensor x = Torch.rand(arena, 3, 3);
        var transposed =
                (Tensor) Objects.requireNonNull(Torch.call(arena, "aten::t", x).getFirst());
        assertBitEquals(transposed.contiguous(), transposed);
        Tensor other = Torch.zeros(arena, DType.INT32, 3, 3);
        assertEquals(
                "expected a tensor of FLOAT32 with sizes [3, 3], and it is of INT32 with sizes [3, 3]",
                failureOf(() -> assertBitEquals(x, other)));
        assertTrue(failureOf(() -> assertAllClose(x, Torch.zeros(arena, 9))).contains("with sizes [9]"));
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void allCloseTakesTheSameAndNotTheNextButOne(DType dtype, Arena arena) {
        Tensor expected = Torch.full(arena, dtype, new long[] {2}, 1);
        assertAllClose(expected, expected.clone());
        Tensor actual = Torch.zeros(arena, dtype, 2);
        assertTrue(failureOf(() -> assertAllClose(expected, actual)).contains("the first at [0]: expected 1"));
    }

    @Test
    void allCloseHasTheTolerancesOfTheDtype(Arena arena) {
        assertAllClose(Tensor.of(arena, 1000f), Tensor.of(arena, 1000.001f));
        assertTrue(failureOf(() -> assertAllClose(Tensor.of(arena, 1000f), Tensor.of(arena, 1000.01f)))
                .contains("differ by more than atol 1.0E-5 + rtol 1.3E-6 * |expected|"));
        assertAllClose(Tensor.of(arena, 1000f), Tensor.of(arena, 1001f), 0.01, 0);
        assertAllClose(Tensor.of(arena, 1e-8), Tensor.of(arena, 0.0));
        assertThrows(AssertionError.class, () -> assertAllClose(Tensor.of(arena, 1e-6), Tensor.of(arena, 0.0)));
        assertAllClose(Tensor.of(arena, Float.POSITIVE_INFINITY), Tensor.of(arena, Float.POSITIVE_INFINITY));
        assertThrows(
                AssertionError.class, () -> assertAllClose(Tensor.of(arena, Float.NaN), Tensor.of(arena, Float.NaN)));
        assertAllClose(Torch.empty(arena, 0), Torch.empty(arena, 0));
    }

    @Test
    void sameStorageIsNoneOfEmptyTensors(Arena arena) {
        assertThrows(AssertionError.class, () -> assertSameStorage(Torch.empty(arena, 0), Torch.empty(arena, 0)));
        Tensor empty = Tensor.fromSegment(
                arena, MemorySegment.NULL.reinterpret(0), DType.INT8, new long[] {0}, new long[] {1}, 0);
        assertThrows(AssertionError.class, () -> assertSameStorage(empty, empty));
    }
}
