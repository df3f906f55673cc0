package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.GoldenCases.GoldenCase;
import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Gradients: PyTorch's bits, and memory that the graph reads. */
@ExtendWith(TorchExtension.class)
final class GradTest {

    static Stream<GoldenCase> cases() {
        return GoldenCases.read("grad.jsonl");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void gradientsArePyTorchsBits(GoldenCase golden, Arena arena) {
        DType dtype = golden.dtype("dtype");
        long[] sizes = golden.longs("sizes");
        Tensor leaf = Tensor.fromSegment(golden.storage(arena), dtype, sizes).requiresGrad_(true);
        if (golden.has("expect_error")) {
            var failure = assertThrows(TorchException.class, () -> GoldenTest.apply(golden, leaf));
            assertEquals(golden.text("expect_error"), GoldenTest.firstLine(failure));
            return;
        }
        boolean inPlace = golden.text("op").endsWith("_");
        Tensor result = GoldenTest.apply(golden, inPlace ? leaf.clone() : leaf);
        byte[] gradient = golden.bytes("grad_output");
        result.backward(Tensor.fromSegment(
                arena.allocate(gradient.length, 8).copyFrom(MemorySegment.ofArray(gradient)), dtype, sizes));
        assertEquals(
                golden.text("expect_grad"),
                HexFormat.of().formatHex(GoldenTest.elements(Objects.requireNonNull(leaf.grad()))));
    }

    @Test
    void aTensorSaysThatItIsRecorded() {
        Tensor x = Tensor.of(1f, -2f);
        assertFalse(x.requiresGrad());
        assertNull(x.grad());
        x.requiresGrad_(true);
        assertTrue(x.requiresGrad());
        assertEquals("tensor([ 1., -2.], requires_grad=True)", x.toString());
        assertEquals(
                "tensor([1., 0.], grad_fn=<ClampBackward1>)", x.clamp(0, null).toString());
        assertThrows(TorchException.class, () -> Tensor.of(1).requiresGrad_(true));
        assertThrows(TorchException.class, x::backward);
        assertThrows(IllegalArgumentException.class, () -> Torch.call("aten::_backward", x, java.util.List.of()));
    }

    /** libtorch keeps the history of what is overwritten by a copy, and under noGrad leaves it as it is. */
    @Test
    void aCopyOverARecordedTensorKeepsItsHistory() {
        for (Supplier<Mode> mode : List.<Supplier<Mode>>of(Torch::noGrad, () -> Torch.kernels(Kernels.LIBTORCH))) {
            Tensor leaf = Tensor.of(1f, -2f).requiresGrad_(true);
            Arena arena = Arena.ofConfined();
            Tensor factor = Tensor.of(arena, 3f, 4f);
            var product = (Tensor) Objects.requireNonNull(
                    Torch.call("aten::mul.Tensor", leaf, factor).getFirst());
            try (Mode _ = mode.get()) {
                product.copy_(Tensor.of(1f, 1f));
            }
            arena.close();
            assertThrows(IllegalStateException.class, () -> product.sum().backward());
        }
    }

    @Test
    void aViewOfOneMemoryWithTwoHistoriesIsRefused() {
        Tensor leaf = Tensor.of(1f, -2f).requiresGrad_(true);
        Tensor product = leaf.mul(2);
        Tensor detached = product.detach();
        assertThrows(
                IllegalArgumentException.class,
                () -> Torch.call("aten::broadcast_tensors", List.of(detached, product)));
    }

    @Test
    void theHistoryOfAGradientOutlastsItsTakingAway() {
        Tensor leaf = Tensor.of(1f, -2f).requiresGrad_(true);
        leaf.sum().backward();
        Tensor gradient = Objects.requireNonNull(leaf.grad());
        try (Arena arena = Arena.ofConfined()) {
            Tensor other = Tensor.of(5f, 6f).requiresGrad_(true);
            Torch.call("aten::mul_.Tensor", gradient, other.mul(Tensor.of(arena, 7f, 8f)));
            leaf.reshape(2, 1).clearGrad_();
        }
        Tensor again = Objects.requireNonNull(leaf.grad());
        assertThrows(IllegalStateException.class, () -> again.sum().backward());
    }

    @Test
    void anOlderGradientKeepsItsHistoryWhenTheNextIsWritten() {
        Tensor leaf = Tensor.of(1f, -2f).requiresGrad_(true);
        leaf.sum().backward();
        Tensor older = Objects.requireNonNull(leaf.grad());
        try (Arena arena = Arena.ofConfined()) {
            Tensor other = Tensor.of(5f, 6f).requiresGrad_(true);
            Torch.call("aten::mul_.Tensor", older, other.mul(Tensor.of(arena, 7f, 8f)));
            leaf.clearGrad_().sum().backward();
            leaf.zeroGrad_();
        }
        assertThrows(IllegalStateException.class, () -> older.sum().backward());
    }

    @Test
    void aWriteThroughAViewUnderNoGradIsNotOfTheHistory() {
        Tensor leaf = Torch.ones(2, 2).requiresGrad_(true);
        var row = (Tensor) Objects.requireNonNull(
                Torch.call("aten::select.int", leaf, 0, 0).getFirst());
        try (Arena arena = Arena.ofConfined();
                Mode _ = Torch.noGrad()) {
            row.copy_(Tensor.of(arena, 3f, 4f));
        }
        leaf.mul(leaf).sum().backward();
        assertEquals("tensor([[6., 8.],\n        [2., 2.]])", String.valueOf(leaf.grad()));
    }

    /** What was kept for a backward is let go by it: the arena of the input is not asked for again. */
    @Test
    void aBackwardEndsTheHistory() {
        Tensor leaf = Tensor.of(1f, -2f).requiresGrad_(true);
        Tensor loss;
        try (Arena arena = Arena.ofConfined()) {
            loss = leaf.mul(Tensor.of(arena, 3f, 4f)).sum();
            loss.backward();
        }
        var failure = assertThrows(TorchException.class, () -> loss.mul(2).backward());
        assertTrue(String.valueOf(failure.getMessage()).contains("a second time"), failure.getMessage());
    }

    /** A view of a leaf in each step, a broadcast one too, adds nothing to the leaf's history. */
    @Test
    void viewsOfALeafKeepNoStepsMemory() {
        Tensor leaf = Tensor.of(1f, -2f).requiresGrad_(true);
        for (int step = 0; step < 3; step++) {
            try (Arena arena = Arena.ofConfined()) {
                Tensor target = Tensor.of(arena, 1f, 2f, 3f, 4f).reshape(2, 2);
                Tensor wide = (Tensor)
                        Objects.requireNonNull(Torch.call(arena, "aten::broadcast_tensors", List.of(leaf, target))
                                .getFirst());
                wide.mul(target).sum().backward();
            }
        }
        assertEquals("tensor([12., 18.])", String.valueOf(leaf.grad()));
    }

    @Test
    void anOperandThatIsOnlyReadInPlaceIsLeftAlone() {
        Tensor leaf = Tensor.of(1f, -2f).requiresGrad_(true);
        Tensor read = leaf.mul(2);
        try (Arena arena = Arena.ofConfined()) {
            Torch.call("aten::mul_.Tensor", Tensor.of(arena, 1f, 1f), read);
        }
        read.sum().backward();
        assertEquals("tensor([2., 2.])", String.valueOf(leaf.grad()));
    }

    @Test
    void gradientsAddUp() {
        Tensor x = Tensor.of(1f, -2f).requiresGrad_(true);
        for (int round = 1; round <= 3; round++) {
            x.relu().backward(Torch.ones(2));
            assertEquals("tensor([" + round + "., 0.])", String.valueOf(x.grad()));
        }
    }

    @Test
    void backwardIsRefusedWhenTheMemoryThatItReadsIsClosed() {
        try (Arena results = Arena.ofConfined()) {
            Arena inputs = Arena.ofConfined();
            Tensor x = Tensor.of(inputs, 1f, -2f).requiresGrad_(true);
            Tensor y = x.in(results).clamp(0, null);
            Tensor chained = y.clone().relu();
            Tensor copy = Torch.zeros(results, 2).copy_(y);
            Tensor base = Torch.zeros(results, 2);
            var view = (Tensor) Objects.requireNonNull(
                    Torch.call("aten::view", base, new long[] {1, 2}).getFirst());
            view.copy_(y);
            Tensor product = Torch.ones(results, 2).requiresGrad_(true).clone();
            Tensor sameProduct = product.in(results);
            Torch.call("aten::mul_.Tensor", product, y);
            inputs.close();
            for (Tensor end : new Tensor[] {y, y.in(results), chained, copy, base, sameProduct}) {
                assertThrows(IllegalStateException.class, () -> end.backward(Torch.ones(2)));
            }
        }
    }

    @Test
    void everyObjectOfAGradientHasOneHistory(Arena keep) {
        Tensor leaf = Tensor.of(keep, 1f, 2f).requiresGrad_(true);
        leaf.relu().backward(Torch.ones(keep, 2));
        Tensor gradient = Objects.requireNonNull(leaf.grad());
        Tensor same = Objects.requireNonNull(leaf.grad());
        Tensor factor = Torch.ones(keep, 2).requiresGrad_(true);
        try (Arena memory = Arena.ofConfined()) {
            Tensor inMemory = Tensor.of(memory, 3f, 4f);
            Torch.call("aten::mul_.Tensor", gradient, factor);
            Torch.call("aten::mul_.Tensor", gradient, inMemory);
        }
        assertEquals("tensor([3., 4.], grad_fn=<MulBackward0>)", same.toString());
        assertThrows(IllegalStateException.class, () -> same.backward(Torch.ones(keep, 2)));
    }

    @Test
    void viewsOfOneStorageHaveOneHistory(Arena keep) {
        Arena memory = Arena.ofConfined();
        Tensor base = Torch.zeros(keep, 2, 4);
        var row = (Tensor) Torch.call(keep, "aten::select.int", base, 0, 0).getFirst();
        var far = (Tensor) Torch.call(keep, "aten::as_strided", row, new long[] {4}, new long[] {1}, 4)
                .getFirst();
        Tensor factor = Tensor.of(memory, 0f, 0f, 0f, 0f);
        Tensor leaf = Torch.ones(keep, 4).requiresGrad_(true);
        far.copy_((Tensor) Torch.call(keep, "aten::mul.Tensor", leaf, factor).getFirst());
        memory.close();
        assertThrows(IllegalStateException.class, () -> base.backward(Torch.ones(keep, 2, 4)));
    }

    @Test
    void aHistoryMayBeLong(Arena arena) {
        Tensor leaf = Tensor.of(arena, 1f, -2f).requiresGrad_(true);
        Tensor end = leaf;
        for (int i = 0; i < 20_000; i++) {
            end = end.relu();
        }
        end.backward(Torch.ones(arena, 2));
        assertEquals("tensor([1., 0.])", String.valueOf(leaf.grad()));
    }

    /** A buffer that is written and detached again and again has one round's history, and what reads it keeps its own. */
    @Test
    void detachingEndsAHistory(Arena keep) {
        Tensor leaf = Torch.ones(keep, 3).requiresGrad_(true);
        Tensor buffer = Torch.zeros(keep, 3);
        Tensor reader = null;
        for (int round = 1; round <= 3; round++) {
            try (Arena arena = Arena.ofConfined()) {
                buffer.copy_((Tensor) Torch.call("aten::mul.Tensor", leaf, Tensor.of(arena, 1f, 2f, 3f))
                        .getFirst());
                reader = buffer.relu();
                buffer.backward(Torch.ones(keep, 3));
                Torch.call("aten::detach_", buffer);
            }
        }
        assertEquals("tensor([3., 6., 9.])", String.valueOf(leaf.grad()));
        assertThrows(
                IllegalStateException.class,
                Objects.requireNonNull(reader)::backward,
                "it was recorded before detach_");
    }

    @Test
    void aGradientNeverStandsOnTheMemoryOfGradOutput() {
        for (int size : new int[] {2, 1 << 21}) { // small, and large enough for recycled memory
            Tensor x = Torch.ones(size).requiresGrad_(true);
            try (Arena arena = Arena.ofConfined()) {
                var view = (Tensor) Objects.requireNonNull(
                        Torch.call(arena, "aten::view", x, new long[] {size, 1}).getFirst());
                Tensor gradient = Torch.zeros(DType.FLOAT32, size, 1).in(arena).clamp(0, 0); // recycled where large
                view.backward(gradient);
            }
            try (Arena other = Arena.ofConfined()) { // writes where the memory was
                Torch.full(new long[] {size}, 7f).in(other).clamp(null, 100);
                other.allocate(4L * size, 64).fill((byte) 0x41);
            }
            assertTrue(Tensor.equal(Torch.zeros(size), Objects.requireNonNull(x.grad())));
        }
    }
}
