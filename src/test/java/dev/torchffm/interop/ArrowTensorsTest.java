package dev.torchffm.interop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.ChildJvm;
import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.examples.InteropSnippets;
import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.arrow.memory.ReferenceManager;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float2Vector;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.SmallIntVector;
import org.apache.arrow.vector.TinyIntVector;
import org.apache.arrow.vector.UInt1Vector;
import org.apache.arrow.vector.UInt2Vector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;
import org.apache.arrow.vector.util.TransferPair;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Arrow's own vectors and libtorch's tensors over one memory, and no byte of Arrow's lost or freed too early. */
@ExtendWith(TorchExtension.class)
final class ArrowTensorsTest {

    private final BufferAllocator allocator = new RootAllocator();

    /** Fails where anything of Arrow's is not given back. */
    @AfterEach
    void nothingLeaks() {
        allocator.close();
    }

    private Float4Vector floats(float... values) {
        var vector = new Float4Vector("x", allocator);
        vector.allocateNew(values.length);
        for (int i = 0; i < values.length; i++) {
            vector.set(i, values[i]);
        }
        vector.setValueCount(values.length);
        return vector;
    }

    private FieldVector vector(DType dtype, int count) {
        FieldVector vector =
                switch (dtype) {
                    case FLOAT16 -> new Float2Vector("x", allocator);
                    case FLOAT32 -> new Float4Vector("x", allocator);
                    case FLOAT64 -> new Float8Vector("x", allocator);
                    case INT8 -> new TinyIntVector("x", allocator);
                    case UINT8 -> new UInt1Vector("x", allocator);
                    case INT16 -> new SmallIntVector("x", allocator);
                    case INT32 -> new IntVector("x", allocator);
                    case INT64 -> new BigIntVector("x", allocator);
                    case BOOL, BFLOAT16 -> throw new AssertionError(dtype);
                };
        vector.setInitialCapacity(count);
        vector.allocateNew();
        vector.setValueCount(count);
        return vector;
    }

    /** Every value is there; what the values are is left alone. */
    private static void fillValidity(FieldVector vector) {
        vector.getValidityBuffer().setOne(0, vector.getValidityBuffer().capacity());
    }

    private static String refused(Runnable call) {
        return Objects.requireNonNull(
                assertThrows(IllegalArgumentException.class, call::run).getMessage());
    }

