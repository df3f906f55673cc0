package dev.torchffm;

import static dev.torchffm.FuzzInput.ABSURD;
import static dev.torchffm.FuzzInput.ENOUGH;
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
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Every factory, and clamp, with any arguments: a tensor of just what was asked for, or a clear refusal. */
final class FactoryFuzzTest {

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

    @FuzzTest
    void filled(FuzzedDataProvider data) {
        FuzzInput.run(data, input -> {
            DType dtype = input.orNull(input.dtype());
            long[] sizes = input.orNull(input.sizes());
            Number value = input.orNull(input.number());
            double bytes = dtype == null || sizes == null ? 0 : FuzzInput.bytes(dtype, sizes);
            if (bytes > ENOUGH && bytes < ABSURD) {
                return;
            }
            int kind = input.choice(6);
            boolean automatic = input.automatic();
            Tensor x = refusedOr(() ->
                    automatic ? filled(kind, dtype, sizes, value) : filled(input.arena, kind, dtype, sizes, value));
            if (x != null) {
                assertTrue(bytes <= ENOUGH);
                assertIs(x, dtype, sizes);
            }
        });
    }

    private static Tensor filled(Arena arena, int kind, DType dtype, long[] sizes, Number value) {
        return switch (kind) {
            case 0 -> Torch.empty(arena, dtype, sizes);
            case 1 -> Torch.zeros(arena, dtype, sizes);
            case 2 -> Torch.ones(arena, dtype, sizes);
            case 3 -> Torch.rand(arena, dtype, sizes);
            case 4 -> Torch.randn(arena, dtype, sizes);
            default -> Torch.full(arena, dtype, sizes, value);
        };
    }

    private static Tensor filled(int kind, DType dtype, long[] sizes, Number value) {
        return switch (kind) {
            case 0 -> Torch.empty(dtype, sizes);
            case 1 -> Torch.zeros(dtype, sizes);
            case 2 -> Torch.ones(dtype, sizes);
            case 3 -> Torch.rand(dtype, sizes);
            case 4 -> Torch.randn(dtype, sizes);
            default -> Torch.full(dtype, sizes, value);
        };
    }

    @FuzzTest
    void arange(FuzzedDataProvider data) {
        FuzzInput.run(data, input -> {
            DType dtype = input.orNull(input.dtype());
            Number start = input.orNull(input.number());
            Number end = input.orNull(input.number());
            Number step = input.orNull(input.number());
            double count = start == null || end == null || step == null
                    ? 0
                    : Math.ceil((end.doubleValue() - start.doubleValue()) / step.doubleValue());
            if (count > 1 << 16 && count < ABSURD) {
                return;
            }
            Tensor x = refusedOr(() -> Torch.arange(input.arena, dtype, start, end, step));
            if (x != null) {
                assertIs(x, dtype, x.numel());
                double rounding = (Math.abs(start.doubleValue()) + Math.abs(end.doubleValue()))
                        / Math.abs(step.doubleValue())
                        * 0x1p-51;
                assertTrue(Math.abs(x.numel() - count) <= 1 + rounding, () -> x.numel() + " elements, not " + count);
            }
        });
    }

    @FuzzTest
    void clamp(FuzzedDataProvider data) {
        FuzzInput.run(data, input -> {
            Tensor x = input.tensor();
            Number min = input.orNull(input.number());
            Number max = input.orNull(input.number());
            Tensor other = input.bool() ? x : input.tensor();
            Tensor out = input.orNull(other);
            Supplier<Tensor> call =
                    switch (input.choice(9)) {
                        case 0 -> () -> x.clamp(min, max);
                        case 1 -> () -> x.clamp_(min, max);
                        case 2 -> () -> x.clamp(min, max, out);
                        case 3 -> () -> x.clampMin(min);
                        case 4 -> () -> x.clampMin_(min);
                        case 5 -> () -> x.clampMin(min, out);
                        case 6 -> () -> x.clampMax(max);
                        case 7 -> () -> x.clampMax_(max);
                        default -> () -> x.clampMax(max, out);
                    };
            Tensor result = refusedOr(call);
            if (result != null) {
                assertArrayEquals(x.sizes(), result.sizes());
                assertConsistent(result);
            }
            assertConsistent(x);
            assertConsistent(other);
        });
    }
}
