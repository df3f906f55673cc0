package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Tensors over memory: shared without a copy, any shape, and bad shapes refused. */
@ExtendWith(TorchExtension.class)
final class TensorTest {

    @Test
    void segmentIsWhatLibtorchReads(Arena arena) {
        MemorySegment memory = arena.allocate(16, 4);
        Tensor x = Tensor.fromSegment(memory, DType.FLOAT32, 4);
        memory.setAtIndex(ValueLayout.JAVA_FLOAT, 2, 42);
        assertEquals(
                42.0, ((Tensor) Torch.call("aten::sum", x).getFirst()).item().doubleValue());
    }

    @Test
    void segmentIsWhatLibtorchWrites(Arena arena) {
        MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_FLOAT, -1, 2, -3);
        Tensor.fromSegment(memory, DType.FLOAT32, 3).relu_();
        assertArrayEquals(new float[] {0, 2, 0}, memory.toArray(ValueLayout.JAVA_FLOAT));
    }

    @Test
    void dataPtrIsTheSegmentsThroughEveryView(Arena arena) {
        MemorySegment memory = arena.allocate(96, 8);
        Tensor all = Tensor.fromSegment(memory, DType.INT64, 3, 4);
        Tensor row = Tensor.fromSegment(arena, memory, DType.INT64, new long[] {4}, new long[] {1}, 4);
        var selected = (Tensor) Torch.call("aten::select.int", all, 0, 1).getFirst();
        var transposed = (Tensor) Torch.call("aten::t", all).getFirst();
        assertEquals(memory.address(), all.segment().address());
        assertEquals(memory.address(), transposed.dataPtr());
        assertEquals(memory.address() + 32, row.dataPtr());
        assertEquals(memory.address() + 32, selected.dataPtr());
        assertEquals(memory.address(), all.in(arena).dataPtr());
        selected.segment().setAtIndex(ValueLayout.JAVA_LONG, 3, 7);
        assertEquals(7, memory.getAtIndex(ValueLayout.JAVA_LONG, 7));
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void fromSegmentTakesEveryDtypeAndRank(DType dtype, Arena arena) {
        for (int dim = 0; dim <= 16; dim++) {
            var sizes = new long[dim];
            Arrays.fill(sizes, 1);
            if (dim > 0) {
                sizes[dim - 1] = 3;
            }
            long numel = dim == 0 ? 1 : 3;
            Tensor x = Tensor.fromSegment(arena.allocate(numel * dtype.byteSize(), 8), dtype, sizes);
            assertEquals(dim, x.dim());
            assertEquals(numel, x.numel());
            assertArrayEquals(sizes, x.clone().sizes());
            assertEquals(numel * dtype.byteSize(), x.segment().byteSize());
        }
        Tensor empty = Tensor.fromSegment(arena.allocate(8), dtype, 2, 0, 3);
        assertEquals(0, empty.numel());
        assertEquals(0, empty.segment().byteSize());
        assertArrayEquals(new long[] {3, 3, 1}, empty.clone().strides());
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                refused(
                        "memory is MemorySegment{",
                        "on the Java heap",
                        arena -> Tensor.fromSegment(MemorySegment.ofArray(new float[4]), DType.FLOAT32, 4)),
                refused(
                        "memory has 15 bytes",
                        "reach to 16",
                        arena -> Tensor.fromSegment(arena.allocate(15, 4), DType.FLOAT32, 4)),
                refused(
                        "memory starts at address 0x",
                        "aligned to the 4 bytes",
                        arena -> Tensor.fromSegment(arena.allocate(32, 8).asSlice(2), DType.FLOAT32, 4)),
                refused(
                        "sizes[1] is -1",
                        "0 or more",
                        arena -> Tensor.fromSegment(arena.allocate(8), DType.INT8, 2, -1)),
                refused(
                        "sizes is [4611686018427387904, 2]",
                        "less than 2^63",
                        arena -> Tensor.fromSegment(arena.allocate(8), DType.INT8, 1L << 62, 2)),
                refused(
                        "sizes is [0, 4611686018427387904, 4]",
                        "less than 2^63",
                        arena -> Tensor.fromSegment(arena.allocate(8), DType.INT8, 0, 1L << 62, 4)),
                refused(
                        "sizes has 65 dimensions",
                        "at most 64",
                        arena -> Tensor.fromSegment(arena.allocate(8), DType.INT8, new long[65])),
                refused("strides[0] is -1", "0 or more", arena -> view(arena, new long[] {2}, new long[] {-1}, 1)),
                refused("strides is [1]", "as many", arena -> view(arena, new long[] {2, 2}, new long[] {1}, 0)),
                refused("storageOffset is -1", "0 or more", arena -> view(arena, new long[] {2}, new long[] {1}, -1)),
                refused("storage has 16 bytes", "reach to 20", arena -> view(arena, new long[] {2}, new long[] {3}, 1)),
                refused(
                        "strides is [9223372036854775807]",
                        "less than 2^63",
                        arena -> view(arena, new long[] {3}, new long[] {Long.MAX_VALUE}, 0)),
                refused(
                        "strides is [1]",
                        "less than 2^63",
                        arena -> view(arena, new long[] {2}, new long[] {1}, Long.MAX_VALUE)));
    }

    private static Arguments refused(String value, String rule, Function<Arena, Tensor> maker) {
        return Arguments.of(value, rule, maker);
    }

    private static Tensor view(Arena arena, long[] sizes, long[] strides, long offset) {
        return Tensor.fromSegment(arena, arena.allocate(16, 8), DType.FLOAT32, sizes, strides, offset);
    }

    @ParameterizedTest(name = "{0} … {1}")
    @MethodSource("refused")
    void fromSegmentRefusesBadShapes(String value, String rule, Function<Arena, Tensor> maker, Arena arena) {
        String message = assertThrows(IllegalArgumentException.class, () -> maker.apply(arena))
                .getMessage();
        assertTrue(message.startsWith(value) && message.contains(rule), message);
    }

    @Test
    void fromSegmentNeverWritesReadOnlyMemory(Arena arena) {
        MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_FLOAT, -1, 2);
        Tensor x = Tensor.fromSegment(memory.asReadOnly(), DType.FLOAT32, 2);
        Tensor y = Tensor.of(arena, 5f, 6f);
        assertArrayEquals(new float[] {0, 2}, x.relu().toFloatArray());
        var view = (Tensor) Torch.call("aten::view", x, new long[] {2, 1}).getFirst();
        for (Runnable write : new Runnable[] {
            x::relu_,
            () -> x.clamp_(0, null),
            () -> x.clampMin_(0),
            () -> x.clampMax_(0),
            () -> y.clamp(0, null, x),
            () -> y.clampMin(0, x),
            () -> y.clampMax(0, x),
            () -> x.copy_(y),
            () -> Torch.call("aten::relu_", x),
            view::relu_
        }) {
            String message =
                    assertThrows(IllegalArgumentException.class, write::run).getMessage();
            assertTrue(message.contains("read-only"), message);
        }
        assertThrows(IllegalArgumentException.class, () -> x.segment().fill((byte) 0));
        assertArrayEquals(new float[] {-1, 2}, memory.toArray(ValueLayout.JAVA_FLOAT));
    }

    @Test
    void factoriesNameANullArgument() {
        assertEquals(
                "dtype",
                assertThrows(NullPointerException.class, () -> Tensor.fromSegment(MemorySegment.NULL, null))
                        .getMessage());
        assertEquals(
                "values",
                assertThrows(NullPointerException.class, () -> Tensor.of((float[]) null))
                        .getMessage());
    }
}
