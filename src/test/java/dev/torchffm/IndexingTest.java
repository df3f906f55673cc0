package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.examples.IndexingSnippets;
import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.function.Executable;

/** x.at(…): what it selects, what it writes, and what it refuses. The oracle compares it with PyTorch. */
@ExtendWith(TorchExtension.class)
final class IndexingTest {

    /** The numbers from 0 to 23, of sizes 2, 3 and 4. */
    private static Tensor cube() {
        return Torch.arange(24).reshape(2, 3, 4).contiguous();
    }

    private static void assertElements(Tensor tensor, long... elements) {
        assertArrayEquals(elements, tensor.toLongArray());
    }

    private static void assertRefused(String text, Executable call) {
        String message = Objects.requireNonNull(
                assertThrows(IllegalArgumentException.class, call).getMessage());
        assertTrue(message.contains(text), message);
    }

    // ---- views ----

    @Test
    void numbersTakeADimensionAway() {
        Tensor x = cube();
        assertArrayEquals(new long[] {3, 4}, x.at(1).sizes());
        assertElements(x.at(1, -1), 20, 21, 22, 23);
        assertElements(x.at(1, 0, 2), 14);
        assertElements(x.get(-1).get(0), 12, 13, 14, 15);
        assertElements(x.at((short) 0, (byte) 0, 3L), 3);
    }

    @Test
    void slicesKeepDimensions() {
        Tensor x = cube();
        assertElements(x.at(Slice.all(), Slice.of(1, 3), Slice.of(0, 4, 3)), 4, 7, 8, 11, 16, 19, 20, 23);
        assertElements(x.at(0, Slice.from(-1)), 8, 9, 10, 11);
        assertElements(x.at(0, 0, Slice.to(-2)), 0, 1);
        assertElements(x.at(0, 0, Slice.from(1).step(2)), 1, 3);
        assertElements(x.at(0, 0, Slice.of(-100, 100)), 0, 1, 2, 3);
        assertElements(x.at(0, 0, Slice.of(Long.MIN_VALUE, Long.MAX_VALUE)), 0, 1, 2, 3);
        assertEquals(0, x.at(Slice.of(1, 1)).numel());
    }

    @Test
    void ellipsisAndNewAxisStandForDimensions() {
        Tensor x = cube();
        assertElements(x.at(Slice.ellipsis(), 0), 0, 4, 8, 12, 16, 20);
        assertElements(x.at(1, Slice.ellipsis(), 3), 15, 19, 23);
        assertArrayEquals(new long[] {2, 1, 3, 4}, x.at(Slice.all(), null).sizes());
        assertArrayEquals(
                new long[] {1, 3, 4, 1},
                x.at(Slice.newAxis(), 0, Slice.ellipsis(), null).sizes());
        assertArrayEquals(
                new long[] {1, 2}, Tensor.of(1f, 2f).at(Slice.newAxis()).sizes());
    }

    @Test
    void viewsShareTheMemory() {
        Tensor x = cube();
        x.at(0, Slice.all(), 1).copy_(Tensor.of(-1L, -2L, -3L));
        assertElements(x.at(0), 0, -1, 2, 3, 4, -2, 6, 7, 8, -3, 10, 11);
        assertNotSame(x, x.at(Slice.ellipsis()));
        assertEquals(x.dataPtr(), x.at(Slice.all(), Slice.all()).dataPtr());
        assertEquals(x.dataPtr(), x.at().dataPtr());
    }

    @Test
    void viewLivesInTheResultsArena() {
        Tensor x = cube();
        try (Arena arena = Arena.ofConfined()) {
            Tensor view;
            try (Arena shorter = Arena.ofConfined()) {
                view = x.in(arena).at(0, Slice.of(1, 3), Slice.of(0, 2));
                assertElements(x.in(shorter).at(0, 1, 1), 5);
            }
            assertElements(view.add(1), 5, 6, 9, 10);
        }
    }

    @Test
    void recordsGradients() {
        Tensor x = Tensor.of(new float[][] {{1, 2}, {3, 4}}).requiresGrad_(true);
        x.at(Slice.all(), 0).sum().backward();
        assertEquals("tensor([[1., 0.],\n        [1., 0.]])", String.valueOf(x.grad()));
        x.clearGrad_();
        x.at(Tensor.of(0L, 0L)).toTensor().sum().backward();
        assertEquals("tensor([[2., 2.],\n        [0., 0.]])", String.valueOf(x.grad()));
        x.clearGrad_();
        Tensor y = x.clone();
        y.at(x.eq(3)).fill_(9);
        y.at(0).copy_(x.at(1));
        y.sum().backward();
        assertEquals("tensor([[0., 0.],\n        [1., 2.]])", String.valueOf(x.grad()));
    }

