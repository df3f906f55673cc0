package dev.torchffm.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.ChildJvm;
import dev.torchffm.Tensor;
import dev.torchffm.TorchException;
import dev.torchffm.examples.ArraySnippets;
import dev.torchffm.internal.ClampKernel;
import dev.torchffm.internal.Handles;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A module on Java's arrays: the bits of libtorch, the very same array in place. */
final class MyReLUArrayTest {

    private static final int BOUND = 1 << 16;

    /** Bits of the values that a clamp could get wrong. */
    private static final int[] SPECIAL = {
        0x00000000,
        0x80000000, // zeros
        0x00000001,
        0x80000001,
        0x007fffff,
        0x807fffff, // subnormals
        0x00800000,
        0x80800000,
        0x7f7fffff,
        0xff7fffff, // the least and the greatest normal ones
        0x7f800000,
        0xff800000, // infinities
        0x7fc00000,
        0xffc00000,
        0x7fc12345,
        0xffffffff, // quiet NaNs
        0x7f800001,
        0xff800001,
        0x7fbfffff,
        0xffbfffff // signalling NaNs
    };

    /** The special values, then any bits at all. */
    private static float[] values(int count) {
        var bits = new int[count];
        var random = new SplittableRandom(count);
        for (int i = 0; i < count; i++) {
            bits[i] = i < SPECIAL.length ? SPECIAL[i] : random.nextInt();
        }
        return MemorySegment.ofArray(bits).toArray(ValueLayout.JAVA_FLOAT);
    }

    private static int[] bits(float[] values) {
        return MemorySegment.ofArray(values).toArray(ValueLayout.JAVA_INT);
    }

    private static float[] byLibtorch(float[] values) {
        var result = new float[values.length];
        try (Arena arena = Arena.ofConfined()) {
            Tensor.of(arena, values).clampMin(0).copyTo(MemorySegment.ofArray(result));
        }
        return result;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 7, 20, 31, 1000, BOUND - 1, BOUND, BOUND + 1, 100 * 1024, 100 * 1024 + 1, 1 << 20})
    void forwardHasLibtorchsBitsInPlaceAndNot(int count) {
        float[] values = values(count);
        int[] before = bits(values);
        int[] expected = bits(byLibtorch(values));
        float[] other = new MyReLU().forward(values);
        assertNotSame(values, other);
        assertArrayEquals(expected, bits(other));
        assertArrayEquals(before, bits(values));
        assertSame(values, new MyReLU(true).forward(values));
        assertArrayEquals(expected, bits(values));
    }

    @Test
    void forwardTakesZerosInfinitiesAndNaNs() {
        float[] values = {-0.0f, 0.0f, Float.NaN, -Float.MIN_VALUE, Float.MIN_VALUE, -1 / 0f, 1 / 0f};
        float[] expected = {-0.0f, 0.0f, Float.NaN, 0, Float.MIN_VALUE, 0, 1 / 0f};
        assertArrayEquals(bits(expected), bits(new MyReLU(true).forward(values)));
    }

    @Test
    void forwardCopiesNoArrayUpToTheBound() {
        assertTrue(ClampKernel.rectify(new float[0]));
        assertTrue(ClampKernel.rectify(new float[BOUND]));
        assertFalse(ClampKernel.rectify(new float[BOUND + 1]));
        long handles = Handles.live();
        new MyReLU(true).forward(new float[BOUND + 1]);
        assertEquals(handles, Handles.live());
    }

    @Test
    void forwardNamesANullArray() {
        float[] none = null;
        for (MyReLU module : new MyReLU[] {new MyReLU(), new MyReLU(true)}) {
            assertEquals(
                    "values",
                    assertThrows(NullPointerException.class, () -> module.forward(none))
                            .getMessage());
        }
    }

    @Test
    void forwardHoldsTheArrayWhileItIsWritten() {
        var module = new MyReLU(true);
        var garbage = CompletableFuture.runAsync(() -> {
            for (int i = 0; i < 20; i++) {
                System.gc();
            }
        });
        float[] expected = byLibtorch(values(BOUND));
        for (int round = 0; round < 20 || !garbage.isDone(); round++) {
            float[] values = values(BOUND);
            float[] after = new float[16]; // its neighbour, likely
            Arrays.fill(after, -1);
            assertArrayEquals(bits(expected), bits(module.forward(values)));
            for (float untouched : after) {
                assertEquals(-1, untouched);
            }
        }
        garbage.join();
    }

    @Test
    void forwardWithoutLibtorchNamesTheRemedies(@TempDir Path folder) throws Exception {
        var child = new ChildJvm(folder).withoutLibtorchProperty().option("-Ddev.torchffm.libtorch=" + folder);
        ChildJvm.Result result = child.run(WithoutLibtorch.class);
        assertEquals(0, result.exitCode(), result.output());
        assertTrue(result.output().contains("-Ddev.torchffm.libtorch"), result.output());
    }

    /** Prints why a short array and a long one cannot be rectified. */
    static final class WithoutLibtorch {
        static void main() {
            for (int count : new int[] {0, 1, BOUND + 1}) {
                float[] values = new float[count];
                System.out.println(assertThrows(TorchException.class, () -> new MyReLU().forward(values))
                        .getMessage());
            }
        }
    }

    @Test
    void snippetHolds() {
        assertTrue(ArraySnippets.forward());
    }
}
