package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** New tensors, reading them out, and the arguments of clamp. */
@ExtendWith(TorchExtension.class)
final class FactoryTest {

    @Test
    void dtypesDefaultAsPyTorchs() {
        assertEquals(DType.INT64, Torch.arange(3).dtype());
        assertEquals(DType.FLOAT32, Torch.arange(0, 1.5).dtype());
        assertEquals(DType.FLOAT32, Torch.zeros(2).dtype());
        assertEquals(DType.INT64, Torch.full(new long[] {2}, 7).dtype());
        assertEquals(DType.FLOAT32, Torch.full(new long[] {2}, 7.5).dtype());
        assertEquals(DType.FLOAT32, Torch.randn(2).dtype());
    }

    @Test
    void valuesAreAsAskedFor(Arena arena) {
        assertEquals(
                "tensor([[0., 0.], [0., 0.]])",
                Torch.zeros(arena, 2, 2).toString().replaceAll("\\s+", " "));
        assertEquals(
                "tensor([1, 1], dtype=torch.int16)",
                Torch.ones(arena, DType.INT16, 2).toString());
        assertEquals(
                Long.MAX_VALUE - 1,
                Torch.full(arena, new long[0], Long.MAX_VALUE - 1).item());
        assertEquals(
                "tensor([0.0000, 0.5000, 1.0000])", Torch.arange(0, 1.5, 0.5).toString());
        assertEquals("tensor([5, 3, 1])", Torch.arange(arena, 5, 0, -2).toString());
        assertEquals(
                "tensor([0., 1., 2.], dtype=torch.bfloat16)",
                Torch.arange(arena, DType.BFLOAT16, 0, 3, 1).toString());
        assertEquals(0, Torch.arange(0).numel());
        for (float value : Torch.rand(arena, 1000).toFloatArray()) {
            assertTrue(value >= 0 && value < 1);
        }
        double sum = 0;
        for (double value : Torch.randn(arena, DType.FLOAT64, 10_000).toDoubleArray()) {
            sum += value * value;
        }
        assertEquals(1, sum / 10_000, 0.1);
        assertArrayEquals(
                new long[] {3, 0}, Torch.empty(arena, DType.UINT8, 3, 0).sizes());
    }

    @Test
    void elementsAreReadOutWithoutLoss() {
        assertArrayEquals(new byte[] {1, -2}, Tensor.of((byte) 1, (byte) -2).toByteArray());
        assertArrayEquals(new short[] {1, -2}, Tensor.of((short) 1, (short) -2).toShortArray());
        assertArrayEquals(new int[] {1, -2}, Tensor.of(1, -2).toIntArray());
        assertArrayEquals(new long[] {1, -2}, Tensor.of(1, -2).toLongArray());
        assertArrayEquals(new double[] {1, -2}, Tensor.of(1f, -2f).toDoubleArray());
        assertArrayEquals(new boolean[] {true, false}, Tensor.of(true, false).toBooleanArray());
        assertArrayEquals(
                new float[] {0, 1},
                Torch.arange(Arena.ofAuto(), DType.FLOAT16, 0, 2, 1).toFloatArray());
        assertThrows(IllegalStateException.class, () -> Tensor.of(1.0).toFloatArray());
        assertThrows(IllegalStateException.class, () -> Tensor.of(1L).toDoubleArray());
        assertThrows(IllegalStateException.class, () -> Tensor.of(1f).toIntArray());
        assertThrows(IllegalStateException.class, () -> Tensor.of(true).toByteArray());
        assertThrows(IllegalStateException.class, () -> Tensor.of(1, 2).item());
        var columns = (Tensor) Objects.requireNonNull(Torch.call(
                        "aten::t",
                        Torch.call("aten::view", Torch.arange(6), new long[] {2, 3})
                                .getFirst())
                .getFirst());
        assertArrayEquals(new long[] {0, 3, 1, 4, 2, 5}, columns.toLongArray());
        var copy = new long[6];
        columns.copyTo(MemorySegment.ofArray(copy));
        assertArrayEquals(new long[] {0, 3, 1, 4, 2, 5}, copy);
        assertThrows(IllegalArgumentException.class, () -> columns.copyTo(MemorySegment.ofArray(new long[5])));
        assertSame(copy.length, columns.contiguous().toLongArray().length);
        assertArrayEquals(new long[] {2, 1}, columns.contiguous().strides());
        assertArrayEquals(new long[] {1, 3}, columns.clone().strides());
    }

    @Test
    void badNumbersAreRefused() {
        Tensor x = Tensor.of(1f);
        BigInteger wide = BigInteger.ONE.shiftLeft(63);
        assertTrue(message(() -> x.clamp(BigDecimal.ONE, null))
                .startsWith("min is a java.math.BigDecimal, 1, and must be"));
        assertTrue(
                message(() -> x.clamp(null, wide)).startsWith("max is 9223372036854775808, and an integer must fit"));
        assertEquals(1f, x.clamp(BigInteger.ZERO, (byte) 3).item());
        assertTrue(message(() -> Torch.arange(0, 5, 0)).startsWith("step is 0"));
        assertTrue(message(() -> Torch.arange(5, 0)).startsWith("step is 1"));
        assertTrue(message(() -> Torch.arange(Double.NaN)).startsWith("start, end and step are 0, NaN"));
        assertTrue(message(() -> Torch.arange(1e300)).contains("fewer than 2^63 elements"));
        assertTrue(message(() -> Torch.arange(Long.MIN_VALUE, Long.MAX_VALUE)).contains("fewer than 2^63 elements"));
        assertTrue(message(() -> Torch.arange(4_000_000_000_000_000_000L)).contains("less than 2^63"));
        assertTrue(message(() -> Torch.arange((1L << 53) + 1, 1L << 53)).startsWith("step is 1"));
        assertEquals(
                "dtype",
                assertThrows(NullPointerException.class, () -> Tensor.fromSegment(MemorySegment.NULL, null))
                        .getMessage());
        assertEquals(
                "values",
                assertThrows(NullPointerException.class, () -> Tensor.of((float[]) null))
                        .getMessage());
        assertTrue(message(() -> Torch.zeros(-1)).startsWith("sizes[0] is -1"));
        assertTrue(message(() -> x.clamp(0, 1, Tensor.of(1f, 2f))).startsWith("out has sizes [2]"));
        assertThrows(NullPointerException.class, () -> x.clampMin(null, x));
        var failure = assertThrows(TorchException.class, () -> x.clamp(null, null));
        assertEquals("torch.clamp: At least one of 'min' or 'max' must not be None", failure.getMessage());
    }

    @Test
    void memoryThatIsNotToBeHadIsRefused() {
        for (Runnable call : new Runnable[] {() -> Torch.arange(1L << 50), () -> Torch.zeros(1L << 50)}) {
            String text = assertThrows(TorchException.class, call::run).getMessage();
            assertTrue(text.contains("allocate"), text);
        }
    }

    private static String message(Runnable call) {
        return Objects.requireNonNull(
                assertThrows(IllegalArgumentException.class, call::run).getMessage());
    }
}