    /** A backward reads the places again. */
    @Test
    void placesMustBeOpenAtTheBackward() {
        Tensor x = Tensor.of(1f, 2f).requiresGrad_(true);
        Tensor y = x.clone();
        try (Arena arena = Arena.ofConfined()) {
            y.at(Tensor.of(arena, 1L)).fill_(0);
        }
        assertThrows(IllegalStateException.class, () -> y.sum().backward());
    }

    // ---- selections ----

    @Test
    void masksAndPlacesAreReadAsCopies() {
        Tensor x = cube();
        Tensor copy = x.at(x.eq(5)).toTensor();
        assertElements(copy, 5);
        copy.clamp_(100, null);
        assertElements(x.at(0, 1, 1), 5);
        assertElements(x.at(Tensor.of(1L, 0L), Tensor.of(2, -1), Slice.at(0)).toTensor(), 20, 8);
        assertElements(x.at(Slice.at(1), Slice.all(), Tensor.of(3L, 0L)).toTensor(), 15, 12, 19, 16, 23, 20);
        Tensor apart =
                x.at(Tensor.of(0L, 1L), Slice.ellipsis(), Tensor.of(3L, 0L)).toTensor();
        assertElements(apart, 3, 7, 11, 12, 16, 20);
        assertEquals("tensor([5])", x.at(x.eq(5)).toString());
    }

    @Test
    void writingASelectionWritesTheTensor() {
        Tensor x = cube();
        x.at(x.at(Slice.ellipsis(), 0).eq(4))
                .copy_(Tensor.of(40L, 50L, 60L, 70L))
                .copy_(Tensor.of(0L, 1L, 2L, 3L));
        assertElements(x.at(0, 1), 0, 1, 2, 3);
        x.at(Slice.at(0), Tensor.of(2L)).fill_(-7);
        assertElements(x.at(0, 2), -7, -7, -7, -7);
        x.at(Slice.at(1), Slice.of(1, 3), Tensor.of(true, false, false, true)).copy_(Tensor.of(new long[][] {{8, 9}}));
        assertElements(x.at(1), 12, 13, 14, 15, 8, 17, 18, 9, 8, 21, 22, 9);
    }

    /** Python takes it for a number, so that there is a view to write. */
    @Test
    void integerWithoutDimensionsIsANumber() {
        Tensor x = cube();
        Tensor two = Tensor.of(2L).at(0);
        Tensor view = x.at(Slice.at(0), two).toTensor();
        view.copy_(Tensor.of(1L));
        assertElements(x.at(0, 2), 1, 1, 1, 1);
        x.at(Slice.at(0), two).copy_(Tensor.of(new long[][] {{5, 6, 7, 8}}));
        assertElements(x.at(0, 2), 5, 6, 7, 8);
        x.at(Slice.at(0), two).fill_(3);
        assertElements(x.at(0, 2), 3, 3, 3, 3);
        Tensor yes = Tensor.of(true).at(0);
        assertArrayEquals(new long[] {1, 2, 3, 4}, x.at(yes).toTensor().sizes());
        assertArrayEquals(new long[] {0, 2, 3, 4}, x.at(yes.eq(0)).toTensor().sizes());
        x.at(yes).fill_(1);
        assertEquals(24L, x.sum().item());
    }

    @Test
    void indicesAreCopied() {
        Tensor x = cube();
        Index[] indices = {Tensor.of(1L), Slice.at(0)};
        Selection selection = x.at(indices);
        indices[0] = Tensor.of(7L);
        assertElements(selection.toTensor(), 12, 13, 14, 15);
    }

    // ---- sizes ----

    @Test
    void sizeIsOfADimension() {
        Tensor x = cube();
        assertEquals(2, x.size(0));
        assertEquals(4, x.size(-1));
        assertRefused("dim is 3, and must be from -3 to 2", () -> x.size(3));
        assertRefused("dim is -4, and", () -> x.size(-4));
        assertRefused("without dimensions", () -> x.sum().size(0));
    }

    // ---- refusals ----

    @Test
    void placeMustBeInTheDimension() {
        Tensor x = cube();
        String rule = "indices[1] is 3, and must be from -3 to 2, for the INT64 tensor with sizes [2, 3, 4]";
        assertRefused(rule, () -> x.at(0, 3));
        assertRefused("indices[0] is -3, and must be from -2 to 1", () -> x.at(-3));
        assertRefused("indices[0] is 9, and", () -> x.get(9));
        assertRefused("of a dimension that is not empty", () -> Torch.zeros(0).at(0));
        assertRefused("indices are [0] for 1 dimensions", () -> x.sum().at(0));
        assertRefused("indices are [0, :, 1:2, -1] for 4 dimensions", () -> x.at(0, Slice.all(), Slice.of(1, 2), -1));
        assertThrows(TorchException.class, () -> x.at(Tensor.of(2L)).toTensor());
        assertThrows(TorchException.class, () -> x.at(Tensor.of(2L)).fill_(0));
        assertThrows(TorchException.class, () -> x.at(Tensor.of(true)).toTensor());
        assertThrows(TorchException.class, () -> x.at(Tensor.of(1.0)).toTensor());
    }

