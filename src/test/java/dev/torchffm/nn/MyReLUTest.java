package dev.torchffm.nn;

import static dev.torchffm.testing.TensorAssertions.assertSameStorage;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.testing.TorchExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The notebook's evaluation. */
@ExtendWith(TorchExtension.class)
final class MyReLUTest {

    @Test
    void forwardRectifiesARange() {
        Tensor y = new MyReLU().forward(Torch.arange(-10, 10));
        var expected = new long[20];
        for (int i = 0; i < 20; i++) {
            expected[i] = Math.max(0, i - 10);
        }
        assertArrayEquals(expected, y.toLongArray());
    }

    @Test
    void forwardRectifiesRandomNumbers() {
        Tensor x = Torch.randn(5, 5);
        float[] before = x.toFloatArray();
        float[] after = new MyReLU().forward(x).toFloatArray();
        assertEquals(25, after.length);
        for (int i = 0; i < 25; i++) {
            assertEquals(before[i] < 0 ? 0 : before[i], after[i]);
        }
    }

    @Test
    void forwardGivesAnotherTensor() {
        Tensor x = Tensor.of(1f, -2f, 3f, -4f, 5f);
        Tensor y = new MyReLU().forward(x);
        assertNotSame(x, y);
        assertNotEquals(x.segment().address(), y.segment().address());
        assertArrayEquals(new float[] {1, -2, 3, -4, 5}, x.toFloatArray());
        assertArrayEquals(new float[] {1, 0, 3, 0, 5}, y.toFloatArray());
    }

    @Test
    void forwardInPlaceGivesTheSameTensorAndAddress() {
        Tensor x = Tensor.of(1f, -2f, 3f, -4f, 5f);
        long address = x.segment().address();
        Tensor y = new MyReLU(true).forward(x);
        assertSame(x, y);
        assertSameStorage(x, y);
        assertEquals(address, y.segment().address());
        assertArrayEquals(new float[] {1, 0, 3, 0, 5}, x.toFloatArray());
    }
}
