package dev.torchffm.interop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tensors imported by DLPack: one memory, and every deleter called exactly once. */
@ExtendWith(TorchExtension.class)
final class DlPackImportTest {

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void importSharesMemoryUntilTheArenaCloses(boolean versioned, Arena arena) {
        MemorySegment data = arena.allocateFrom(ValueLayout.JAVA_FLOAT, -1, 2, -3, 4, -5, 6);
        var foreign = new ForeignTensor(arena, versioned, data, DType.FLOAT32, 2, 3);
        try (Arena borrowed = Arena.ofConfined()) {
            Tensor x = foreign.importInto(borrowed);
            assertEquals(DType.FLOAT32, x.dtype());
            assertArrayEquals(new long[] {2, 3}, x.sizes());
            assertArrayEquals(new long[] {3, 1}, x.strides());
            assertEquals(data.address(), x.dataPtr());
            x.relu_();
            assertArrayEquals(new float[] {0, 2, 0, 4, 0, 6}, data.toArray(ValueLayout.JAVA_FLOAT));
            data.setAtIndex(ValueLayout.JAVA_FLOAT, 5, 42);
            assertEquals(42, x.toFloatArray()[5]);
            assertEquals(0, foreign.deletions());
        }
        assertEquals(1, foreign.deletions());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void importTakesStridesAndByteOffset(boolean versioned, Arena arena) {
        MemorySegment data = arena.allocate(24 * 8, 8);
        for (int i = 0; i < 24; i++) {
            data.setAtIndex(ValueLayout.JAVA_DOUBLE, i, i);
        }
        var foreign = new ForeignTensor(arena, versioned, data, DType.FLOAT64);
        foreign.shape(arena, new long[] {2, 3}, new long[] {8, 2});
        foreign.tensor.set(ValueLayout.JAVA_LONG, ForeignTensor.BYTE_OFFSET, 40);
        Tensor x = foreign.importInto(arena);
        assertEquals(data.address() + 40, x.dataPtr());
        assertArrayEquals(new double[] {5, 7, 9, 13, 15, 17}, x.toDoubleArray());
        assertEquals((8 + 4 + 1) * 8, x.segment().byteSize());
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void importTakesEveryType(DType dtype, Arena arena) {
        for (boolean versioned : new boolean[] {false, true}) {
            var foreign = new ForeignTensor(arena, versioned, arena.allocate(64, 8), dtype, 8);
            assertEquals(dtype, foreign.importInto(arena).dtype());
        }
    }

    @Test
    void importTakesNothingAndAScalar(Arena arena) {
        var nothing = new ForeignTensor(arena, true, MemorySegment.NULL, DType.INT64, 3, 0, 2);
        Tensor x = nothing.importInto(arena);
        assertArrayEquals(new long[] {3, 0, 2}, x.sizes());
        assertEquals(0, x.clone().numel());
        var noData = new ForeignTensor(arena, true, arena.allocate(8, 8), DType.INT64, 0, 3);
        noData.tensor.set(ValueLayout.JAVA_LONG, ForeignTensor.BYTE_OFFSET, 1); // wherever its data is
        Tensor y = noData.importInto(arena);
        assertArrayEquals(new long[] {0, 3}, y.sizes());
        assertEquals(0, y.dataPtr());
        var scalar = new ForeignTensor(arena, true, arena.allocateFrom(ValueLayout.JAVA_LONG, 42), DType.INT64);
        scalar.tensor.set(ValueLayout.ADDRESS, ForeignTensor.SHAPE, MemorySegment.NULL);
        assertEquals(42L, scalar.importInto(arena).item());
    }

    @Test
    void importNeverWritesReadOnlyMemory(Arena arena) {
        MemorySegment data = arena.allocateFrom(ValueLayout.JAVA_FLOAT, -1, 2);
        var foreign = new ForeignTensor(arena, true, data, DType.FLOAT32, 2);
        foreign.managed.set(ValueLayout.JAVA_LONG, ForeignTensor.FLAGS, 1);
        Tensor x = foreign.importInto(arena);
        assertArrayEquals(new float[] {0, 2}, x.relu().toFloatArray());
        assertThrows(IllegalArgumentException.class, x::relu_);
        assertThrows(IllegalArgumentException.class, () -> x.segment().fill((byte) 0));
        assertArrayEquals(new float[] {-1, 2}, data.toArray(ValueLayout.JAVA_FLOAT));
    }

    @Test
    void importTakesALaterMinorVersionAndFlags(Arena arena) {
        var foreign = new ForeignTensor(arena, true, arena.allocate(8, 8), DType.FLOAT32, 2);
        foreign.managed.set(ValueLayout.JAVA_INT, ForeignTensor.MINOR, 99);
        for (long flags = 0; flags < 8; flags++) {
            foreign.managed.set(ValueLayout.JAVA_LONG, ForeignTensor.FLAGS, flags);
            try (Arena borrowed = Arena.ofConfined()) {
                assertEquals(
                        (flags & 1) != 0, foreign.importInto(borrowed).segment().isReadOnly());
            }
        }
        assertEquals(8, foreign.deletions());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void importTakes64Dimensions(boolean versioned, Arena arena) {
        var ones = new long[64];
        Arrays.fill(ones, 1);
        var foreign = new ForeignTensor(arena, versioned, arena.allocate(8, 8), DType.FLOAT32, ones);
        assertArrayEquals(ones, foreign.importInto(arena).sizes());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void importTakesAStructWithoutDeleter(boolean versioned, Arena arena) {
        var foreign = new ForeignTensor(arena, versioned, arena.allocate(8, 8), DType.FLOAT32, 2);
        foreign.noDeleter();
        try (Arena borrowed = Arena.ofConfined()) {
            assertEquals(2, foreign.importInto(borrowed).numel());
        }
        foreign.release();
        if (versioned) {
            foreign.managed.set(ValueLayout.JAVA_INT, ForeignTensor.MAJOR, 2);
            assertThrows(IllegalArgumentException.class, () -> foreign.importInto(arena));
        }
        assertEquals(0, foreign.deletions());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void importIntoAnAutomaticArenaIsCollected(boolean versioned, Arena arena) {
        var foreign = new ForeignTensor(arena, versioned, arena.allocate(8, 8), DType.FLOAT32, 2);
        Tensor result = foreign.importInto(Arena.ofAuto()).in(arena).relu();
        ForeignTensor.await(() -> foreign.deletions() > 0, System::gc);
        assertEquals(1, foreign.deletions());
        assertArrayEquals(new float[] {0, 0}, result.toFloatArray());
    }

    static Stream<Arguments> malformed() {
        return Stream.of(
                malformed("device_type is 2, and must be 1, the CPU's", x -> setDevice(x, 2)),
                malformed("device_type is -1", x -> setDevice(x, -1)),
                malformed("dtype is code 2 of 32 bits and 4 lanes", x -> setType(x, 2, 32, 4)),
                malformed("dtype is code 2 of 32 bits and 0 lanes", x -> setType(x, 2, 32, 0)),
                malformed("dtype is code 5 of 64 bits", x -> setType(x, 5, 64, 1)),
                malformed("dtype is code 1 of 16 bits", x -> setType(x, 1, 16, 1)),
                malformed("dtype is code 2 of 8 bits", x -> setType(x, 2, 8, 1)),
                malformed("dtype is code 6 of 1 bits", x -> setType(x, 6, 1, 1)),
                malformed("dtype is code 255 of 255 bits and 65535 lanes", x -> setType(x, 255, 255, 65535)),
                malformed("dim is -1, not within 0 to 64", x -> setDim(x, -1)),
                malformed("dim is 65, not within 0 to 64", x -> setDim(x, 65)),
                malformed("dim is -2147483648", x -> setDim(x, Integer.MIN_VALUE)),
                malformed("dim is 2147483647", x -> setDim(x, Integer.MAX_VALUE)),
                malformed(
                        "sizes must not be NULL",
                        x -> x.set(ValueLayout.ADDRESS, ForeignTensor.SHAPE, MemorySegment.NULL)),
                malformed("sizes[1] is -3, below 0", x -> setShape(x, 2, -3)),
                malformed("product in bytes overflows 63 bits at sizes[0]", x -> setShape(x, Long.MAX_VALUE / 2, 3)),
                malformed("product in bytes overflows 63 bits at sizes[1]", x -> setShape(x, 1L << 60, 8)),
                malformed("product in bytes overflows 63 bits at sizes[1]", x -> setShape(x, 0, Long.MAX_VALUE)),
                malformed("strides[0] is -3, below 0", x -> setStrides(x, -3, 1)),
                malformed("strides[1] is -1, below 0", x -> setStrides(x, 2, -1)),
                malformed("last element's offset overflows 63 bits at strides[0]", x -> {
                    setShape(x, 3, 1);
                    setStrides(x, Long.MAX_VALUE, 1);
                }),
                malformed("last element's offset overflows 63 bits at strides[1]", x -> {
                    setShape(x, 2, 2);
                    setStrides(x, Long.MAX_VALUE, 1);
                }),
                malformed("reach beyond all memory", x -> {
                    setShape(x, 2, 1);
                    setStrides(x, Long.MAX_VALUE, 1);
                }),
                malformed("reach beyond all memory", x -> setByteOffset(x, -8)),
                malformed(
                        "reach beyond all memory",
                        x -> setByteOffset(x, -4 - x.get(ValueLayout.JAVA_LONG, ForeignTensor.DATA))),
                malformed("must be less than 2^63", x -> setStrides(x, 1L << 60, 1)),
                malformed(
                        "data is NULL, and the tensor has 6 elements",
                        x -> x.set(ValueLayout.ADDRESS, ForeignTensor.DATA, MemorySegment.NULL)),
                malformed("not aligned to the element's 4 bytes", x -> setByteOffset(x, 2)));
    }

    private static Arguments malformed(String text, Consumer<MemorySegment> spoil) {
        return Arguments.of(text, spoil);
    }

    private static MemorySegment numbers(long... numbers) {
        return Arena.global().allocateFrom(ValueLayout.JAVA_LONG, numbers);
    }

    private static void setDevice(MemorySegment tensor, int type) {
        tensor.set(ValueLayout.JAVA_INT, ForeignTensor.DEVICE_TYPE, type);
    }

    private static void setType(MemorySegment tensor, int code, int bits, int lanes) {
        tensor.set(ValueLayout.JAVA_BYTE, ForeignTensor.CODE, (byte) code);
        tensor.set(ValueLayout.JAVA_BYTE, ForeignTensor.BITS, (byte) bits);
        tensor.set(ValueLayout.JAVA_SHORT, ForeignTensor.LANES, (short) lanes);
    }

    private static void setDim(MemorySegment tensor, int dim) {
        tensor.set(ValueLayout.JAVA_INT, ForeignTensor.NDIM, dim);
    }

    private static void setShape(MemorySegment tensor, long... shape) {
        tensor.set(ValueLayout.ADDRESS, ForeignTensor.SHAPE, numbers(shape));
    }

    private static void setStrides(MemorySegment tensor, long... strides) {
        tensor.set(ValueLayout.ADDRESS, ForeignTensor.STRIDES, numbers(strides));
    }

    private static void setByteOffset(MemorySegment tensor, long bytes) {
        tensor.set(ValueLayout.JAVA_LONG, ForeignTensor.BYTE_OFFSET, bytes);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("malformed")
    void importLeavesARefusedStructToTheCaller(String text, Consumer<MemorySegment> spoil, Arena arena) {
        for (boolean versioned : new boolean[] {false, true}) {
            var foreign = new ForeignTensor(arena, versioned, arena.allocate(24, 8), DType.FLOAT32, 2, 3);
            spoil.accept(foreign.tensor);
            try (Arena borrowed = Arena.ofConfined()) {
                var refusal = assertThrows(IllegalArgumentException.class, () -> foreign.importInto(borrowed));
                assertTrue(refusal.getMessage().contains(text), refusal.getMessage());
            }
            assertEquals(0, foreign.deletions());
            foreign.release();
            assertEquals(1, foreign.deletions());
        }
    }

    @Test
    void importRefusesUnknownFlags(Arena arena) {
        var foreign = new ForeignTensor(arena, true, arena.allocate(8, 8), DType.FLOAT32, 2);
        for (long flags : new long[] {8, 1L << 63}) {
            foreign.managed.set(ValueLayout.JAVA_LONG, ForeignTensor.FLAGS, flags);
            var refusal = assertThrows(IllegalArgumentException.class, () -> foreign.importInto(arena));
            assertEquals(
                    "flags is 0x" + Long.toHexString(flags) + ", of which only those in 0x7 are known",
                    refusal.getMessage());
        }
        assertEquals(0, foreign.deletions());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2, -1})
    void importDeletesAnotherMajorVersion(int major, Arena arena) {
        var foreign = new ForeignTensor(arena, true, arena.allocate(8, 8), DType.FLOAT32, 2);
        foreign.managed.set(ValueLayout.JAVA_INT, ForeignTensor.MAJOR, major);
        foreign.managed.set(ValueLayout.JAVA_INT, ForeignTensor.MINOR, -2);
        foreign.managed.asSlice(ForeignTensor.FLAGS).fill((byte) 0xFF); // nothing of this may be read
        var refusal = assertThrows(IllegalArgumentException.class, () -> foreign.importInto(arena));
        assertEquals(
                "version is " + Integer.toUnsignedString(major)
                        + ".4294967294, and must be 1.x; the deleter has been called, as DLPack requires",
                refusal.getMessage());
        assertEquals(1, foreign.deletions());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void importRefusesAClosedOrForeignArena(boolean versioned, Arena arena) {
        var foreign = new ForeignTensor(arena, versioned, arena.allocate(8, 8), DType.FLOAT32, 2);
        Arena closed = Arena.ofConfined();
        closed.close();
        assertThrows(IllegalStateException.class, () -> foreign.importInto(closed));
        try (Arena confined = Arena.ofConfined()) {
            var failure = assertThrows(
                    CompletionException.class, () -> CompletableFuture.runAsync(() -> foreign.importInto(confined))
                            .join());
            assertInstanceOf(WrongThreadException.class, failure.getCause());
        }
        assertEquals(0, foreign.deletions());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void importRefusesWhatIsNoStruct(boolean versioned, Arena arena) {
        for (MemorySegment managed : List.of(
                MemorySegment.NULL,
                MemorySegment.ofAddress(12),
                arena.allocate(88, 8).asSlice(4),
                arena.allocate(versioned ? 72 : 56, 8),
                MemorySegment.ofArray(new long[10]))) {
            var refusal = assertThrows(
                    IllegalArgumentException.class, () -> ForeignTensor.importInto(arena, versioned, managed));
            assertTrue(refusal.getMessage().startsWith("managed "), refusal.getMessage());
            assertThrows(IllegalArgumentException.class, () -> ForeignTensor.release(versioned, managed));
        }
        assertThrows(NullPointerException.class, () -> ForeignTensor.importInto(arena, versioned, null));
        assertThrows(NullPointerException.class, () -> ForeignTensor.release(versioned, null));
        assertThrows(NullPointerException.class, () -> ForeignTensor.export(versioned, null));
        var foreign = new ForeignTensor(arena, versioned, arena.allocate(8, 8), DType.FLOAT32, 2);
        assertThrows(NullPointerException.class, () -> foreign.importInto(null));
        assertEquals(0, foreign.deletions());
    }
}