    // ---- from Arrow ----

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            mode = Mode.EXCLUDE,
            names = {"BOOL", "BFLOAT16"})
    void tensorStandsOnAVectorOfEachType(DType dtype) {
        try (FieldVector vector = vector(dtype, 5);
                Arena arena = Arena.ofConfined()) {
            fillValidity(vector);
            Tensor x = ArrowTensors.tensor(vector, arena);
            assertEquals(dtype, x.dtype());
            assertArrayEquals(new long[] {5}, x.sizes());
            assertEquals(vector.getDataBufferAddress(), x.dataPtr());
            assertEquals(5L * dtype.byteSize(), x.segment().byteSize());
            x.copy_(Tensor.of(1, 2, 3, 4, 100)); // libtorch writes
            for (int i = 0; i < 5; i++) {
                Object value = vector.getObject(i);
                double number =
                        dtype == DType.FLOAT16 ? Float.float16ToFloat((short) value) : ((Number) value).doubleValue();
                assertEquals(i == 4 ? 100 : i + 1, number);
            }
            vector.getDataBuffer().setZero(0, 3L * dtype.byteSize()); // Arrow writes
            Tensor sum = (Tensor)
                    Objects.requireNonNull(Torch.call(arena, "aten::sum", x).getFirst());
            assertEquals(104, sum.item().doubleValue());
        }
    }

    @Test
    void tensorOfUnsignedBytesIsUnsigned() {
        try (var vector = (UInt1Vector) vector(DType.UINT8, 1);
                Arena arena = Arena.ofConfined()) {
            vector.set(0, 200);
            assertEquals(200, ArrowTensors.tensor(vector, arena).item());
        }
    }

    @Test
    void tensorOfASliceIsTheSameMemoryFurtherOn() {
        try (Float4Vector vector = floats(0, -1, -2, -3, -4, -5);
                Arena arena = Arena.ofConfined()) {
            TransferPair pair = vector.getTransferPair(allocator);
            pair.splitAndTransfer(3, 2);
            try (var slice = (Float4Vector) pair.getTo()) {
                Tensor x = ArrowTensors.tensor(slice, arena);
                assertEquals(vector.getDataBufferAddress() + 12, x.dataPtr());
                assertArrayEquals(new float[] {-3, -4}, x.toFloatArray());
                x.relu_();
            }
            assertEquals("[0.0, -1.0, -2.0, 0.0, 0.0, -5.0]", vector.toString());
        }
    }

    @Test
    void tensorKeepsTheMemoryOfAClosedVector() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor x;
            try (Float4Vector vector = floats(-1, 2)) {
                int references = vector.getDataBuffer().refCnt();
                x = ArrowTensors.tensor(vector, arena);
                assertEquals(references + 1, vector.getDataBuffer().refCnt());
            }
            assertTrue(allocator.getAllocatedMemory() > 0);
            assertArrayEquals(new float[] {0, 2}, x.relu_().toFloatArray());
        }
        assertEquals(0, allocator.getAllocatedMemory());
    }

    @Test
    void tensorLeavesTheVectorItsMemory() {
        try (Float4Vector vector = floats(-1, 2)) {
            int references = vector.getDataBuffer().refCnt();
            try (Arena arena = Arena.ofConfined()) {
                ArrowTensors.tensor(vector, arena).relu_();
                ArrowTensors.tensor(vector, arena); // a second reference
                assertEquals(references + 2, vector.getDataBuffer().refCnt());
            }
            assertEquals(references, vector.getDataBuffer().refCnt());
            vector.set(0, 7);
            assertEquals("[7.0, 2.0]", vector.toString());
        }
    }

    @Test
    void tensorOutlivesTheCloseOfItsAllocator() {
        var own = new RootAllocator();
        Tensor x;
        try (var vector = new IntVector("x", own)) {
            vector.allocateNew(1);
            vector.set(0, 42);
            vector.setValueCount(1);
            x = ArrowTensors.tensor(vector, Arena.ofAuto());
        }
        assertThrows(IllegalStateException.class, own::close);
        assertEquals(42, x.item());
    }

    @Test
    void tensorLivesInSharedAndConfinedArenas() {
        try (Float4Vector vector = floats(1);
                Arena confined = Arena.ofConfined()) {
            int references = vector.getDataBuffer().refCnt();
            Arena shared = Arena.ofShared();
            ArrowTensors.tensor(vector, shared);
            CompletableFuture.runAsync(shared::close).join();
            CompletableFuture.runAsync(
                            () -> assertThrows(WrongThreadException.class, () -> ArrowTensors.tensor(vector, confined)))
                    .join();
            assertThrows(IllegalStateException.class, () -> ArrowTensors.tensor(vector, shared));
            assertEquals(references, vector.getDataBuffer().refCnt());
        }
    }

    @Test
    void tensorRefusesNullsUnlessTheyAreIgnored() {
        try (Float4Vector vector = floats(1, 2, 3);
                Arena arena = Arena.ofConfined()) {
            vector.setNull(1);
            int references = vector.getDataBuffer().refCnt();
            String message = refused(() -> ArrowTensors.tensor(vector, arena));
            assertTrue(message.startsWith("vector \"x\" has 1 nulls in 3 values"), message);
            assertEquals(references, vector.getDataBuffer().refCnt());
            Tensor x = ArrowTensors.tensorIgnoringNulls(vector, arena);
            assertEquals(vector.getDataBufferAddress(), x.dataPtr());
            Tensor valid = ArrowTensors.validity(vector, arena);
            assertArrayEquals(new boolean[] {true, false, true}, valid.toBooleanArray());
            Tensor there = (Tensor) Objects.requireNonNull(
                    Torch.call(arena, "aten::masked_select", x, valid).getFirst());
            assertArrayEquals(new float[] {1, 3}, there.toFloatArray());
        }
    }

    @Test
    void tensorOfAnEmptyOrClosedVectorIsEmpty() {
        try (Arena arena = Arena.ofConfined();
                var empty = new BigIntVector("x", allocator)) {
            Tensor x = ArrowTensors.tensor(empty, arena);
            assertArrayEquals(new long[] {0}, x.relu().sizes());
            assertEquals(DType.INT64, x.dtype());
            Float4Vector closed = floats(1);
            closed.close();
            assertEquals(0, ArrowTensors.tensor(closed, arena).numel());
            assertEquals(0, ArrowTensors.validity(closed, arena).numel());
        }
    }

    @Test
    void tensorRefusesOtherVectorsByName() {
        try (Arena arena = Arena.ofConfined();
                var bits = new BitVector("b", allocator);
                var text = new VarCharVector("t", allocator);
                var unsigned = new UInt2Vector("u", allocator)) {
            for (FieldVector vector : List.of(bits, text, unsigned)) {
                String name = "vector \"" + vector.getName() + "\" is a "
                        + vector.getClass().getSimpleName() + ", ";
                assertTrue(refused(() -> ArrowTensors.tensor(vector, arena)).startsWith(name));
                assertTrue(refused(() -> ArrowTensors.tensorIgnoringNulls(vector, arena))
                        .startsWith(name));
                assertTrue(refused(() -> ArrowTensors.validity(vector, arena)).startsWith(name));
            }
        }
    }

    @Test
    void tensorRefusesFewerOrMisalignedValues() {
        try (Arena arena = Arena.ofConfined();
                ArrowBuf memory = allocator.buffer(64);
                ArrowBuf bitmap = allocator.buffer(64);
                var vector = new IntVector("x", allocator)) {
            bitmap.setOne(0, bitmap.capacity());
            vector.loadFieldBuffers(new ArrowFieldNode(100, 0), List.of(bitmap, memory));
            assertEquals(
                    "vector \"x\" has a value count of 100, and its buffers have room for 16",
                    refused(() -> ArrowTensors.tensor(vector, arena)));
            vector.loadFieldBuffers(new ArrowFieldNode(4, 0), List.of(bitmap, memory.slice(2, 16)));
            String message = refused(() -> ArrowTensors.tensor(vector, arena));
            assertTrue(message.startsWith("vector \"x\" has its values at address 0x"), message);
            assertTrue(message.endsWith("aligned to the 4 bytes of a INT32"), message);
        }
    }

    @Test
    void tensorWritesOnlyAnAllocatorsOwnMemory() {
        try (Float4Vector own = floats(-1, 2, -3);
                var lent = (Float4Vector) ArrowTensors.vector("x", Tensor.of(-1f, 2f, -3f), allocator);
                BufferAllocator child = allocator.newChildAllocator("child", 0, Long.MAX_VALUE);
                Arena arena = Arena.ofConfined()) {
            for (Float4Vector vector : List.of(own, lent)) {
                TransferPair slice = vector.getTransferPair(child);
                slice.splitAndTransfer(1, 2);
                try (var part = (Float4Vector) slice.getTo()) {
                    Tensor x = ArrowTensors.tensor(part, arena);
                    assertEquals(vector == lent, x.segment().isReadOnly());
                    assertEquals(vector.getDataBufferAddress() + 4, x.dataPtr());
                    assertFalse(
                            ArrowTensors.writableTensor(part, arena).segment().isReadOnly());
                }
            }
            lent.setSafe(100, 5); // moves to memory of the allocator's
            lent.setValueCount(2);
            assertArrayEquals(
                    new float[] {0, 2}, ArrowTensors.tensor(lent, arena).relu_().toFloatArray());
            ArrowBuf buffer = own.getDataBuffer();
            try (var unmanaged = new Float4Vector("x", allocator)) {
                var alias = new ArrowBuf(ReferenceManager.NO_OP, null, 12, buffer.memoryAddress());
                unmanaged.loadFieldBuffers(new ArrowFieldNode(3, 0), List.of(allocator.getEmpty(), alias));
                assertTrue(ArrowTensors.tensor(unmanaged, arena).segment().isReadOnly());
            }
        }
    }

    // ---- to Arrow ----

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            mode = Mode.EXCLUDE,
            names = {"BOOL", "BFLOAT16"})
    void vectorStandsOnATensorOfEachDtype(DType dtype) {
        Tensor x = Torch.empty(Arena.ofAuto(), dtype, 11).copy_(Torch.arange(11));
        try (FieldVector vector = ArrowTensors.vector("numbers", x, allocator)) {
            assertEquals("numbers", vector.getName());
            assertEquals(x.dataPtr(), vector.getDataBufferAddress());
            try (FieldVector other = vector(dtype, 1)) {
                assertEquals(other.getClass(), vector.getClass());
            }
            assertEquals(11, vector.getValueCount());
            assertEquals(0, vector.getNullCount());
            assertTrue(allocator.getAllocatedMemory() >= 11L * dtype.byteSize());
            vector.getDataBuffer().setZero(0, 10L * dtype.byteSize()); // Arrow writes
            assertEquals(
                    10, ((Tensor) Torch.call("aten::sum", x).getFirst()).item().doubleValue());
            x.copy_(Tensor.of(3)); // libtorch writes
            Object value = vector.getObject(10);
            assertEquals(
                    3, dtype == DType.FLOAT16 ? Float.float16ToFloat((short) value) : ((Number) value).doubleValue());
        }
        assertEquals(0, allocator.getAllocatedMemory());
        x.relu_(); // still there
    }

    @Test
    void vectorAndBackIsTheSameMemory() {
        Tensor x = Tensor.of(1f, -2f);
        try (FieldVector vector = ArrowTensors.vector("x", x, allocator);
                Arena arena = Arena.ofConfined()) {
            Tensor y = ArrowTensors.tensor(vector, arena);
            assertEquals(x.dataPtr(), y.dataPtr());
            assertThrows(IllegalArgumentException.class, y::relu_);
            assertThrows(IllegalArgumentException.class, ArrowTensors.tensorIgnoringNulls(vector, arena)::relu_);
            assertEquals(
                    y.dataPtr(),
                    ArrowTensors.writableTensor(vector, arena).relu_().dataPtr());
        }
        assertArrayEquals(new float[] {1, 0}, x.toFloatArray());
    }

    @Test
    void vectorThatGrowsLeavesTheTensorAsItIs() {
        Tensor x = Tensor.of(1f, 2f);
        try (var vector = (Float4Vector) ArrowTensors.vector("x", x, allocator)) {
            vector.setSafe(100, 5);
            assertNotEquals(x.dataPtr(), vector.getDataBufferAddress());
            vector.set(0, 9);
            assertEquals(2, vector.get(1));
        }
        assertArrayEquals(new float[] {1, 2}, x.toFloatArray());
    }

    @Test
    void vectorKeepsTheMemoryOfATensorThatIsGone() throws InterruptedException {
        var memory = new Collected();
        try (var vector = (Float4Vector) ArrowTensors.vector(
                "x", Tensor.fromSegment(memory.allocate(8), DType.FLOAT32, 2).copy_(Tensor.of(1f, 2f)), allocator)) {
            assertFalse(memory.isFreedWithin(100));
            assertEquals("[1.0, 2.0]", vector.toString());
            try (BufferAllocator child = allocator.newChildAllocator("child", 0, Long.MAX_VALUE)) {
                TransferPair pair = vector.getTransferPair(child);
                pair.transfer();
                try (var moved = (Float4Vector) pair.getTo()) {
                    assertFalse(memory.isFreedWithin(100));
                    assertEquals("[1.0, 2.0]", moved.toString());
                }
            }
            assertTrue(memory.isFreedWithin(10_000));
        }
    }

    @Test
    void vectorOfNoElementsIsEmpty() {
        for (Tensor x : List.of(Torch.zeros(0), Tensor.of(new float[0]))) {
            try (FieldVector vector = ArrowTensors.vector("x", x, allocator)) {
                assertEquals(0, vector.getValueCount());
            }
        }
    }

    @Test
    void vectorRefusesTensorsThatItCannotHold(Arena arena) {
        assertTrue(refused(() -> ArrowTensors.vector("x", Torch.zeros(2, 3), allocator))
                .startsWith("tensor has sizes [2, 3], and a vector has one dimension"));
        assertTrue(refused(() -> ArrowTensors.vector("x", Torch.zeros(), allocator))
                .startsWith("tensor has sizes [], "));
        assertTrue(refused(() -> ArrowTensors.vector("x", Tensor.of(true), allocator))
                .startsWith("tensor is BOOL"));
        assertTrue(refused(() -> ArrowTensors.vector("x", Torch.zeros(DType.BFLOAT16, 2), allocator))
                .startsWith("tensor is BFLOAT16"));
        assertTrue(refused(() -> ArrowTensors.vector("x", Tensor.of(arena, 1f), allocator))
                .contains("arena can be closed"));
        assertTrue(refused(() -> ArrowTensors.vector("x", Tensor.of(1f).requiresGrad_(true), allocator))
                .startsWith("tensor requires gradients, and Arrow records none"));
        // Nobody reads or writes it.
        MemorySegment vast = MemorySegment.ofAddress(64).reinterpret(1L << 31);
        assertEquals(
                "tensor has 2147483648 elements, and a vector has at most 2147483647",
                refused(() -> ArrowTensors.vector("x", Tensor.fromSegment(vast, DType.INT8, 1L << 31), allocator)));
        assertThrows(NullPointerException.class, () -> ArrowTensors.vector(null, Tensor.of(1f), allocator));
    }

    @Test
    void vectorKeepsToTheAllocatorsLimit() {
        Tensor x = Torch.zeros(1000);
        try (BufferAllocator small = allocator.newChildAllocator("small", 0, 3999)) {
            assertThrows(OutOfMemoryException.class, () -> ArrowTensors.vector("x", x, small));
            assertEquals(0, small.getAllocatedMemory());
            small.setLimit(4000); // room for the values, none for the bitmap
            assertThrows(OutOfMemoryException.class, () -> ArrowTensors.vector("x", x, small));
            assertEquals(0, small.getAllocatedMemory());
        }
    }

    @Test
    void hintsOfRefusalsWork(Arena arena) {
        Tensor matrix = Tensor.fromSegment(arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1, 2, 3, 4), DType.FLOAT32, 2, 2);
        Tensor own = matrix.in(Arena.ofAuto()).clone();
        var flat = (Tensor) Objects.requireNonNull(
                Torch.call("aten::view", own, new long[] {-1}).getFirst());
        try (FieldVector vector = ArrowTensors.vector("x", flat, allocator)) {
            assertEquals("[1.0, 2.0, 3.0, 4.0]", vector.toString());
        }
    }

    @Test
    void snippetsHold() {
        try (Float4Vector prices = floats(-1, 2)) {
            InteropSnippets.fromArrow(prices);
            assertEquals("[0.0, 2.0]", prices.toString());
        }
        assertEquals("[0.0, 2.0]", InteropSnippets.toArrow(allocator));
    }

    /** Takes a vector as a tensor and a tensor as a vector. */
    static final class WithoutCData {
        static void main() {
            try (var allocator = new RootAllocator();
                    FieldVector vector = ArrowTensors.vector("x", Tensor.of(1f, -2f), allocator);
                    Arena arena = Arena.ofConfined()) {
                System.out.println(ArrowTensors.tensor(vector, arena).relu());
            }
        }
    }

    @Test
    void vectorsNeedNoCDataInterface(@TempDir Path folder) throws Exception {
        ChildJvm.Result result = new ChildJvm(folder)
                .withoutJars("arrow-c-data")
                .option("--sun-misc-unsafe-memory-access=allow")
                .run(WithoutCData.class);
        assertEquals(0, result.exitCode(), result.output());
        assertTrue(result.output().endsWith("tensor([1., 0.])\n"), result.output());
    }
}
