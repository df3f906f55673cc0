package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.optim.SGD;
import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Two tensors over overlapping slices of one segment: what libtorch refuses for views of one tensor is refused. */
@ExtendWith(TorchExtension.class)
final class OverlapTest {

    /** Writes the first tensor from the second. */
    private static final List<BiConsumer<Tensor, Tensor>> WRITES = List.of(
            Tensor::copy_,
            (out, in) -> in.clamp(0, null, out),
            (out, in) -> in.clampMin(0, out),
            (out, in) -> Torch.call("aten::add_.Tensor", out, in),
            (out, in) -> Torch.call("aten::lerp_.Tensor", out, Torch.ones(4), in));

    private static Tensor floats(MemorySegment memory, long from, long... sizes) {
        return Tensor.fromSegment(memory.asSlice(from * 4), DType.FLOAT32, sizes);
    }

    private static void assertRefused(Runnable call) {
        String text =
                String.valueOf(assertThrows(TorchException.class, call::run).getMessage());
        assertTrue(text.contains("refer to a single memory location. Please clone()"), text);
    }

    @Test
    void partialOverlapIsRefusedAsForViewsOfOneTensor(Arena arena) {
        MemorySegment memory = arena.allocate(64, 64);
        Tensor base = floats(memory, 0, 8);
        Tensor low = (Tensor) Torch.call("aten::narrow", base, 0, 0, 4).getFirst();
        Tensor high = (Tensor) Torch.call("aten::narrow", base, 0, 1, 4).getFirst();
        for (BiConsumer<Tensor, Tensor> write : WRITES) {
            assertRefused(() -> write.accept(floats(memory, 0, 4), floats(memory, 1, 4)));
            assertRefused(() -> write.accept(floats(memory, 1, 4), floats(memory, 0, 4)));
            assertRefused(() -> write.accept(low, floats(memory, 1, 4)));
            assertRefused(() -> write.accept(low, high));
        }
        try (Mode _ = Torch.kernels(Kernels.SHIM)) {
            assertRefused(() -> floats(memory, 0, 4).clamp(0, null, floats(memory, 1, 4)));
        }
        assertEquals("tensor([0., 0., 0., 0., 0., 0., 0., 0.])", base.toString());
    }

    @Test
    void memoryOfLibtorchIsSeenToo() {
        Tensor x = Torch.zeros(8);
        assertRefused(() -> x.copy_(Tensor.fromSegment(x.segment(), DType.INT32, 1)));
    }

    @Test
    void sameElementsInAnotherOrderAreRefused(Arena arena) {
        MemorySegment memory = arena.allocate(16, 64);
        assertRefused(
                () -> floats(memory, 0, 2, 2).copy_(floats(memory, 0, 2, 2).t()));
    }

    @Test
    void sameElementsMayBeWrittenElementwise(Arena arena) {
        MemorySegment memory = arena.allocate(16, 64);
        Tensor in = floats(memory, 0, 4);
        Tensor out = floats(memory, 0, 4);
        Tensor index = Tensor.of(0L, 1L, 2L, 3L);
        for (BiConsumer<Tensor, Tensor> write : WRITES) {
            write.accept(out, in);
        }
        assertRefused(() -> Torch.call("aten::index_copy_", out, 0, index, in));
        assertRefused(() -> Torch.call("aten::scatter_.src", out, 0, index, in));
    }

    @Test
    void neighboursAndInterleavedElementsDoNotOverlap(Arena arena) {
        MemorySegment memory = arena.allocate(64, 64);
        Tensor low = floats(memory, 0, 4);
        assertSame(low, low.copy_(floats(memory, 4, 4)));
        assertSame(low, low.copy_(floats(memory, 2, 0, 4).sum()));
        Tensor even = Tensor.fromSegment(arena, memory, DType.FLOAT32, new long[] {4}, new long[] {2}, 0);
        Tensor odd = Tensor.fromSegment(arena, memory, DType.FLOAT32, new long[] {4}, new long[] {2}, 1);
        assertSame(even, even.copy_(odd));
    }

    @Test
    void optimizerRefusesParametersThatOverlap(Arena arena) {
        MemorySegment memory = arena.allocate(64, 64);
        Tensor low = floats(memory, 0, 4).requiresGrad_(true);
        Tensor high = floats(memory, 1, 4).requiresGrad_(true);
        low.mul(high).sum().backward();
        assertRefused(new SGD(List.of(low, high), 0.1)::step);
    }
}
