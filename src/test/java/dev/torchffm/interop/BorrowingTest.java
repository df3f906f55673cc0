package dev.torchffm.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Only memory that nobody can close is lent, whoever made it. */
@ExtendWith(TorchExtension.class)
final class BorrowingTest {

    private static void assertLent(Tensor x) {
        assertEquals(x.dataPtr(), Borrowing.plainMemory(x, "a library").address());
        assertEquals(
                x.numel() * x.dtype().byteSize(),
                Borrowing.plainMemory(x, "a library").byteSize());
    }

    private static void assertRefused(Tensor x, String... parts) {
        String message = assertThrows(IllegalArgumentException.class, () -> Borrowing.plainMemory(x, "a library"))
                .getMessage();
        for (String part : parts) {
            assertTrue(message.contains(part), message);
        }
    }

    private static Tensor view(Arena arena, Tensor x, long... sizes) {
        return (Tensor)
                Objects.requireNonNull(Torch.call(arena, "aten::view", x, sizes).getFirst());
    }

    @Test
    void memoryThatNobodyCanCloseIsLent(Arena arena) {
        assertLent(Tensor.of(1f, 2f));
        assertLent(Tensor.fromSegment(Arena.global().allocate(8), DType.INT8, 8));
        assertLent(Torch.zeros(2, 3));
        assertLent(Torch.zeros(0, 3));
        assertLent(Torch.zeros(Arena.ofAuto(), DType.INT64, 3).relu());
        assertLent(Torch.zeros(1 << 21).relu()); // recycled memory
        assertLent(Tensor.of(arena, 1f).in(Arena.ofAuto()).clone());
        // The handle can be closed and the memory cannot.
        var memory = Arena.ofAuto().allocate(8, 4);
        assertLent(Tensor.fromSegment(arena, memory, DType.FLOAT32, new long[] {1}, new long[] {1}, 1));
        assertLent(view(arena, Tensor.of(1f, 2f), 2, 1));
    }

    @Test
    void memoryKeepsItsDirectBuffer(Arena arena) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(8);
        var reference = new WeakReference<>(buffer);
        MemorySegment memory =
                Borrowing.plainMemory(Tensor.fromSegment(MemorySegment.ofBuffer(buffer), DType.INT8, 8), "a library");
        buffer = ByteBuffer.allocateDirect(1);
        System.gc();
        assertNotNull(reference.get());
        assertEquals(8, memory.byteSize());
        assertRefused(
                Tensor.fromSegment(MemorySegment.ofBuffer(arena.allocate(8).asByteBuffer()), DType.INT8, 8));
    }

    @Test
    void memoryThatCanBeClosedIsRefused(Arena arena) {
        String[] rule = {"tensor stands on memory whose arena can be closed", "tensor.in(Arena.ofAuto()).clone()"};
        assertRefused(Tensor.of(arena, 1f), rule);
        assertRefused(Torch.zeros(arena, 2), rule);
        assertRefused(Tensor.fromSegment(arena.allocate(8), DType.INT8, 8), rule); // an automatic handle
        assertRefused(view(Arena.ofAuto(), Tensor.of(arena, 1f, 2f), 2, 1), rule);
    }

    @Test
    void memoryIsRefusedOfGapsReadOnlyAndDeadTensors(Arena arena) {
        var transposed = (Tensor)
                Objects.requireNonNull(Torch.call("aten::t", Torch.zeros(2, 3)).getFirst());
        assertRefused(transposed, "sizes [3, 2] and strides [1, 3]", "contiguous");
        assertLent(transposed.in(Arena.ofAuto()).contiguous());
        var readOnly = Arena.ofAuto().allocate(8, 4).asReadOnly();
        assertRefused(Tensor.fromSegment(readOnly, DType.FLOAT32, 2), "read-only memory");
        Arena closed = Arena.ofConfined();
        Tensor dead = Tensor.of(closed, 1f);
        closed.close();
        assertThrows(IllegalStateException.class, () -> Borrowing.plainMemory(dead, "a library"));
        assertThrows(NullPointerException.class, () -> Borrowing.plainMemory(null, "a library"));
    }

    @Test
    void memoryOfGradientsIsLentDetachedAlone() {
        Tensor x = Tensor.of(1f, -2f).requiresGrad_(true);
        for (Tensor recorded : new Tensor[] {x, x.relu()}) {
            assertRefused(recorded, "tensor requires gradients, and a library records none", "tensor.detach()");
            Tensor detached = recorded.detach();
            assertEquals(recorded.dataPtr(), detached.dataPtr());
            assertLent(detached);
        }
        assertThrows(IllegalArgumentException.class, () -> Borrowing.memory(x, "a library"));
    }
}
