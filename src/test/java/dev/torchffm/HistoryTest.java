package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Histories: which memory a backward may still read, and which it may not. */
@ExtendWith(TorchExtension.class)
final class HistoryTest {

    /** libtorch keeps the history of what is overwritten by a copy, and under noGrad leaves it as it is. */
    @Test
    void copyOverATensorKeepsItsHistory() {
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
    void viewWithTwoHistoriesIsRefused() {
        Tensor leaf = Tensor.of(1f, -2f).requiresGrad_(true);
        Tensor product = leaf.mul(2);
        Tensor detached = product.detach();
        assertThrows(
                IllegalArgumentException.class,
                () -> Torch.call("aten::broadcast_tensors", List.of(detached, product)));
    }

    @Test
    void gradientKeepsItsHistoryAfterClearGrad() {
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
    void gradientKeepsItsHistoryBesideTheNext() {
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
    void noGradRecordsNoWriteThroughAView() {
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
    void backwardEndsTheHistory() {
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
    void viewsOfALeafKeepNoMemoryOfAStep() {
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
    void operandReadInPlaceKeepsItsHistory() {
        Tensor leaf = Tensor.of(1f, -2f).requiresGrad_(true);
        Tensor read = leaf.mul(2);
        try (Arena arena = Arena.ofConfined()) {
            Torch.call("aten::mul_.Tensor", Tensor.of(arena, 1f, 1f), read);
        }
        read.sum().backward();
        assertEquals("tensor([2., 2.])", String.valueOf(leaf.grad()));
    }

    @Test
    void backwardRefusesClosedMemory() {
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
    void gradientHasOneHistoryInAllItsTensors(Arena keep) {
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
    void historyMayBeLong(Arena arena) {
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
    void detachInPlaceEndsTheHistory(Arena keep) {
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

    private static Tensor called(String name, Object... arguments) {
        return (Tensor) Objects.requireNonNull(Torch.call(name, arguments).getFirst());
    }

    /** A state that has a view: each step's memory is let go with the step, whichever of the two is read. */
    @Test
    void stateWithAViewKeepsNoMemoryOfAStep(Arena keep) {
        Tensor weight = Torch.ones(keep, 4).requiresGrad_(true);
        Tensor state = Torch.zeros(keep, 4);
        Tensor view = called("aten::view", state, new long[] {2, 2});
        for (int step = 0; step < 20_000; step++) {
            try (Arena arena = Arena.ofConfined()) {
                boolean odd = step % 2 == 1; // libtorch keeps the old history of a view that was asked for it
                Tensor read = odd ? view.in(arena).reshape(4) : state;
                weight.in(arena).mul(read).mul(Torch.ones(arena, 4)).sum().backward();
                state.copy_(weight.in(arena).mul(Tensor.of(arena, 1f, 2f, 3f, 4f)));
                (odd ? view : state).in(arena).sum().backward();
                called("aten::detach_", state);
            }
            weight.zeroGrad_();
        }
        assertEquals(0, visited(state), "the state stands on libtorch's memory");
        assertTrue(visited(view) <= 3, "the view may have the last step");
    }

    /** How many pieces of memory a backward would keep open. */
    private static int visited(Tensor tensor) {
        var count = new int[1];
        tensor.history.visitAllMemory(tensor.handle, _ -> count[0]++);
        return count[0];
    }

    /** libtorch still has the view's history, which it was asked for, until the next write. */
    @Test
    void viewKeepsWhatItsBaseWasDetachedFrom(Arena keep) {
        Tensor weight = Torch.ones(keep, 4).requiresGrad_(true);
        Tensor state = Torch.zeros(keep, 4);
        Tensor view = called("aten::view", state, new long[] {2, 2});
        try (Arena arena = Arena.ofConfined()) {
            state.copy_(weight.mul(Tensor.of(arena, 1f, 2f, 3f, 4f)));
            assertTrue(view.toString().contains("grad_fn"), view::toString);
            called("aten::detach_", state);
        }
        assertTrue(view.toString().contains("grad_fn"), view::toString);
        assertThrows(IllegalStateException.class, () -> view.sum().backward());
        weight.mul(state).sum().backward();
        assertEquals("tensor([1., 2., 3., 4.])", String.valueOf(weight.grad()));
        state.copy_(weight);
        view.sum().backward();
        assertEquals("tensor([2., 3., 4., 5.])", String.valueOf(weight.grad()));
    }

    /** Whatever asks libtorch for the view's history makes it stay. */
    @Test
    void viewThatWasReadInAnyWayKeepsItsHistory(Arena keep) {
        List<Consumer<Tensor>> reads = List.of(
                Tensor::toString,
                Tensor::requiresGrad,
                Tensor::relu,
                x -> x.clamp_(0, 1),
                x -> x.to(DType.INT32),
                x -> called("aten::argmax", x),
                x -> called("aten::mul_.Tensor", x, Tensor.of(1f)),
                x -> x.clamp(0, 1, Torch.zeros(2, 2)));
        for (Consumer<Tensor> read : reads) {
            Tensor weight = Torch.ones(keep, 4).requiresGrad_(true);
            Tensor state = Torch.zeros(keep, 4);
            Tensor view = called("aten::view", state, new long[] {2, 2});
            try (Arena arena = Arena.ofConfined()) {
                state.copy_(weight.mul(Tensor.of(arena, 1f, 2f, 3f, 4f)));
                try {
                    read.accept(view);
                } catch (TorchException e) {
                    assertTrue(String.valueOf(e.getMessage()).matches(".*(out=|in-place).*"), e::getMessage);
                }
                called("aten::detach_", state);
            }
            if (view.requiresGrad()) {
                assertThrows(IllegalStateException.class, () -> view.sum().backward());
            }
        }
    }

    /** A view is no leaf of its own, in whatever mode it was made. */
    @Test
    void viewIsNotDetachedInPlace(Arena keep) {
        Tensor state = Torch.ones(keep, 4).requiresGrad_(true).mul(2);
        Tensor recorded = called("aten::view", state, new long[] {2, 2});
        Tensor unrecorded;
        try (Mode _ = Torch.noGrad()) {
            unrecorded = called("aten::view", state, new long[] {2, 2});
        }
        for (Tensor view : List.of(recorded, unrecorded)) {
            assertThrows(TorchException.class, () -> called("aten::detach_", view));
        }
    }

    @Test
    void gradientStandsOnMemoryOfItsOwn() {
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

    @Test
    void detachSharesMemoryAndNoHistory() {
        Tensor leaf = Tensor.of(1f, -2f).requiresGrad_(true);
        Tensor detached = leaf.detach();
        assertFalse(detached.requiresGrad());
        assertEquals(leaf.dataPtr(), detached.dataPtr());
        detached.clamp_(0, null);
        assertEquals("tensor([1., 0.], requires_grad=True)", leaf.toString());
    }

    @Test
    void detachKeepsNoMemoryOfTheHistory() {
        Tensor w = Tensor.of(0.5f, 2f).requiresGrad_(true);
        Tensor state;
        try (Arena inputs = Arena.ofShared()) {
            Tensor x = Tensor.of(inputs, 1f, -2f);
            state = w.in(Arena.ofAuto()).mul(x).detach();
        }
        w.mul(state).sum().backward(); // does not read x, whose arena is closed
        assertEquals("tensor([ 0.5000, -4.0000])", String.valueOf(w.grad()));
    }

    @Test
    void readingATensorIsNotOfItsHistory() {
        Tensor w = Tensor.of(0.5f, 2f).requiresGrad_(true);
        Tensor h = w.mul(2);
        try (Arena metrics = Arena.ofConfined()) {
            Tensor target = Tensor.of(metrics, 1f, 0f);
            assertEquals("tensor([ True, False])", h.in(metrics).eq(target).toString());
            try (Mode _ = Torch.noGrad()) {
                Torch.call("aten::mse_loss", h.in(metrics), target);
            }
        }
        h.sum().backward();
        assertEquals("tensor([2., 2.])", String.valueOf(w.grad()));
    }
}
