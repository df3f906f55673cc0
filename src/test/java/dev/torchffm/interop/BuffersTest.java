package dev.torchffm.interop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.examples.BufferSnippets;
import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Direct buffers and tensors over one memory. */
@ExtendWith(TorchExtension.class)
final class BuffersTest {

    private static final ByteOrder FOREIGN =
            ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;

    private static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }

    private static long address(Buffer buffer) {
        return MemorySegment.ofBuffer(buffer).address();
    }

    /** Any dtype's elements. */
    private static double[] numbers(Tensor tensor) {
        return Torch.empty(DType.FLOAT64, tensor.sizes()).copy_(tensor).toDoubleArray();
    }

    static Stream<Arguments> buffers() {
        return Stream.of(
                Arguments.of(DType.INT8, direct(64)),
                Arguments.of(DType.INT16, direct(64).asShortBuffer()),
                Arguments.of(DType.INT32, direct(64).asIntBuffer()),
                Arguments.of(DType.INT64, direct(64).asLongBuffer()),
                Arguments.of(DType.FLOAT32, direct(64).asFloatBuffer()),
                Arguments.of(DType.FLOAT64, direct(64).asDoubleBuffer()));
    }

    @ParameterizedTest
    @MethodSource("buffers")
    void tensorStandsOnMemoryFromPositionToLimit(DType dtype, Buffer buffer) {
        MemorySegment memory = MemorySegment.ofBuffer(buffer);
        memory.fill((byte) 0xff); // -1, or a NaN
        buffer.position(2).limit(6);
        Tensor x = Buffers.tensor(buffer, 2, 2);
        assertEquals(dtype, x.dtype());
        assertArrayEquals(new long[] {2, 2}, x.sizes());
        assertEquals(memory.address() + 2L * dtype.byteSize(), x.dataPtr());
        assertEquals(address(buffer), x.dataPtr());
        x.copy_(Tensor.of(7f));
        byte[] bytes = memory.toArray(ValueLayout.JAVA_BYTE);
        for (int i = 0; i < bytes.length; i++) {
            int element = i / dtype.byteSize();
            if (element < 2 || element >= 6) {
                assertEquals(-1, bytes[i], "byte " + i);
            }
        }
        memory.asSlice(2L * dtype.byteSize(), dtype.byteSize()).fill((byte) 0);
        assertArrayEquals(new double[] {0, 7, 7, 7}, numbers(x));
        assertEquals(2, buffer.position());
        assertEquals(6, buffer.limit());
        String message = assertThrows(IllegalArgumentException.class, () -> Buffers.tensor(buffer, 5))
                .getMessage();
        assertTrue(message.contains("memory has " + 4 * dtype.byteSize() + " bytes"), message);
        assertTrue(message.contains("reach to " + 5 * dtype.byteSize()), message);
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void bufferOfBytesIsOfAnyDtypeBothWays(DType dtype) {
        ByteBuffer buffer = direct(8 * dtype.byteSize());
        Tensor x = Buffers.tensor(buffer, dtype, 8);
        x.copy_(Tensor.of(1f));
        ByteBuffer back = Buffers.buffer(x);
        assertEquals(address(buffer), address(back));
        assertEquals(buffer, back);
        assertEquals(0, back.position());
        assertEquals(8 * dtype.byteSize(), back.limit());
        assertEquals(ByteOrder.nativeOrder(), back.order());
        back.put(0, new byte[8 * dtype.byteSize()]);
        assertArrayEquals(new double[8], numbers(x));
    }

    @Test
    void tensorOfShortsIsSixteenBitsOfAnyDtype() {
        var shorts = direct(4).asShortBuffer();
        shorts.put(0, Float.floatToFloat16(-1.5f)).put(1, Float.floatToFloat16(2.5f));
        assertArrayEquals(
                new float[] {0, 2.5f},
                Buffers.tensor(shorts, DType.FLOAT16, 2).relu_().toFloatArray());
        assertEquals(0, shorts.get(0));
        Tensor one = Buffers.tensor(shorts, DType.BFLOAT16, 1).copy_(Tensor.of(1f));
        assertEquals(0x3f80, Buffers.shortBuffer(one).get(0));
    }

    @Test
    void tensorOfBytesTakesEitherOrder() {
        ByteBuffer buffer = ByteBuffer.allocateDirect(2).order(FOREIGN);
        for (DType dtype : new DType[] {DType.INT8, DType.UINT8, DType.BOOL}) {
            assertEquals(address(buffer), Buffers.tensor(buffer, dtype, 2).dataPtr());
        }
        assertEquals(FOREIGN, buffer.order());
    }

    static Stream<Arguments> refused() {
        ByteBuffer foreign = ByteBuffer.allocateDirect(16).order(FOREIGN);
        return Stream.of(
                refused("on the Java heap", ByteBuffer.allocate(16).order(ByteOrder.nativeOrder()), DType.FLOAT32),
                refused("on the Java heap", FloatBuffer.wrap(new float[4]), DType.FLOAT32),
                refused("on the Java heap", FloatBuffer.wrap(new float[4]).asReadOnlyBuffer(), DType.FLOAT32),
                refused("in " + FOREIGN + " byte order", foreign, DType.FLOAT32),
                refused("in " + FOREIGN + " byte order", foreign, DType.INT16),
                refused("in " + FOREIGN + " byte order", foreign.asShortBuffer(), DType.INT16),
                refused("in " + FOREIGN + " byte order", foreign.asIntBuffer(), DType.INT32),
                refused("in " + FOREIGN + " byte order", foreign.asLongBuffer(), DType.INT64),
                refused("in " + FOREIGN + " byte order", foreign.asFloatBuffer(), DType.FLOAT32),
                refused("in " + FOREIGN + " byte order", foreign.asDoubleBuffer(), DType.FLOAT64),
                refused("no dtype is a character", direct(16).asCharBuffer(), DType.INT16),
                refused("aligned there to the 4 bytes of a FLOAT32", direct(16).position(1), DType.FLOAT32),
                refused("whose elements are FLOAT32", direct(16).asFloatBuffer(), DType.INT32),
                refused("whose elements are INT16", direct(16).asShortBuffer(), DType.INT32));
    }

    private static Arguments refused(String rule, Buffer buffer, DType dtype) {
        return Arguments.of(rule, buffer, dtype);
    }

    @ParameterizedTest(name = "{0}: {1} as {2}")
    @MethodSource("refused")
    void tensorRefusesWhatCannotBeShared(String rule, Buffer buffer, DType dtype) {
        String message = assertThrows(IllegalArgumentException.class, () -> Buffers.tensor(buffer, dtype, 1))
                .getMessage();
        assertTrue(message.contains("buffer is ") && message.contains(rule), message);
    }

    @Test
    void nullsAreNamed() {
        Buffer none = null;
        Tensor noTensor = null;
        DType noDtype = null;
        assertEquals("buffer", message(() -> Buffers.tensor(none, 1)));
        assertEquals("dtype", message(() -> Buffers.tensor(direct(4), noDtype, 1)));
        assertEquals("tensor", message(() -> Buffers.buffer(noTensor)));
        assertEquals("tensor", message(() -> Buffers.floatBuffer(noTensor)));
    }

    private static String message(Supplier<Object> call) {
        return assertThrows(NullPointerException.class, call::get).getMessage();
    }

    @Test
    void tensorTakesEmptyBuffersAndScalars() {
        Tensor empty = Buffers.tensor(direct(16).position(16), 0);
        assertEquals(0, empty.numel());
        assertEquals(0, Buffers.buffer(empty).capacity());
        Tensor scalar = Buffers.tensor(direct(4).asFloatBuffer().put(0, 5f));
        assertEquals(5f, scalar.item());
        assertEquals(5f, Buffers.floatBuffer(scalar).get());
    }

    @Test
    void readOnlyStaysReadOnlyBothWays(Arena arena) {
        FloatBuffer buffer = direct(8).asFloatBuffer().put(0, -1f).put(1, 2f);
        Tensor x = Buffers.tensor(buffer.asReadOnlyBuffer(), 2);
        assertArrayEquals(new float[] {0, 2}, x.relu().toFloatArray());
        String message = assertThrows(IllegalArgumentException.class, x::relu_).getMessage();
        assertTrue(message.contains("read-only"), message);
        assertEquals(-1f, buffer.get(0));
        assertTrue(Buffers.buffer(x).isReadOnly());
        assertTrue(Buffers.floatBuffer(x).isReadOnly());
        assertFalse(Buffers.buffer(Tensor.of(arena, 1f)).isReadOnly());
    }

    static Stream<Arguments> typed() {
        return Stream.of(
                Arguments.of(DType.FLOAT32, (Function<Tensor, Buffer>) Buffers::floatBuffer),
                Arguments.of(DType.FLOAT64, (Function<Tensor, Buffer>) Buffers::doubleBuffer),
                Arguments.of(DType.INT32, (Function<Tensor, Buffer>) Buffers::intBuffer),
                Arguments.of(DType.INT64, (Function<Tensor, Buffer>) Buffers::longBuffer),
                Arguments.of(DType.INT16, (Function<Tensor, Buffer>) Buffers::shortBuffer));
    }

    @ParameterizedTest
    @MethodSource("typed")
    void typedBuffersStandOnTheTensorsMemory(DType dtype, Function<Tensor, Buffer> maker, Arena arena) {
        Tensor matrix = Torch.full(arena, dtype, new long[] {3, 2}, 9);
        var row = (Tensor) Torch.call("aten::select.int", matrix, 0, 1).getFirst();
        Buffer buffer = maker.apply(row);
        assertTrue(buffer.isDirect());
        assertEquals(2, buffer.remaining());
        assertEquals(matrix.dataPtr() + 2L * dtype.byteSize(), address(buffer));
        assertEquals(row.dataPtr(), Buffers.tensor(buffer, 2).dataPtr());
        MemorySegment.ofBuffer(buffer).fill((byte) 0);
        assertArrayEquals(new double[] {9, 9, 0, 0, 9, 9}, numbers(matrix));
        Tensor other = Tensor.of(arena, true);
        String message = assertThrows(IllegalArgumentException.class, () -> maker.apply(other))
                .getMessage();
        assertTrue(message.startsWith("tensor is of BOOL, and must be of one of [" + dtype), message);
    }

    @Test
    void bufferRefusesGapsAndAnotherOrder(Arena arena) {
        var transposed =
                (Tensor) Torch.call("aten::t", Torch.zeros(arena, 2, 3)).getFirst();
        String message = assertThrows(IllegalArgumentException.class, () -> Buffers.buffer(transposed))
                .getMessage();
        assertTrue(message.contains("strides [1, 3], and must be contiguous"), message);
    }

    // ---- lifetime ----

    /** A tensor over a buffer that nothing else holds. */
    private record Orphan(Tensor tensor, WeakReference<ByteBuffer> buffer) {
        static Orphan make() {
            ByteBuffer buffer = direct(4 << 20);
            buffer.asFloatBuffer().put(0, 42f);
            return new Orphan(Buffers.tensor(buffer, DType.FLOAT32, 1 << 20), new WeakReference<>(buffer));
        }
    }

    @Test
    void tensorOutlivesItsBuffer() {
        WeakReference<ByteBuffer> buffer = dropped();
        for (int i = 0; buffer.get() != null && i < 100; i++) {
            System.gc();
        }
        assertNull(buffer.get(), "the tensor is gone, and its buffer is not collected");
    }

    private static WeakReference<ByteBuffer> dropped() {
        Orphan orphan = Orphan.make();
        for (int i = 0; i < 3; i++) {
            System.gc();
            direct(4 << 20).asFloatBuffer().put(0, -1f); // takes the memory if it is free
        }
        assertNotNull(orphan.buffer().get(), "the tensor does not keep its buffer");
        assertEquals(42f, orphan.tensor().relu_().segment().get(ValueLayout.JAVA_FLOAT, 0));
        Reference.reachabilityFence(orphan);
        return orphan.buffer();
    }

    @Test
    void bufferOutlivesItsTensor() {
        FloatBuffer fromLibtorch =
                Buffers.floatBuffer(Torch.full(new long[] {1 << 18}, 42f).clamp(0, null));
        var values = new float[1 << 18];
        Arrays.fill(values, 42);
        FloatBuffer fromJava = Buffers.floatBuffer(Tensor.of(values));
        for (int i = 0; i < 3; i++) {
            System.gc();
            for (int j = 0; j < 20; j++) {
                Torch.full(new long[] {1 << 18}, -1f).clamp(-2, null); // takes the memory if it is free
                Tensor.of(new float[1 << 18]);
            }
        }
        for (int i = 0; i < 1 << 18; i++) {
            assertEquals(42f, fromLibtorch.get(i));
            assertEquals(42f, fromJava.get(i));
        }
    }

    @Test
    void bufferThrowsAfterItsArenaIsClosed() {
        ByteBuffer buffer;
        FloatBuffer result;
        try (Arena arena = Arena.ofConfined()) {
            Tensor x = Tensor.of(arena, 1f, 2f);
            buffer = Buffers.buffer(x);
            result = Buffers.floatBuffer(x.relu());
            assertEquals(1f, result.get(0));
            var failure = assertThrows(CompletionException.class, () -> CompletableFuture.runAsync(() -> buffer.get(0))
                    .join());
            assertInstanceOf(WrongThreadException.class, failure.getCause());
        }
        assertThrows(IllegalStateException.class, () -> buffer.get(0));
        assertThrows(IllegalStateException.class, () -> result.put(0, 1f));
        assertThrows(IllegalStateException.class, () -> Buffers.tensor(buffer, 1));
    }

    @Test
    void tensorOfASegmentsBufferDiesWithTheSegment() {
        Tensor x;
        try (Arena arena = Arena.ofConfined()) {
            x = Buffers.tensor(
                    arena.allocate(8, 4)
                            .asByteBuffer()
                            .order(ByteOrder.nativeOrder())
                            .asFloatBuffer(),
                    2);
            assertEquals(0f, x.toFloatArray()[1]);
        }
        assertThrows(IllegalStateException.class, x::relu_);
        assertThrows(IllegalStateException.class, () -> Buffers.buffer(x));
    }

    // ---- mapped files ----

    private static final long FILE_BYTES = 5L << 29; // 2.5 GiB
    private static final long FAR = 9L << 28; // 2.25 GiB

    private static FileChannel open(Path file) throws Exception {
        return FileChannel.open(
                file,
                StandardOpenOption.CREATE,
                StandardOpenOption.SPARSE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE);
    }

    private static float[] read(FileChannel channel, long position, int count) throws Exception {
        ByteBuffer bytes = direct(count * Float.BYTES);
        while (bytes.hasRemaining() && channel.read(bytes, position + bytes.position()) > 0) {
            // until it is full
        }
        assertEquals(0, bytes.remaining());
        var floats = new float[count];
        bytes.flip().asFloatBuffer().get(floats);
        return floats;
    }

    @Test
    void fromSegmentTakesAFileBeyondTwoGibibytes(@TempDir Path folder, Arena arena) throws Exception {
        try (FileChannel channel = open(folder.resolve("sparse"))) {
            MemorySegment mapped = channel.map(MapMode.READ_WRITE, 0, FILE_BYTES, arena);
            long offset = FAR / Float.BYTES;
            MemorySegment.copy(
                    new float[] {-1, -2, 3, -4, 5, -6}, 0, mapped, ValueLayout.JAVA_FLOAT, FAR - Float.BYTES, 6);

            Tensor far = Tensor.fromSegment(arena, mapped, DType.FLOAT32, new long[] {2, 2}, new long[] {2, 1}, offset);
            assertEquals(mapped.address() + FAR, far.dataPtr());
            far.clamp_(0, null);
            mapped.asSlice(FAR - Float.BYTES, 24).force();
            assertArrayEquals(new float[] {-1, 0, 3, 0, 5, -6}, read(channel, FAR - Float.BYTES, 6));

            Tensor slice = Tensor.fromSegment(mapped.asSlice(FAR), DType.FLOAT32, 4);
            assertEquals(far.dataPtr(), slice.dataPtr());
            slice.clamp_(null, 3);
            assertArrayEquals(new float[] {0, 3, 0, 3}, far.toFloatArray());

            mapped.set(ValueLayout.JAVA_FLOAT, 0, -7);
            Tensor ends = Tensor.fromSegment(arena, mapped, DType.FLOAT32, new long[] {2}, new long[] {offset + 4}, 0);
            assertArrayEquals(new float[] {-7, -6}, ends.toFloatArray());
            ends.clamp_(-6.5, null);
            assertEquals(-6.5f, read(channel, 0, 1)[0]);

            FloatBuffer buffer = Buffers.floatBuffer(far);
            assertEquals(mapped.address() + FAR, address(buffer));
            buffer.put(3, 8f);
            assertEquals(8f, read(channel, FAR + 12, 1)[0]);
            Tensor whole = Tensor.fromSegment(mapped, DType.FLOAT32, FILE_BYTES / Float.BYTES);
            String message = assertThrows(IllegalArgumentException.class, () -> Buffers.buffer(whole))
                    .getMessage();
            assertTrue(message.startsWith("tensor has 2684354560 bytes, and a buffer has at most 2147483639"), message);
            assertEquals(FILE_BYTES, channel.size());
        }
    }

    @Test
    void bufferOfTheLargestSizeIsShared(@TempDir Path folder, Arena arena) throws Exception {
        try (FileChannel channel = open(folder.resolve("sparse"))) {
            MemorySegment mapped = channel.map(MapMode.READ_WRITE, 0, 1L << 31, arena);
            int most = Integer.MAX_VALUE - 8;
            Tensor tooLarge = Tensor.fromSegment(mapped, DType.UINT8, most + 1);
            assertThrows(IllegalArgumentException.class, () -> Buffers.buffer(tooLarge));
            ByteBuffer largest = Buffers.buffer(Tensor.fromSegment(mapped, DType.UINT8, most));
            assertEquals(most, largest.capacity());
            largest.put(most - 1, (byte) 3);
            assertEquals(3, mapped.get(ValueLayout.JAVA_BYTE, most - 1));
            assertEquals(mapped.address(), Buffers.tensor(largest, most).dataPtr());
        }
    }

    @Test
    void tensorTakesAMappedByteBuffer(@TempDir Path folder) throws Exception {
        try (FileChannel channel = open(folder.resolve("mapped"))) {
            ByteBuffer mapped = channel.map(MapMode.READ_WRITE, 4096, 16).order(ByteOrder.nativeOrder());
            mapped.asFloatBuffer().put(new float[] {-1, 2, -3, 4});
            Tensor x = Buffers.tensor(mapped.position(4), DType.FLOAT32, 3);
            assertEquals(address(mapped), x.relu_().dataPtr());
            assertArrayEquals(new float[] {-1, 2, 0, 4}, read(channel, 4096, 4));
        }
    }

    @Test
    void snippetsHold() {
        var floats = new float[6];
        BufferSnippets.tensor().get(floats);
        assertArrayEquals(new float[] {1, 0, 3, 0, 5, 0}, floats);
        assertEquals(42f, BufferSnippets.buffer());
    }
}
