package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Elements read out of tensors. */
@ExtendWith(TorchExtension.class)
final class ElementsTest {

    @Test
    void arraysHaveTheElementsWithoutLoss() {
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
}
