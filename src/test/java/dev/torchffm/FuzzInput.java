package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import dev.torchffm.internal.Handles;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A fuzzer's input as arguments, good and bad ones, and what must hold whatever they are. */
final class FuzzInput {

    /** The most memory that a call may ask for and get, in bytes. */
    static final long ENOUGH = 1 << 24;

    /** More than any address space has: what asks for this much must be refused. Between the two nothing is asked. */
    static final long ABSURD = 1L << 47;

    private static final DType[] DTYPES = DType.values();

    private static final double[] FAR = {
        Double.NaN,
        Double.NEGATIVE_INFINITY,
        Double.POSITIVE_INFINITY,
        -Double.MAX_VALUE,
        Double.MAX_VALUE,
        Double.MIN_VALUE,
        -0.0,
        Float.MAX_VALUE,
        0x1p63
    };

    private final FuzzedDataProvider data;
    final Arena arena;
    private int automatic;

    private FuzzInput(FuzzedDataProvider data, Arena arena) {
        this.data = data;
        this.arena = arena;
    }

    /** What a target does with its input. */
    interface Target {
        void run(FuzzInput input);
    }

    /** Runs a target, and checks that every handle which it makes in the arena is freed with it. */
    static void run(FuzzedDataProvider data, Target target) {
        long handles = Handles.live();
        int automatic;
        try (Arena arena = Arena.ofConfined()) {
            var input = new FuzzInput(data, arena);
            target.run(input);
            automatic = input.automatic;
        }
        // Fewer is no failure: the garbage collector frees what lives in automatic arenas.
        assertTrue(Handles.live() <= handles + automatic, () -> Handles.live() - handles + " handles are left");
    }

    /** The call's result, or null where it is refused with one of the documented exceptions, and a text. */
    static <T> @Nullable T refusedOr(Supplier<T> call) {
        try {
            return call.get();
        } catch (IllegalArgumentException | IllegalStateException | TorchException e) {
            assertFalse(Objects.requireNonNullElse(e.getMessage(), "").isBlank(), e::toString);
        } catch (NullPointerException e) {
            assertTrue(String.valueOf(e.getMessage()).matches("[A-Za-z]\\w*"), e::toString);
        }
        return null;
    }

    /** Checks that a row-major tensor is what was asked for, and no more memory. */
    static void assertIs(Tensor x, DType dtype, long... sizes) {
        assertEquals(dtype, x.dtype());
        assertArrayEquals(sizes, x.sizes());
        assertTrue(x.isContiguous());
        assertConsistent(x);
        assertEquals(x.numel() * dtype.byteSize(), x.segment().byteSize());
    }

    /** Checks a tensor's description against itself and its memory, from the first byte to the last. */
    static void assertConsistent(Tensor x) {
        long numel = 1;
        long extent = 1;
        for (int d = 0; d < x.dim(); d++) {
            numel *= x.sizes()[d];
            extent += (x.sizes()[d] - 1) * x.strides()[d];
        }
        assertEquals(numel, x.numel());
        MemorySegment elements = x.segment();
        assertEquals(numel == 0 ? 0 : extent * x.dtype().byteSize(), elements.byteSize());
        if (numel > 0) {
            elements.get(ValueLayout.JAVA_BYTE, 0);
            elements.get(ValueLayout.JAVA_BYTE, elements.byteSize() - 1);
        }
        if (numel <= 64) {
            assertFalse(x.toString().isBlank());
        }
    }

    /** The bytes that sizes ask for, infinite where a size is negative: such sizes are always refused. */
    static double bytes(DType dtype, long[] sizes) {
        double bytes = dtype.byteSize();
        for (long size : sizes) {
            bytes *= size < 0 ? Double.POSITIVE_INFINITY : size;
        }
        return Double.isNaN(bytes) ? Double.POSITIVE_INFINITY : bytes;
    }

    /** Whether a tensor is to live in an automatic arena. */
    boolean automatic() {
        boolean chosen = rarely();
        automatic += chosen ? 1 : 0;
        return chosen;
    }

    boolean bool() {
        return data.consumeBoolean();
    }

    /** A choice of 0 to count - 1. */
    int choice(int count) {
        return data.consumeInt(0, count - 1);
    }

    /** True once in a while. */
    boolean rarely() {
        return choice(16) == 15;
    }

    byte[] bytes(int most) {
        return data.consumeBytes(most);
    }

    String string() {
        return data.consumeString(12);
    }

    DType dtype() {
        return DTYPES[choice(DTYPES.length)];
    }

    /** Small, or so far from 0 that what it asks for cannot be had: between the two a call would take long. */
    long integer() {
        return switch (choice(12)) {
            case 0 -> -1L << 47 + choice(17);
            case 1 -> Long.MAX_VALUE >> choice(16);
            case 2 -> Long.MIN_VALUE >> choice(16);
            default -> choice(8) - 2;
        };
    }

