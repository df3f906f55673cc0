package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Clamp on the memory of a view, and its arguments. */
@ExtendWith(TorchExtension.class)
final class ClampTest {

    @Test
    void clampInPlaceWritesOnlyTheView(Arena arena) {
        MemorySegment memory = arena.allocate(4 * 64, 64);
        memory.fill((byte) 0xAB);
        Tensor view = Tensor.fromSegment(arena, memory, DType.FLOAT32, new long[] {3, 4}, new long[] {13, 2}, 9);
        view.clamp_(0, null);
        for (int i = 0; i < 64; i++) {
            int column = (i - 9) % 13;
            boolean inside = i >= 9 && (i - 9) / 13 < 3 && column % 2 == 0 && column < 8;
            assertEquals(inside ? 0 : 0xABABABAB, memory.getAtIndex(ValueLayout.JAVA_INT, i), "element " + i);
        }
    }

    @Test
    void clampRefusesBadBounds() {
        Tensor x = Tensor.of(1f);
        BigInteger wide = BigInteger.ONE.shiftLeft(63);
        assertTrue(message(() -> x.clamp(BigDecimal.ONE, null))
                .startsWith("min is a java.math.BigDecimal, 1, and must be"));
        assertTrue(
                message(() -> x.clamp(null, wide)).startsWith("max is 9223372036854775808, and an integer must fit"));
        assertEquals(1f, x.clamp(BigInteger.ZERO, (byte) 3).item());
        assertTrue(message(() -> x.clamp(0, 1, Tensor.of(1f, 2f))).startsWith("out has sizes [2]"));
        assertThrows(NullPointerException.class, () -> x.clampMin(null, x));
        var failure = assertThrows(TorchException.class, () -> x.clamp((Number) null, null));
        assertEquals("torch.clamp: At least one of 'min' or 'max' must not be None", failure.getMessage());
    }

    private static String message(Runnable call) {
        return Objects.requireNonNull(
                assertThrows(IllegalArgumentException.class, call::run).getMessage());
    }
}
