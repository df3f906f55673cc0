package dev.torchffm;

import static dev.torchffm.FuzzInput.assertConsistent;
import static dev.torchffm.FuzzInput.assertIs;
import static dev.torchffm.FuzzInput.refusedOr;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** Tensors of any arrays and over any memory: just what was asked for, or a clear refusal. */
final class TensorFuzzTest {

    @FuzzTest
    void of(FuzzedDataProvider data) {
        FuzzInput.run(data, input -> {
            Arena arena = input.automatic() ? null : input.arena;
            int kind = input.choice(7);
            byte[] bytes = input.orNull(input.bytes(64));
            Tensor x = refusedOr(() -> of(arena, kind, bytes));
            if (x == null) {
                assertNull(bytes);
                return;
            }
            assertIs(x, x.dtype(), bytes.length / x.dtype().byteSize());
            byte[] whole = x.segment().toArray(ValueLayout.JAVA_BYTE);
            for (int i = 0; i < whole.length; i++) {
                assertEquals(x.dtype() == DType.BOOL ? bytes[i] & 1 : bytes[i], whole[i]);
            }
        });
    }

    private static Tensor of(@Nullable Arena arena, int kind, byte @Nullable [] bytes) {
        switch (kind) {
            case 0 -> {
                float[] values = bytes == null ? null : whole(bytes, 4).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
                return arena == null ? Tensor.of(values) : Tensor.of(arena, values);
            }
            case 1 -> {
                double[] values = bytes == null ? null : whole(bytes, 8).toArray(ValueLayout.JAVA_DOUBLE_UNALIGNED);
                return arena == null ? Tensor.of(values) : Tensor.of(arena, values);
            }
            case 2 -> {
                int[] values = bytes == null ? null : whole(bytes, 4).toArray(ValueLayout.JAVA_INT_UNALIGNED);
                return arena == null ? Tensor.of(values) : Tensor.of(arena, values);
            }
            case 3 -> {
                long[] values = bytes == null ? null : whole(bytes, 8).toArray(ValueLayout.JAVA_LONG_UNALIGNED);
                return arena == null ? Tensor.of(values) : Tensor.of(arena, values);
            }
            case 4 -> {
                short[] values = bytes == null ? null : whole(bytes, 2).toArray(ValueLayout.JAVA_SHORT_UNALIGNED);
                return arena == null ? Tensor.of(values) : Tensor.of(arena, values);
            }
            case 5 -> {
                return arena == null ? Tensor.of(bytes) : Tensor.of(arena, bytes);
            }
            default -> {
                var values = bytes == null ? null : new boolean[bytes.length];
                for (int i = 0; bytes != null && i < bytes.length; i++) {
                    values[i] = (bytes[i] & 1) != 0;
                }
                return arena == null ? Tensor.of(values) : Tensor.of(arena, values);
            }
        }
    }

    /** As many of the bytes as make whole elements. */
    private static MemorySegment whole(byte[] bytes, int size) {
        return MemorySegment.ofArray(bytes).asSlice(0, bytes.length / size * size);
    }

    @FuzzTest
    void fromSegment(FuzzedDataProvider data) {
        FuzzInput.run(data, input -> {
            MemorySegment memory = input.orNull(memory(input));
            DType dtype = input.orNull(input.dtype());
            long[] sizes = input.orNull(input.sizes());
            long[] strides = null;
            long offset = 0;
            Tensor x;
            if (input.automatic()) {
                x = refusedOr(() -> Tensor.fromSegment(memory, dtype, sizes));
            } else {
                long[] steps = strides = input.orNull(input.strides(sizes == null ? 0 : sizes.length));
                long start = offset = input.rarely() ? input.integer() : input.choice(4);
                x = refusedOr(() -> Tensor.fromSegment(input.arena, memory, dtype, sizes, steps, start));
            }
            if (x == null) {
                return;
            }
            assertEquals(dtype, x.dtype());
            assertArrayEquals(sizes, x.sizes());
            if (strides != null) {
                assertArrayEquals(strides, x.strides());
            }
            assertConsistent(x);
            if (x.numel() > 0) {
                long start = offset * dtype.byteSize();
                assertEquals(memory.address() + start, x.dataPtr());
                assertTrue(start + x.segment().byteSize() <= memory.byteSize());
            }
            // A stride of 0 makes many elements of little memory.
            if (x.numel() <= 1 << 12) {
                assertArrayEquals(sizes, x.in(input.arena).clone().sizes());
                assertEquals(memory.isReadOnly(), refusedOr(() -> x.copy_(x)) == null);
            }
        });
    }

    private static MemorySegment memory(FuzzInput input) {
        int bytes = input.choice(1 << 10);
        int start = input.rarely() ? Math.min(bytes, input.choice(8)) : 0;
        return switch (input.choice(16)) {
            case 12 -> MemorySegment.ofArray(new long[bytes / 8]);
            case 13 -> MemorySegment.NULL;
            case 14 -> input.arena.allocate(bytes, 64).asReadOnly();
            case 15 -> {
                try (Arena closed = Arena.ofConfined()) {
                    yield closed.allocate(bytes, 64);
                }
            }
            default -> input.arena.allocate(bytes, 64).asSlice(start);
        };
    }
}