    /** As {@link #integer}: what could be had, and would take all the memory there is, becomes small. */
    private static long modest(long any) {
        long magnitude = Math.abs(any);
        return magnitude < 1L << 10 || magnitude >= 1L << 47 ? any : any % (1L << 10);
    }

    long[] integers(int most) {
        var integers = new long[choice(most + 1)];
        for (int i = 0; i < integers.length; i++) {
            integers[i] = integer();
        }
        return integers;
    }

    /** Sizes of which most are small. */
    long[] sizes() {
        var sizes = new long[rarely() ? choice(70) : choice(5)];
        for (int d = 0; d < sizes.length; d++) {
            sizes[d] = rarely() ? integer() : rarely() ? choice(1 << 12) : choice(5);
        }
        return sizes;
    }

    /** As many strides as dimensions, or once in a while not as many. */
    long[] strides(int dim) {
        var strides = new long[rarely() ? choice(5) : dim];
        for (int d = 0; d < strides.length; d++) {
            strides[d] = rarely() ? integer() : choice(8);
        }
        return strides;
    }

    double real() {
        return switch (choice(6)) {
            case 0 -> data.consumeDouble();
            case 1 -> Double.NaN;
            case 2 -> bool() ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
            default -> (choice(65) - 32) / 8.0;
        };
    }

    /** A Number of any kind, of those too that must be refused. */
    Number number() {
        return switch (choice(10)) {
            case 0 -> (byte) choice(256);
            case 1 -> (short) integer();
            case 2 -> choice(20) - 10;
            case 3 -> integer();
            case 4 -> (float) real();
            case 5 -> real();
            case 6 -> BigInteger.valueOf(integer()).shiftLeft(rarely() ? 3 : 0);
            case 7 -> BigDecimal.valueOf(integer());
            case 8 -> new AtomicInteger(choice(20) - 10);
            default -> modest(data.consumeLong());
        };
    }

    /** A number or truth value, small or far from 0: as a step, it makes few elements or more than can be had. */
    Object scalar() {
        return switch (choice(8)) {
            case 0 -> bool();
            case 1 -> FAR[choice(FAR.length)];
            case 2, 3 -> (choice(65) - 32) / 8.0;
            default -> integer();
        };
    }

    /** A small tensor of any dtype, strided at will, with small elements or any. */
    Tensor tensor() {
        return tensor(dtype());
    }

    Tensor tensor(DType dtype) {
        var sizes = new long[choice(5)];
        var strides = new long[sizes.length];
        long extent = 1;
        for (int d = 0; d < sizes.length; d++) {
            sizes[d] = rarely() ? 0 : 1 + choice(4);
            strides[d] = rarely() ? choice(4) : extent;
            extent = Math.max(extent, extent + (sizes[d] - 1) * strides[d]);
        }
        long offset = rarely() ? choice(4) : 0;
        MemorySegment memory = arena.allocate((offset + extent) * dtype.byteSize(), 64);
        fill(memory, dtype);
        return Tensor.fromSegment(arena, rarely() ? memory.asReadOnly() : memory, dtype, sizes, strides, offset);
    }

    private void fill(MemorySegment memory, DType dtype) {
        byte[] bytes = bytes(16);
        if (bytes.length == 0) {
            return;
        }
        boolean small = dtype == DType.BOOL || !rarely();
        long step = small ? dtype.byteSize() : 1;
        for (long i = 0; i < memory.byteSize() / step; i++) {
            byte value = bytes[(int) (i % bytes.length)];
            if (!small) {
                memory.set(ValueLayout.JAVA_BYTE, i, value);
            } else {
                set(memory, dtype, i, value);
            }
        }
    }

    /** An element near 0; one of the bytes makes the least integer of the dtype. */
    private static void set(MemorySegment memory, DType dtype, long i, byte value) {
        int few = value % 5;
        long integer = value == Byte.MIN_VALUE ? Long.MIN_VALUE >> Long.SIZE - 8 * dtype.byteSize() : few;
        switch (dtype) {
            case BOOL -> memory.set(ValueLayout.JAVA_BYTE, i, (byte) (value & 1));
            case INT8, UINT8 -> memory.set(ValueLayout.JAVA_BYTE, i, (byte) integer);
            case INT16 -> memory.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) integer);
            case INT32 -> memory.setAtIndex(ValueLayout.JAVA_INT, i, (int) integer);
            case INT64 -> memory.setAtIndex(ValueLayout.JAVA_LONG, i, integer);
            case FLOAT16 -> memory.setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16(few / 2f));
            case BFLOAT16 ->
                memory.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) (Float.floatToRawIntBits(few / 2f) >>> 16));
            case FLOAT32 -> memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, few / 2f);
            case FLOAT64 -> memory.setAtIndex(ValueLayout.JAVA_DOUBLE, i, few / 2.0);
        }
    }

    /** The argument itself, or null once in a while. */
    <T> @Nullable T orNull(T value) {
        return rarely() ? null : value;
    }
}