    @Test
    void otherIndicesAreRefused() {
        Tensor x = cube();
        Tensor places = Tensor.of(0L);
        assertRefused("indices[1] is a tensor beside what is no Index", () -> x.at(0, places));
        assertRefused("indices[0] is a java.lang.Double", () -> x.at(1.5));
        assertRefused("indices[0] is a java.lang.Boolean", () -> x.at(true));
        assertRefused("indices[0] is a [J", () -> x.at(new long[] {1, 2}));
        assertRefused("one Slice.ellipsis()", () -> x.at(Slice.ellipsis(), Slice.ellipsis()));
        assertRefused("one Slice.ellipsis()", () -> x.at(places, Slice.ellipsis(), Slice.ellipsis()));
        assertRefused("step is 0, and must be 1 or more", () -> Slice.of(1, 2, 0));
        assertRefused("step is -1, and must be 1 or more", () -> Slice.all().step(-1));
        assertThrows(IllegalStateException.class, () -> Slice.at(0).step(2));
    }

    @Test
    void writeThatDoesNotFitChangesNothing() {
        Tensor x = cube();
        Selection rows = x.at(Tensor.of(0L, 1L), Slice.at(0));
        assertThrows(TorchException.class, () -> rows.copy_(Torch.arange(3)));
        assertThrows(TorchException.class, () -> rows.copy_(Tensor.of(1.5f)));
        assertThrows(
                TorchException.class, () -> x.to(DType.UINT8).at(Tensor.of(0L)).fill_(300));
        assertTrue(Tensor.equal(x, cube()));
    }

    @Test
    void readOnlyMemoryIsNotWritten() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(16, 8).asReadOnly();
            Tensor x = Tensor.fromSegment(memory, DType.INT64, 2);
            assertRefused("read-only", () -> x.at(Tensor.of(0L)).fill_(1));
            assertRefused("read-only", () -> x.at(0).copy_(Tensor.of(1L)));
            assertElements(x.at(Tensor.of(0L)).toTensor(), 0);
        }
    }

    @Test
    void closedTensorHasNoParts() {
        Arena arena = Arena.ofConfined();
        Tensor x = Tensor.of(arena, 1f, 2f);
        Tensor mask = Tensor.of(true, false);
        Selection selection = x.at(mask);
        arena.close();
        List<Supplier<?>> calls = List.of(() -> x.at(0), selection::toTensor, () -> selection.fill_(1));
        calls.forEach(call -> assertThrows(IllegalStateException.class, call::get));
        assertEquals(2, x.size(0));
    }

    // ---- texts and examples ----

    @Test
    void slicesPrintAsInPython() {
        assertEquals(
                "[:, 1:3, :3, 1::2, ::2, -1, ..., None]",
                List.of(
                                Slice.all(),
                                Slice.of(1, 3),
                                Slice.to(3),
                                Slice.from(1).step(2),
                                Slice.all().step(2),
                                Slice.at(-1),
                                Slice.ellipsis(),
                                Slice.newAxis())
                        .toString());
    }

    @Test
    void snippetsDoWhatTheySay() {
        Tensor x = IndexingSnippets.nested();
        List<Tensor> parts = IndexingSnippets.at(x, x.eq(2));
        assertEquals("tensor([2.])", parts.get(3).toString());
        assertEquals("tensor([[1., 0., 7.],\n        [4., 5., 7.]])", x.toString());
        assertEquals("[:3, 1::2, -1]", IndexingSnippets.slices().toString());
        Tensor rows = Tensor.of(new int[][] {{1}, {2}, {3}});
        assertElements(IndexingSnippets.selection(rows), 3, 1);
        assertElements(rows, 2, 2, 6);
        List<Tensor> called = IndexingSnippets.call();
        assertEquals("tensor([[1., 1.],\n        [1., 1.]])", called.get(1).toString());
        assertFalse(called.getFirst().requiresGrad());
    }

    @Test
    void tableOfThePageRuns() {
        Tensor x = Torch.arange(9).to(DType.FLOAT32).reshape(3, 3);
        Tensor mask = Tensor.of(false, false, true);
        List<Tensor> parts = IndexingSnippets.table(x, mask, Tensor.of(0L, 1L), Tensor.of(2L, 0L));
        assertEquals(26, parts.size());
        assertEquals("tensor([[1., 2.],\n        [3., 4.]])", parts.getFirst().toString());
        assertEquals("tensor([[0., 0., 0.]])", parts.get(24).toString());
    }
}
