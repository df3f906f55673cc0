package dev.torchffm.interop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.apache.arrow.c.ArrowArray;
import org.apache.arrow.c.ArrowSchema;
import org.apache.arrow.memory.AllocationListener;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;

/** Tensors through the C Data Interface, against Arrow's own exporter and against structures written by hand. */
@ExtendWith(TorchExtension.class)
final class ArrowCDataTest {

    /** How often memory of so many bytes is given back. */
    private static final class Releases implements AllocationListener {
        private final long bytes;
        int count;

        Releases(long bytes) {
            this.bytes = bytes;
        }

        @Override
        public void onRelease(long size) {
            count += size == bytes ? 1 : 0;
        }
    }

    /** 28 bytes are seven floats, and no size of Arrow's own allocations, which are powers of two. */
    private final Releases exported = new Releases(28);

    private final Releases imported = new Releases(28);
    private final BufferAllocator producer = new RootAllocator(exported, Long.MAX_VALUE);
    private final BufferAllocator consumer = new RootAllocator(imported, Long.MAX_VALUE);

    @AfterEach
    void nothingLeaks() {
        producer.close();
        consumer.close();
    }

    // ---- there and back ----

    @Test
    void exportToIsImportedAndReleasedOnce() {
        Tensor x = Tensor.of(-1f, 2f, -3f, 4f, -5f, 6f, -7f);
        try (Arena arena = Arena.ofConfined()) {
            ArrowArray array = ArrowArray.allocateNew(producer);
            ArrowSchema schema = ArrowSchema.allocateNew(producer);
            ArrowCData.exportTo(x, producer, array, schema);
            assertEquals(0, exported.count);
            Tensor y = ArrowCData.importWritableFrom(array, schema, consumer, arena);
            assertEquals(x.dataPtr(), y.dataPtr());
            assertEquals(DType.FLOAT32, y.dtype());
            assertArrayEquals(new long[] {7}, y.sizes());
            y.relu_();
            x.segment().setAtIndex(ValueLayout.JAVA_FLOAT, 0, 9);
            assertArrayEquals(new float[] {9, 2, 0, 4, 0, 6, 0}, y.toFloatArray());
            assertEquals(0, exported.count + imported.count);
        }
        assertEquals(1, exported.count);
        assertEquals(1, imported.count);
        assertArrayEquals(new float[] {9, 2, 0, 4, 0, 6, 0}, x.toFloatArray());
    }

    @Test
    void importFromIsReadOnlyAndShowsItsOwnersWrites() {
        Tensor x = Tensor.of(-1f, 2f, -3f);
        try (Arena arena = Arena.ofConfined();
                ArrowArray array = ArrowArray.allocateNew(producer);
                ArrowSchema schema = ArrowSchema.allocateNew(producer)) {
            ArrowCData.exportTo(x, producer, array, schema);
            Tensor y = ArrowCData.importFrom(array, schema, consumer, arena);
            assertEquals(x.dataPtr(), y.dataPtr());
            assertTrue(y.segment().isReadOnly());
            String message = Objects.requireNonNull(assertThrows(IllegalArgumentException.class, () -> y.clamp_(0, 1))
                    .getMessage());
            assertTrue(message.contains("stands on read-only memory"), message);
            assertThrows(IllegalArgumentException.class, () -> Torch.call("aten::relu_", y));
            assertArrayEquals(new float[] {-1, 2, -3}, x.toFloatArray());
            assertArrayEquals(new float[] {0, 1, 0}, y.clamp(0, 1).toFloatArray());
            x.relu_();
            assertArrayEquals(new float[] {0, 2, 0}, y.toFloatArray());
        }
    }

