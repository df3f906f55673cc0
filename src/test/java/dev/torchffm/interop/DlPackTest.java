package dev.torchffm.interop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.ChildJvm;
import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.examples.DlPackSnippets;
import dev.torchffm.internal.DlPackExports;
import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tensors exchanged by DLPack: one memory, and every deleter called exactly once. */
@ExtendWith(TorchExtension.class)
final class DlPackTest {

    /** What an earlier test lent is given back, but the note may be on its way. */
    @BeforeEach
    void nothingIsLent() {
        awaitLent(0);
    }

    // ---- borrowed ----

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aBorrowedTensorSharesItsMemoryUntilTheArenaIsClosed(boolean versioned, Arena arena) {
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
    void stridesAndByteOffsetPlaceTheElements(boolean versioned, Arena arena) {
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
    void everyTypeIsKnown(DType dtype, Arena arena) {
        for (boolean versioned : new boolean[] {false, true}) {
            var foreign = new ForeignTensor(arena, versioned, arena.allocate(64, 8), dtype, 8);
            assertEquals(dtype, foreign.importInto(arena).dtype());
        }
    }

    @Test
    void nothingAndAScalarAreTensorsToo(Arena arena) {
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
    void readOnlyMemoryIsReadAndNeverWritten(Arena arena) {
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
    void aLaterMinorVersionAndKnownFlagsAreTaken(Arena arena) {
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
    void aTensorOf64DimensionsIsBorrowed(boolean versioned, Arena arena) {
        var ones = new long[64];
        Arrays.fill(ones, 1);
        var foreign = new ForeignTensor(arena, versioned, arena.allocate(8, 8), DType.FLOAT32, ones);
        assertArrayEquals(ones, foreign.importInto(arena).sizes());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aStructWithoutDeleterIsBorrowed(boolean versioned, Arena arena) {
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
    void anAutomaticArenaGivesBackWhatNobodyRefersTo(boolean versioned, Arena arena) {
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
    void aRefusedStructStaysTheCallers(String text, Consumer<MemorySegment> spoil, Arena arena) {
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
    void unknownFlagsAreRefused(Arena arena) {
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
    void anotherMajorVersionIsDeletedAndRefused(int major, Arena arena) {
        var foreign = new ForeignTensor(arena, true, arena.allocate(8, 8), DType.FLOAT32, 2);
        foreign.managed.set(ValueLayout.JAVA_INT, ForeignTensor.MAJOR, major);
        foreign.managed.set(ValueLayout.JAVA_INT, ForeignTensor.MINOR, -2);
        foreign.managed.asSlice(ForeignTensor.FLAGS).fill((byte) 0xFF); // nothing of this may be read
        var refusal = assertThrows(IllegalArgumentException.class, () -> foreign.importInto(arena));
        assertEquals(
                "version is " + Integer.toUnsignedString(major)
                        + ".4294967294, and must be 1.x; the deleter has been called, as DLPack demands",
                refusal.getMessage());
        assertEquals(1, foreign.deletions());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anArenaThatTakesNothingLeavesTheStructToTheCaller(boolean versioned, Arena arena) {
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
    void whatIsNoStructIsRefused(boolean versioned, Arena arena) {
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

    // ---- lent ----

    /** Waits for the note of a deleter that was called. */
    private static void awaitLent(int count) {
        ForeignTensor.await(() -> DlPackExports.count() <= count, Thread::onSpinWait);
        assertEquals(count, DlPackExports.count());
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void aLentTensorIsTheStructThatDlPackDescribes(DType dtype) {
        for (boolean versioned : new boolean[] {false, true}) {
            MemorySegment memory = Arena.ofAuto().allocate(24L * dtype.byteSize(), 8);
            Tensor x = Tensor.fromSegment(Arena.ofAuto(), memory, dtype, new long[] {2, 1, 3}, new long[] {8, 9, 2}, 1);
            MemorySegment managed = ForeignTensor.export(versioned, x);
            MemorySegment tensor = ForeignTensor.tensor(versioned, managed);
            if (versioned) {
                assertEquals(1, managed.reinterpret(80).get(ValueLayout.JAVA_INT, ForeignTensor.MAJOR));
                assertEquals(0, managed.reinterpret(80).get(ValueLayout.JAVA_LONG, ForeignTensor.FLAGS));
            }
            assertEquals(x.dataPtr(), tensor.get(ValueLayout.JAVA_LONG, ForeignTensor.DATA));
            assertEquals(1L, tensor.get(ValueLayout.JAVA_LONG, ForeignTensor.DEVICE_TYPE)); // and device_id 0
            assertEquals(3, tensor.get(ValueLayout.JAVA_INT, ForeignTensor.NDIM));
            assertEquals(ForeignTensor.code(dtype), tensor.get(ValueLayout.JAVA_BYTE, ForeignTensor.CODE));
            assertEquals(8 * dtype.byteSize(), tensor.get(ValueLayout.JAVA_BYTE, ForeignTensor.BITS));
            assertEquals(1, tensor.get(ValueLayout.JAVA_SHORT, ForeignTensor.LANES));
            assertArrayEquals(new long[] {2, 1, 3}, numbers(tensor, ForeignTensor.SHAPE));
            assertArrayEquals(new long[] {8, 1, 2}, numbers(tensor, ForeignTensor.STRIDES));
            assertEquals(0, tensor.get(ValueLayout.JAVA_LONG, ForeignTensor.BYTE_OFFSET));
            assertEquals(1, DlPackExports.count());
            ForeignTensor.delete(versioned, managed);
            awaitLent(0);
        }
    }

    private static long[] numbers(MemorySegment tensor, long field) {
        return tensor.get(ValueLayout.ADDRESS, field).reinterpret(24).toArray(ValueLayout.JAVA_LONG);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void lentAndBorrowedAgainIsOneMemory(boolean versioned) {
        Tensor x = Tensor.of(-1f, 2f, -3f);
        MemorySegment managed = ForeignTensor.export(versioned, x);
        try (Arena borrowed = Arena.ofConfined()) {
            Tensor y = ForeignTensor.importInto(borrowed, versioned, managed);
            assertEquals(x.dataPtr(), y.dataPtr());
            y.relu_();
            assertArrayEquals(new float[] {0, 2, 0}, x.toFloatArray());
            x.segment().setAtIndex(ValueLayout.JAVA_FLOAT, 1, 42);
            assertArrayEquals(new float[] {0, 42, 0}, y.toFloatArray());
            assertEquals(1, DlPackExports.count());
        }
        awaitLent(0);
        assertArrayEquals(new float[] {0, 42, 0}, x.toFloatArray());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void oneTensorIsLentToManyConsumers(boolean versioned) {
        Tensor x = Torch.ones(3);
        MemorySegment first = ForeignTensor.export(versioned, x);
        MemorySegment second = ForeignTensor.export(versioned, x);
        assertNotEquals(first, second);
        ForeignTensor.release(versioned, first);
        awaitLent(1);
        try (Arena borrowed = Arena.ofConfined()) {
            assertArrayEquals(
                    new float[] {1, 1, 1},
                    ForeignTensor.importInto(borrowed, versioned, second).toFloatArray());
        }
        awaitLent(0);
    }

    /** A tensor whose owner lets go of it, and who is told when the memory is freed. */
    private static MemorySegment lendAndForget(boolean versioned, AtomicBoolean freed) {
        Arena arena = Arena.ofAuto();
        MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1, 2, 3);
        MemorySegment.NULL.reinterpret(arena, _ -> freed.set(true));
        return ForeignTensor.export(versioned, Tensor.fromSegment(memory, DType.FLOAT32, 3));
    }

    private static void collectUntil(AtomicBoolean freed) {
        ForeignTensor.await(freed::get, System::gc);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theMemoryOutlivesItsOwner(boolean versioned) {
        var freed = new AtomicBoolean();
        MemorySegment managed = lendAndForget(versioned, freed);
        var other = new AtomicBoolean();
        MemorySegment.NULL.reinterpret(Arena.ofAuto(), _ -> other.set(true));
        collectUntil(other);
        assertFalse(freed.get());
        try (Arena borrowed = Arena.ofConfined()) {
            assertArrayEquals(
                    new float[] {1, 2, 3},
                    ForeignTensor.importInto(borrowed, versioned, managed).toFloatArray());
        }
        collectUntil(freed);
        assertEquals(0, DlPackExports.count());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theMemoryOutlivesTheArenaOfTheTensor(boolean versioned, Arena arena) {
        MemorySegment managed;
        try (Arena handles = Arena.ofConfined()) {
            MemorySegment memory = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, 1, 2, 3);
            Tensor x = Tensor.fromSegment(handles, memory, DType.FLOAT32, new long[] {3}, new long[] {1}, 0);
            managed = ForeignTensor.export(versioned, x);
        }
        Tensor y = ForeignTensor.importInto(arena, versioned, managed);
        assertArrayEquals(new float[] {1, 2, 3}, y.toFloatArray());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void libtorchsMemoryAndViewsAreLent(boolean versioned) {
        var view =
                (Tensor) Torch.call("aten::select.int", Torch.ones(2, 3), 0, 1).getFirst();
        for (Tensor x : List.of(view, view.clone())) {
            MemorySegment managed = ForeignTensor.export(versioned, x);
            try (Arena borrowed = Arena.ofConfined()) {
                Tensor y = ForeignTensor.importInto(borrowed, versioned, managed);
                assertEquals(x.dataPtr(), y.dataPtr());
                assertArrayEquals(new float[] {1, 1, 1}, y.toFloatArray());
            }
        }
        awaitLent(0);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void memoryThatCanBeClosedIsRefused(boolean versioned, Arena shared) {
        try (Arena confined = Arena.ofConfined()) {
            for (Tensor x : List.of(
                    Tensor.of(confined, 1f, 2f),
                    Tensor.of(shared, 1f, 2f),
                    Tensor.of(confined, 1f, 2f).in(Arena.ofAuto()),
                    Tensor.of(shared, 1f, 2f).clone())) {
                var refusal = assertThrows(IllegalArgumentException.class, () -> ForeignTensor.export(versioned, x));
                assertTrue(refusal.getMessage().contains("tensor.in(Arena.ofAuto()).clone()"), refusal.getMessage());
                // As the text says.
                ForeignTensor.release(
                        versioned,
                        ForeignTensor.export(versioned, x.in(Arena.ofAuto()).clone()));
            }
        }
        Tensor x = Tensor.fromSegment(Arena.global().allocate(8, 8), DType.FLOAT32, 2);
        ForeignTensor.release(versioned, ForeignTensor.export(versioned, x));
        awaitLent(0);
        Arena closed = Arena.ofConfined();
        Tensor dead = Tensor.of(closed, 1f);
        closed.close();
        assertThrows(IllegalStateException.class, () -> ForeignTensor.export(versioned, dead));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aDirectBufferIsLentAndStays(boolean versioned, Arena arena) {
        var dropped = new AtomicReference<WeakReference<ByteBuffer>>();
        MemorySegment managed = lendBuffer(versioned, dropped);
        System.gc();
        assertNotNull(dropped.get().get());
        try (Arena borrowed = Arena.ofConfined()) {
            Tensor y = ForeignTensor.importInto(borrowed, versioned, managed);
            assertArrayEquals(new float[] {1, 2, 3}, y.toFloatArray());
        }
        awaitLent(0);
        ForeignTensor.await(() -> dropped.get().get() == null, System::gc);
        MemorySegment closable = MemorySegment.ofBuffer(arena.allocate(8).asByteBuffer());
        assertThrows(
                IllegalArgumentException.class,
                () -> ForeignTensor.export(versioned, Tensor.fromSegment(closable, DType.INT8, 8)));
    }

    /** In a frame of its own, which keeps nothing when it is left. */
    private static MemorySegment lendBuffer(boolean versioned, AtomicReference<WeakReference<ByteBuffer>> dropped) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(12).order(ByteOrder.nativeOrder());
        buffer.asFloatBuffer().put(new float[] {1, 2, 3});
        dropped.set(new WeakReference<>(buffer));
        return ForeignTensor.export(versioned, Buffers.tensor(buffer.asFloatBuffer(), 3));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void gradientsDoNotTravel(boolean versioned) {
        Tensor x = Tensor.of(1f, 2f).requiresGrad_(true);
        var refusal = assertThrows(IllegalArgumentException.class, () -> ForeignTensor.export(versioned, x));
        assertTrue(refusal.getMessage().contains("tensor.detach()"), refusal.getMessage());
        var detached = x.detach();
        MemorySegment managed = ForeignTensor.export(versioned, detached);
        assertEquals(
                x.dataPtr(), ForeignTensor.tensor(versioned, managed).get(ValueLayout.JAVA_LONG, ForeignTensor.DATA));
        ForeignTensor.release(versioned, managed);
        awaitLent(0);
    }

    @Test
    void onlyTheVersionedStructTellsOfReadOnlyMemory(Arena arena) {
        MemorySegment memory = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, -1, 2);
        Tensor x = Tensor.fromSegment(memory.asReadOnly(), DType.FLOAT32, 2);
        var refusal = assertThrows(IllegalArgumentException.class, () -> DlPack.exportLegacy(x));
        assertTrue(refusal.getMessage().startsWith("the memory is read-only"), refusal.getMessage());
        assertEquals(0, DlPackExports.count());
        MemorySegment managed = DlPack.exportVersioned(x);
        assertEquals(1, managed.reinterpret(80).get(ValueLayout.JAVA_LONG, ForeignTensor.FLAGS));
        Tensor y = DlPack.importVersioned(managed, arena);
        assertThrows(IllegalArgumentException.class, y::relu_);
        assertArrayEquals(new float[] {-1, 2}, y.toFloatArray());
    }

    // ---- threads, and the end ----

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void manyThreadsLendAndGiveBack(boolean versioned) throws Exception {
        var freed = new ArrayList<AtomicBoolean>();
        try (var threads = Executors.newFixedThreadPool(4)) {
            var tasks = new ArrayList<Future<?>>();
            for (int i = 0; i < 400; i++) {
                var flag = new AtomicBoolean();
                freed.add(flag);
                MemorySegment managed = lendAndForget(versioned, flag);
                tasks.add(threads.submit(() -> ForeignTensor.delete(versioned, managed)));
                tasks.add(threads.submit(
                        () -> ForeignTensor.delete(versioned, lendAndForget(versioned, new AtomicBoolean()))));
            }
            for (Future<?> task : tasks) {
                task.get();
            }
        }
        awaitLent(0);
        freed.forEach(DlPackTest::collectUntil);
    }

    /** A consumer's thread that the JVM has never heard of: the deleter is what it runs. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "has no pthreads")
    void aThreadUnknownToTheJvmGivesBack(boolean versioned) throws Throwable {
        Linker linker = Linker.nativeLinker();
        var create = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("pthread_create"),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT,
                        ValueLayout.ADDRESS,
                        ValueLayout.ADDRESS,
                        ValueLayout.ADDRESS,
                        ValueLayout.ADDRESS));
        var join = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("pthread_join"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
        var freed = new AtomicBoolean();
        MemorySegment managed = lendAndForget(versioned, freed);
        MemorySegment deleter = ForeignTensor.deleterOf(versioned, managed);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment thread = arena.allocate(ValueLayout.ADDRESS);
            assertEquals(0, (int) create.invokeExact(thread, MemorySegment.NULL, deleter, managed));
            assertEquals(0, (int) join.invokeExact(thread.get(ValueLayout.ADDRESS, 0), MemorySegment.NULL));
        }
        awaitLent(0);
        collectUntil(freed);
    }

    /** How a process ends; its C library then calls the deleter, as a library that is unloaded does. */
    enum End {
        RETURN,
        EXIT,
        HALT,
        HOOK
    }

    @ParameterizedTest
    @EnumSource(End.class)
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "has no __cxa_atexit")
    void aDeleterIsCalledWhenTheJvmEnds(End end, @TempDir Path folder) throws Exception {
        var result = new ChildJvm(folder).run(Ending.class, end.name());
        assertEquals(new ChildJvm.Result(0, "2 lent\n"), result);
    }

    static final class Ending {
        static void main(String[] arguments) throws Throwable {
            Linker linker = Linker.nativeLinker();
            var atExit = linker.downcallHandle(
                    linker.defaultLookup().findOrThrow("__cxa_atexit"),
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
            for (boolean versioned : new boolean[] {false, true}) {
                MemorySegment managed = ForeignTensor.export(versioned, Tensor.of(1f));
                MemorySegment deleter = ForeignTensor.deleterOf(versioned, managed);
                if (arguments[0].equals("HOOK")) {
                    Runtime.getRuntime().addShutdownHook(new Thread(() -> ForeignTensor.delete(versioned, managed)));
                } else if ((int) atExit.invokeExact(deleter, managed, MemorySegment.NULL) != 0) {
                    throw new AssertionError("__cxa_atexit");
                }
            }
            System.out.println(DlPackExports.count() + " lent");
            switch (arguments[0]) {
                case "EXIT" -> System.exit(0);
                case "HALT" -> Runtime.getRuntime().halt(0);
                default -> {}
            }
        }
    }

    @Test
    void theSnippetHolds() {
        assertArrayEquals(new float[] {1, 0, 3}, DlPackSnippets.dlpack().toFloatArray());
        awaitLent(0);
    }
}
