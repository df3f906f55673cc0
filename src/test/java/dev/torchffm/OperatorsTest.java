package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.internal.Handles;
import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Calls of operators: what goes in, what comes out, whose memory it shares. */
@ExtendWith(TorchExtension.class)
final class OperatorsTest {

    private static Tensor tensor(String operator, Object... arguments) {
        return (Tensor) Objects.requireNonNull(Torch.call(operator, arguments).getFirst());
    }

    private static void assertRefused(String reason, String operator, Object... arguments) {
        String message = assertThrows(IllegalArgumentException.class, () -> Torch.call(operator, arguments))
                .getMessage();
        assertTrue(message.contains(reason), message);
    }

    @Test
    void callTakesTheSchemasDtypeWhereNoneIsGiven() {
        var order = (Tensor) Torch.call("aten::randperm", 5).getFirst();
        assertEquals(DType.INT64, order.dtype());
        assertEquals(10L, order.sum().item());
    }

    @Test
    void callTakesArgumentsOfEveryKind() {
        Tensor x = Tensor.of(1f, 2f, 3f, 4f);
        assertEquals(
                "tensor([4, 6], dtype=torch.int32)",
                tensor(
                                "aten::sum.dim_IntList",
                                tensor("aten::view", Tensor.of(1, 2, 3, 4), new long[] {2, 2}),
                                new long[] {0},
                                false,
                                DType.INT32)
                        .toString());
        assertEquals(
                "tensor([1., 2., 3., 4., 1., 2., 3., 4.])",
                tensor("aten::cat", List.of(x, x)).toString());
        assertEquals(2.5f, tensor("aten::mean", x).item());
        assertEquals(
                "tensor([1, 2, 3, 4], dtype=torch.int8)",
                tensor("aten::to.dtype", x, DType.INT8).toString());
        assertEquals(
                "tensor([0., 0., 0., 0.])",
                tensor("aten::dropout", x, 1.0, true).toString());
        assertEquals(
                "tensor([1., 1., 1., 2.])",
                tensor("aten::div.Tensor_mode", x, Tensor.of(2f), "floor")
                        .clampMin(1)
                        .toString());
        assertEquals(
                "tensor([3., 4.])",
                tensor("aten::index.Tensor", x, List.of(Tensor.of(2L, 3L))).toString());
    }

    @Test
    void callGivesResultsOfEveryKind() {
        Tensor x = Tensor.of(3f, 1f, 2f);
        assertEquals(
                "[tensor([1., 2., 3.]), tensor([1, 2, 0])]",
                Torch.call("aten::sort", x).toString());
        assertEquals(
                "[tensor(3.), tensor(1.), tensor(2.)]",
                Torch.call("aten::unbind.int", x).toString());
        assertEquals(List.of(true), Torch.call("aten::equal", x, x));
        assertEquals(List.of(3L), Torch.call("aten::size.int", x, 0));
        assertEquals(List.of(), Torch.call("aten::retain_grad", Tensor.of(1f).requiresGrad_(true)));
    }

    @Test
    void callInPlaceGivesTheVeryArgument() {
        Tensor x = Tensor.of(-1f, 2f);
        assertSame(x, tensor("aten::relu_", x));
        assertArrayEquals(new float[] {0, 2}, x.toFloatArray());
        assertSame(x, tensor("aten::mul_.Tensor", x, Tensor.of(3f)));
        assertArrayEquals(new float[] {0, 6}, x.toFloatArray());
    }

    @Test
    void callRefusesMorePartsThanThereIsRoomFor() {
        assertRefused("would give 1622530543 tensors", "aten::chunk", Torch.zeros(0, 3), 1622530543L);
        assertRefused("would give 1048577 tensors", "aten::tensor_split.sections", Torch.zeros(3), (1 << 20) + 1);
    }

    @Test
    void viewSharesTheLifeOfItsMemory() {
        try (Arena handles = Arena.ofConfined()) {
            Arena memory = Arena.ofConfined();
            Tensor x = Tensor.of(memory, 1f, 2f);
            var view = (Tensor) Objects.requireNonNull(
                    Torch.call(handles, "aten::view", x, new long[] {2, 1}).getFirst());
            assertEquals(x.dataPtr(), view.dataPtr());
            memory.close();
            assertThrows(IllegalStateException.class, view::relu_);
        }
    }

