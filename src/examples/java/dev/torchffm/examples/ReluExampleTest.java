package dev.torchffm.examples;

// @start region="example"
import static dev.torchffm.testing.TensorAssertions.assertAllClose;
import static dev.torchffm.testing.TensorAssertions.assertBitEquals;
import static dev.torchffm.testing.TensorAssertions.assertSameStorage;

import dev.torchffm.Tensor;
import dev.torchffm.nn.MyReLU;
import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(TorchExtension.class)
final class ReluExampleTest {

    @Test
    void worksInPlace(Arena arena) { // closed after the test; a tensor that outlives it fails the test
        Tensor x = Tensor.of(arena, 1f, -2f, 3f);
        Tensor y = new MyReLU(true).forward(x);
        assertSameStorage(x, y);
        assertBitEquals(Tensor.of(arena, 1f, 0f, 3f), y);
    }

    @Test
    void isCloseToTheSoftplus(Arena arena) {
        Tensor x = Tensor.of(arena, 20f, -20f);
        assertAllClose(Tensor.of(arena, 20f, 2.06e-9f), new MyReLU().forward(x));
    }
}
// @end
