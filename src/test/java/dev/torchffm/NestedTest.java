package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Tensors of arrays of arrays. */
@ExtendWith(TorchExtension.class)
final class NestedTest {

    private static void assertMade(DType dtype, String text, Tensor tensor) {
        assertEquals(dtype, tensor.dtype());
        assertEquals(text, tensor.toString());
    }

    private static void assertRefused(String text, Object[] values) {
        String message = Objects.requireNonNull(assertThrows(IllegalArgumentException.class, () -> Tensor.of(values))
                .getMessage());
        assertTrue(message.contains(text), message);
    }

    @Test
    void eachPrimitiveTypeHasItsDtype() {
        assertMade(DType.FLOAT32, "tensor([[1., 2.]])", Tensor.of(new float[][] {{1, 2}}));
        assertMade(DType.FLOAT64, "tensor([[1., 2.]], dtype=torch.float64)", Tensor.of(new double[][] {{1, 2}}));
        assertMade(DType.INT64, "tensor([[1, 2]])", Tensor.of(new long[][] {{1, 2}}));
        assertMade(DType.INT32, "tensor([[1, 2]], dtype=torch.int32)", Tensor.of(new int[][] {{1, 2}}));
        assertMade(DType.INT16, "tensor([[1, 2]], dtype=torch.int16)", Tensor.of(new short[][] {{1, 2}}));
        assertMade(DType.INT8, "tensor([[1, 2]], dtype=torch.int8)", Tensor.of(new byte[][] {{1, 2}}));
        assertMade(DType.BOOL, "tensor([[ True],\n        [False]])", Tensor.of(new boolean[][] {{true}, {false}}));
    }

    @Test
    void bracketsAreDimensions() {
        assertArrayEquals(new long[] {2, 1, 3}, Tensor.of(new float[2][1][3]).sizes());
        assertArrayEquals(
                new long[] {4, 3, 2, 5}, Tensor.of(new int[4][3][2][5]).sizes());
        Tensor x = Tensor.of(new long[][][] {{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}});
        assertArrayEquals(new long[] {1, 2, 3, 4, 5, 6, 7, 8}, x.toLongArray());
    }

    @Test
    void emptyArraysAreDimensionsOfLength0() {
        assertArrayEquals(new long[] {0, 0}, Tensor.of(new float[0][]).sizes());
        assertArrayEquals(new long[] {2, 0}, Tensor.of(new float[2][0]).sizes());
        assertArrayEquals(new long[] {3, 0, 0}, Tensor.of(new byte[3][0][7]).sizes());
    }

    @Test
    void valuesAreCopiedIntoTheArena() {
        float[][] values = {{1, 2}, {3, 4}};
        Arena arena = Arena.ofConfined();
        Tensor x = Tensor.of(arena, values);
        values[1][0] = 9;
        assertArrayEquals(new float[] {1, 2, 3, 4}, x.toFloatArray());
        arena.close();
        assertThrows(IllegalStateException.class, x::segment);
    }

    @Test
    void raggedArraysAreRefused() {
        assertRefused("values[1] has the length 1, and must have 2", new float[][] {{1, 2}, {3}});
        assertRefused("values[1][0] has the length 0, and must have 1", new int[][][] {{{1}, {2}}, {{}, {3}}});
        assertRefused("values[2] has the length 2, and must have 1", new boolean[][][] {{{}}, {{}}, {{}, {}}});
        float[][] withoutRows = new float[2][];
        assertEquals(
                "values[0]",
                assertThrows(NullPointerException.class, () -> Tensor.of(withoutRows))
                        .getMessage());
    }

    @Test
    void otherElementsAreRefused() {
        assertRefused("values is a java.lang.String[]", new String[] {"1"});
        assertRefused("values is a java.lang.Float[][]", new Float[][] {{1f}});
        assertRefused("values is a char[][]", new char[][] {{'1'}});
        assertRefused("values is a java.lang.Object[]", new Object[] {new float[] {1}});
    }
}