    /** Crashed when the memory's owner was guessed by addresses, which an empty view has none of. */
    @Test
    void viewOfAnEmptyViewSharesTheLifeOfItsMemory() {
        try (Arena keep = Arena.ofConfined()) {
            Arena memory = Arena.ofConfined();
            var sizes = new long[] {0, 1};
            Tensor first = Tensor.fromSegment(keep, keep.allocate(8), DType.FLOAT32, sizes, new long[] {1, 1}, 0);
            sizes = new long[] {1, 64};
            Tensor second =
                    Tensor.fromSegment(keep, memory.allocate(256, 4), DType.FLOAT32, sizes, new long[] {64, 1}, 0);
            var empty = Torch.call(keep, "aten::broadcast_tensors", List.of(first, second.in(keep)));
            var view = (Tensor) Torch.call(keep, "aten::as_strided", empty.get(1), new long[] {64}, new long[] {1}, 0)
                    .getFirst();
            memory.close();
            assertThrows(IllegalStateException.class, () -> view.clamp_(0, null));
        }
    }

    @Test
    void callLeavesNoHandleOfARefusedResult() {
        long live = Handles.live();
        Tensor x = Tensor.of(1f, 0f);
        long made = Handles.live();
        assertThrows(IllegalArgumentException.class, () -> Torch.call("aten::to_sparse", x));
        assertTrue(Handles.live() <= made && made > live);
    }

    @Test
    void emptyViewSharesTheLifeOfItsMemory() {
        try (Arena handles = Arena.ofConfined()) {
            Arena memory = Arena.ofConfined();
            Tensor x = Tensor.of(memory, 1f, 2f);
            var empty = (Tensor) Objects.requireNonNull(
                    Torch.call(handles, "aten::slice.Tensor", x, 0, 0, 0).getFirst());
            assertEquals("tensor([])", empty.toString());
            memory.close();
            assertThrows(
                    IllegalStateException.class,
                    () -> Torch.call("aten::as_strided", empty, new long[] {2}, new long[] {1}, 0));
        }
    }

    @Test
    void callGivesAnArgumentBackInTheNamedArena() {
        try (Arena results = Arena.ofConfined()) {
            Tensor passed;
            try (Arena inputs = Arena.ofConfined()) {
                Tensor x = Tensor.of(inputs, -1f, 2f).relu();
                passed = (Tensor) Objects.requireNonNull(
                        Torch.call(results, "aten::contiguous", x).getFirst());
            }
            assertArrayEquals(new float[] {0, 2}, passed.toFloatArray());
        }
    }

    @Test
    void callRefusesWhatDoesNotFitTheSchema() {
        Tensor x = Tensor.of(1f);
        assertRefused("argument 'self' is an int, and must be a Tensor", "aten::relu", 1);
        assertRefused("argument 'self' is missing", "aten::relu");
        assertRefused("takes 1 arguments at most, 2 are given", "aten::relu", x, x);
        assertRefused("argument 'self' is None", "aten::relu", (Object) null);
        assertRefused("argument 'other' is a Tensor, and must be a Scalar", "aten::add.Scalar", x, x);
        assertRefused("returns a Scalar", "aten::item", x);
        assertRefused("arguments[0] is a java.lang.Object", "aten::relu", new Object());
        assertRefused("arguments[0] holds a java.lang.Integer", "aten::cat", List.of(1));
        assertRefused("arguments[1] is a java.math.BigDecimal", "aten::add.Tensor", x, java.math.BigDecimal.ONE);
        var unknown = assertThrows(TorchException.class, () -> Torch.call("aten::no_such_thing", x));
        assertEquals("Could not find schema for aten::no_such_thing.", unknown.getMessage());
        var failed = assertThrows(TorchException.class, () -> Torch.call("aten::mm", x, x));
        String text = Libtorch.isSince(15) ? "mm: self must be a matrix, got 1-D tensor" : "self must be a matrix";
        assertEquals(text, failed.getMessage());
    }
}