    /** A mapping of a file that is read-only to the process too, so that a write which is not refused ends it. */
    @Test
    void importFromNeverWritesAReadOnlyFile(@TempDir Path folder) throws Exception {
        Path file = Files.write(folder.resolve("floats"), new byte[64]);
        try (Arena memory = Arena.ofConfined();
                FileChannel channel = FileChannel.open(file)) {
            MemorySegment mapped = channel.map(MapMode.READ_ONLY, 0, 64, memory);
            var foreign = new Foreign(memory, "f", 16, MemorySegment.NULL, mapped);
            try (Arena arena = Arena.ofConfined()) {
                Tensor x = foreign.importFrom(consumer, arena);
                assertThrows(IllegalArgumentException.class, () -> x.clamp_(1, 2));
                assertEquals(1f, x.clamp(1, 2).toFloatArray()[15]);
            }
            foreign.assertReleasedOnce();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            mode = Mode.EXCLUDE,
            names = {"BOOL", "BFLOAT16"})
    void exportToAndImportFromTakeEveryDtype(DType dtype) {
        Tensor x = Torch.empty(Arena.ofAuto(), dtype, 3).copy_(Tensor.of(1, 2, 3));
        try (Arena arena = Arena.ofConfined();
                ArrowArray array = ArrowArray.allocateNew(producer);
                ArrowSchema schema = ArrowSchema.allocateNew(producer)) {
            ArrowCData.exportTo(x, producer, array, schema);
            Tensor y = ArrowCData.importFrom(array, schema, consumer, arena);
            assertEquals(x.dataPtr(), y.dataPtr());
            assertEquals(dtype, y.dtype());
            assertTrue(Tensor.equal(x, y));
        }
    }

    @Test
    void exportToIsReleasedWhereNobodyImports() {
        try (ArrowArray array = ArrowArray.allocateNew(producer);
                ArrowSchema schema = ArrowSchema.allocateNew(producer)) {
            ArrowCData.exportTo(Tensor.of(-1f, 2f, -3f, 4f, -5f, 6f, -7f), producer, array, schema);
            array.release();
            array.release();
            schema.release();
            assertEquals(1, exported.count);
        }
    }

    @Test
    void exportToKeepsTheTensorsMemory() throws InterruptedException {
        var memory = new Collected();
        try (ArrowArray array = ArrowArray.allocateNew(producer);
                ArrowSchema schema = ArrowSchema.allocateNew(producer)) {
            ArrowCData.exportTo(
                    Tensor.fromSegment(memory.allocate(12), DType.INT32, 3).copy_(Tensor.of(1, 2, 3)),
                    producer,
                    array,
                    schema);
            assertFalse(memory.isFreedWithin(100));
            try (Arena arena = Arena.ofConfined()) {
                Tensor y = ArrowCData.importFrom(array, schema, consumer, arena);
                assertFalse(memory.isFreedWithin(100));
                assertArrayEquals(new int[] {1, 2, 3}, y.toIntArray());
            }
            assertTrue(memory.isFreedWithin(10_000));
        }
    }

    @Test
    void exportToLeavesNothingOfARefusedTensor(Arena arena) {
        try (ArrowArray array = ArrowArray.allocateNew(producer);
                ArrowSchema schema = ArrowSchema.allocateNew(producer)) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> ArrowCData.exportTo(Tensor.of(arena, 1f), producer, array, schema));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> ArrowCData.exportTo(Tensor.of(1f).requiresGrad_(true), producer, array, schema));
            assertEquals(0, array.snapshot().release);
            assertThrows(
                    IllegalStateException.class, () -> ArrowCData.importFrom(array, schema, consumer, Arena.ofAuto()));
        }
    }

    @Test
    void importFromTakesAnArrayOnce() {
        try (ArrowArray array = ArrowArray.allocateNew(producer);
                ArrowSchema schema = ArrowSchema.allocateNew(producer);
                ArrowSchema again = ArrowSchema.allocateNew(producer)) {
            ArrowCData.exportTo(Tensor.of(1f, 2f), producer, array, schema);
            try (Arena arena = Arena.ofConfined()) {
                ArrowCData.importFrom(array, schema, consumer, arena);
                assertThrows(IllegalStateException.class, () -> ArrowCData.importFrom(array, again, consumer, arena));
                assertThrows(IllegalStateException.class, () -> ArrowCData.importFrom(array, schema, consumer, arena));
            }
        }
    }

    // ---- structures by hand, as a producer in C writes them ----

    /** An array and its schema, and how often each was released. */
    private static final class Foreign {
        final MemorySegment array;
        final MemorySegment schema;
        int arrayReleases;
        int schemaReleases;

        Foreign(Arena arena, String format, long length, MemorySegment bitmap, MemorySegment values) throws Exception {
            schema = arena.allocate(72, 8);
            schema.set(ValueLayout.ADDRESS, 0, arena.allocateFrom(format));
            schema.set(ValueLayout.ADDRESS, 8, arena.allocateFrom("prices"));
            schema.set(ValueLayout.JAVA_LONG, 24, 2); // nullable
            schema.set(ValueLayout.ADDRESS, 56, upcall(arena, "releaseSchema"));
            array = arena.allocate(80, 8);
            array.set(ValueLayout.JAVA_LONG, 0, length);
            array.set(ValueLayout.JAVA_LONG, 24, 2); // buffers
            array.set(
                    ValueLayout.ADDRESS,
                    40,
                    arena.allocateFrom(ValueLayout.JAVA_LONG, bitmap.address(), values.address()));
            array.set(ValueLayout.ADDRESS, 64, upcall(arena, "releaseArray"));
        }

        private MemorySegment upcall(Arena arena, String method) throws Exception {
            var type = MethodType.methodType(void.class, MemorySegment.class);
            return Linker.nativeLinker()
                    .upcallStub(
                            MethodHandles.lookup().bind(this, method, type),
                            FunctionDescriptor.ofVoid(ValueLayout.ADDRESS),
                            arena);
        }

        void releaseSchema(MemorySegment schema) {
            schemaReleases++;
            schema.reinterpret(72).set(ValueLayout.JAVA_LONG, 56, 0);
        }

        void releaseArray(MemorySegment array) {
            arrayReleases++;
            array.reinterpret(80).set(ValueLayout.JAVA_LONG, 64, 0);
        }

        Tensor importFrom(BufferAllocator allocator, Arena arena) {
            return ArrowCData.importFrom(
                    ArrowArray.wrap(array.address()), ArrowSchema.wrap(schema.address()), allocator, arena);
        }

        Tensor importWritableFrom(BufferAllocator allocator, Arena arena) {
            return ArrowCData.importWritableFrom(
                    ArrowArray.wrap(array.address()), ArrowSchema.wrap(schema.address()), allocator, arena);
        }

        void assertReleasedOnce() {
            assertEquals(1, arrayReleases);
            assertEquals(1, schemaReleases);
        }
    }

    private void assertRefused(Foreign foreign, Class<? extends RuntimeException> type, String text) {
        try (Arena arena = Arena.ofConfined()) {
            String message = Objects.requireNonNull(assertThrows(type, () -> foreign.importFrom(consumer, arena))
                    .getMessage());
            assertTrue(message.contains(text), message);
            foreign.assertReleasedOnce();
        }
        foreign.assertReleasedOnce();
    }

    @Test
    void importFromReleasesWhenTheArenaCloses() throws Exception {
        try (Arena memory = Arena.ofConfined()) {
            MemorySegment values = memory.allocateFrom(ValueLayout.JAVA_DOUBLE, -1, 2, -3);
            for (MemorySegment bitmap :
                    new MemorySegment[] {MemorySegment.NULL, memory.allocateFrom(ValueLayout.JAVA_BYTE, (byte) 7)}) {
                var foreign = new Foreign(memory, "g", 3, bitmap, values);
                try (Arena arena = Arena.ofConfined()) {
                    Tensor x = foreign.importWritableFrom(consumer, arena);
                    assertEquals(values.address(), x.dataPtr());
                    assertEquals(DType.FLOAT64, x.dtype());
                    x.relu_();
                    assertEquals(1, foreign.schemaReleases);
                    assertEquals(0, foreign.arrayReleases);
                }
                foreign.assertReleasedOnce();
            }
            assertArrayEquals(new double[] {0, 2, 0}, values.toArray(ValueLayout.JAVA_DOUBLE));
        }
    }

    @Test
    void importFromReleasesARefusedArrayOnce() throws Exception {
        try (Arena memory = Arena.ofConfined()) {
            MemorySegment values = memory.allocate(64, 8);
            MemorySegment none = MemorySegment.NULL;
            MemorySegment bitmap = memory.allocateFrom(ValueLayout.JAVA_BYTE, (byte) 5);
            var nulls = new Foreign(memory, "g", 3, bitmap, values);
            nulls.array.set(ValueLayout.JAVA_LONG, 8, 1);
            assertRefused(nulls, IllegalArgumentException.class, "vector \"prices\" has 1 nulls in 3 values");
            for (long[] slice : new long[][] {{-1, 3}, {Integer.MAX_VALUE, 1}, {Long.MAX_VALUE, 3}}) {
                var far = new Foreign(memory, "g", slice[1], none, values);
                far.array.set(ValueLayout.JAVA_LONG, 16, slice[0]);
                assertRefused(far, IllegalArgumentException.class, "array has an offset of " + slice[0]);
            }
            var bits = new Foreign(memory, "b", 3, none, values);
            bits.array.set(ValueLayout.JAVA_LONG, 16, 2);
            assertRefused(bits, IllegalArgumentException.class, "BitVector");
            var dictionary = new Foreign(memory, "i", 3, none, values);
            dictionary.array.set(ValueLayout.ADDRESS, 56, values);
            assertRefused(dictionary, IllegalArgumentException.class, "array has a dictionary");
            assertRefused(new Foreign(memory, "tdD", 3, none, values), IllegalArgumentException.class, "DateDayVector");
            assertRefused(new Foreign(memory, "b", 3, none, values), IllegalArgumentException.class, "BitVector");
            assertRefused(
                    new Foreign(memory, "g", 3, none, values.asSlice(4)), IllegalArgumentException.class, "aligned");
            assertRefused(new Foreign(memory, "g", 3, none, none), IllegalArgumentException.class, "cannot be null");
            assertRefused(new Foreign(memory, "no format", 3, none, values), RuntimeException.class, "no format");
            assertRefused(new Foreign(memory, "g", -1, none, values), RuntimeException.class, "");
            assertRefused(new Foreign(memory, "g", 1L << 31, none, values), RuntimeException.class, "");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 8, 13})
    void importFromTakesASlice(int offset) throws Exception {
        try (Arena memory = Arena.ofConfined()) {
            MemorySegment values = memory.allocate(20 * 8, 8);
            for (int i = 0; i < 20; i++) {
                values.setAtIndex(ValueLayout.JAVA_LONG, i, i);
            }
            // Only the four values of the slice are not null.
            MemorySegment bitmap = memory.allocate(4);
            bitmap.set(ValueLayout.JAVA_INT_UNALIGNED, 0, 0b1111 << offset);
            for (long nulls : new long[] {0, -1}) {
                for (MemorySegment valid : new MemorySegment[] {bitmap, MemorySegment.NULL}) {
                    var foreign = new Foreign(memory, "l", 4, valid, values);
                    foreign.array.set(ValueLayout.JAVA_LONG, 8, nulls);
                    foreign.array.set(ValueLayout.JAVA_LONG, 16, offset);
                    try (Arena arena = Arena.ofConfined()) {
                        Tensor x = foreign.importWritableFrom(consumer, arena);
                        assertEquals(values.address() + offset * 8L, x.dataPtr());
                        assertArrayEquals(new long[] {offset, offset + 1, offset + 2, offset + 3}, x.toLongArray());
                        assertEquals(32, x.segment().byteSize());
                        assertEquals(0, foreign.arrayReleases);
                    }
                    foreign.assertReleasedOnce();
                }
            }
        }
    }

    @Test
    void importFromRefusesNullsOfTheSliceOnly() throws Exception {
        try (Arena memory = Arena.ofConfined()) {
            MemorySegment bitmap = memory.allocate(4);
            bitmap.set(ValueLayout.JAVA_INT_UNALIGNED, 0, 0b101_1111_1110_0001);
            for (long nulls : new long[] {1, -1}) {
                var foreign = new Foreign(memory, "l", 3, bitmap, memory.allocate(20 * 8, 8));
                foreign.array.set(ValueLayout.JAVA_LONG, 8, nulls);
                foreign.array.set(ValueLayout.JAVA_LONG, 16, 12);
                assertRefused(foreign, IllegalArgumentException.class, "vector \"prices\" has 1 nulls in 3 values");
            }
        }
    }

    @Test
    void importFromTakesAnEmptySliceWithoutBuffers() throws Exception {
        try (Arena memory = Arena.ofConfined()) {
            for (long nulls : new long[] {0, -1}) {
                var foreign = new Foreign(memory, "l", 0, MemorySegment.NULL, MemorySegment.NULL);
                foreign.array.set(ValueLayout.JAVA_LONG, 8, nulls);
                foreign.array.set(ValueLayout.JAVA_LONG, 16, 7);
                try (Arena arena = Arena.ofConfined()) {
                    assertEquals(0, foreign.importFrom(consumer, arena).numel());
                }
                foreign.assertReleasedOnce();
            }
        }
    }

    @Test
    void importFromReleasesOnceForAClosedArena() throws Exception {
        try (Arena memory = Arena.ofConfined()) {
            var foreign = new Foreign(memory, "g", 3, MemorySegment.NULL, memory.allocate(64, 8));
            Arena closed = Arena.ofConfined();
            closed.close();
            assertThrows(IllegalStateException.class, () -> foreign.importFrom(consumer, closed));
            foreign.assertReleasedOnce();
        }
    }
}
