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

/** Any operator by its name: what goes in, what comes out, what is refused. */
@ExtendWith(TorchExtension.class)
final class OperatorTest {

    private static Tensor tensor(String operator, Object... arguments) {
        return (Tensor) Objects.requireNonNull(Torch.call(operator, arguments).getFirst());
    }

    private static void assertRefused(String reason, String operator, Object... arguments) {
        String message = assertThrows(IllegalArgumentException.class, () -> Torch.call(operator, arguments))
                .getMessage();
        assertTrue(message.contains(reason), message);
    }

    @Test
    void aDtypeThatIsLeftOutIsTheSchemas() {
        var order = (Tensor) Torch.call("aten::randperm", 5).getFirst();
        assertEquals(DType.INT64, order.dtype());
        assertEquals(10L, order.sum().item());
    }

    @Test
    void argumentsOfEveryKindArrive() {
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
    void resultsOfEveryKindComeBack() {
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
    void whatIsWrittenInPlaceIsTheVeryArgument() {
        Tensor x = Tensor.of(-1f, 2f);
        assertSame(x, tensor("aten::relu_", x));
        assertArrayEquals(new float[] {0, 2}, x.toFloatArray());
        assertSame(x, tensor("aten::mul_.Tensor", x, Tensor.of(3f)));
        assertArrayEquals(new float[] {0, 6}, x.toFloatArray());
    }

    @Test
    void morePartsThanThereIsRoomForAreNotMade() {
        assertRefused("chunks is 1622530543", "aten::chunk", Torch.zeros(0, 3), 1622530543L);
        assertRefused("sections is 1025", "aten::tensor_split.sections", Torch.zeros(3), 1025);
    }

    /** Each of these ended the process by SIGSEGV, SIGFPE or a broken heap. */
    @Test
    void whatLibtorchDoesNotSurviveIsRefused() {
        String rule = "does not check";
        List<Tensor> weights = List.of(Torch.ones(4, 4), Torch.ones(4, 4));
        for (String rnn : List.of("aten::rnn_tanh.data", "aten::rnn_relu.data", "aten::gru.data")) {
            Tensor none = Torch.empty(DType.INT64, 0);
            assertRefused(rule, rnn, Torch.ones(3, 4), none, Torch.ones(1, 1, 4), weights, false, 1, 0.0, false, false);
        }
        assertRefused(rule, "aten::range.step", 0, 5, 0.5, DType.INT64);
        Tensor negative = Tensor.of(-1f, -1f, -1f);
        Tensor noise = tensor("aten::expand", Tensor.of(1f), new long[] {3});
        assertRefused(rule, "aten::rrelu_with_noise", negative, noise, 0.1, 0.3, true);
        assertRefused(rule, "aten::rrelu_with_noise_", negative, noise, 0.1, 0.3, true);
        assertRefused("fewer elements", "aten::arange.start_step", Long.MAX_VALUE, -1, -1);
        assertRefused("fewer elements", "aten::arange.start_step", 0x1p62, -0x1p62, -1.5, DType.INT64);
        assertRefused(rule, "aten::batch_norm_update_stats", Torch.ones(2, 9, 3), Torch.ones(1), Torch.ones(1), 0.1);
        assertRefused(rule, "aten::mkldnn_rnn_layer", Torch.ones(3, 2, 4), Torch.ones(1));
        assertRefused(rule, "aten::fbgemm_pack_gemm_matrix_fp16", Torch.ones(4, 4));
        assertRefused("unknown code", "aten::zeros", new long[] {2, 3}, DType.UINT8, 3);
    }

    @Test
    void aQuotientThatIsNoIntegerOfItsTypeIsRefused() {
        String rule = "overflows when divided by -1";
        Tensor most = Tensor.of(5, Integer.MIN_VALUE);
        Tensor minusOne = Tensor.of(-1);
        assertRefused(rule, "aten::div.Tensor_mode", most, minusOne, "trunc");
        assertRefused(rule, "aten::div_.Tensor_mode", most, minusOne, "trunc");
        assertRefused(rule, "aten::divide.Tensor_mode", Tensor.of(Long.MIN_VALUE), Tensor.of(-1L), "trunc");
        assertEquals(
                "tensor([-2, -1])",
                tensor("aten::div.Tensor_mode", Tensor.of(-5L, 3L), Tensor.of(2L, -2L), "trunc")
                        .toString());
        assertEquals(
                "tensor([-2147483648])",
                tensor("aten::div.Tensor_mode", Tensor.of(2147483648L), Tensor.of(-1L), "trunc")
                        .toString());
    }

    @Test
    void aResultThatSharesMemorySharesItsLife() {
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

    @Test
    void shapeAndMemoryThatJavaKnowsAreNeverExchanged() {
        for (Tensor x :
                new Tensor[] {Tensor.of(3f, 1f, 2f), Tensor.of(3f, 1f, 2f).clone()}) {
            String rule = "may be given another memory or shape";
            assertRefused(rule, "aten::resize_", x, new long[] {1 << 24});
            assertRefused(rule, "aten::set_.source_Tensor", x, Torch.ones(9));
            assertRefused(rule, "aten::set_data", x, Torch.ones(9));
            assertRefused(rule, "aten::as_strided_", x, new long[] {2}, new long[] {1L << 61}, 0);
            assertRefused(rule, "aten::sort.values", Tensor.of(1f, 2f), -1, false, x, Torch.zeros(DType.INT64, 0));
            assertRefused(rule, "aten::t_", x);
            assertRefused(rule, "aten::transpose_", x, 0, 0);
            assertRefused(rule, "aten::swapaxes_", x, 0, 0);
            assertRefused(rule, "aten::swapdims_", x, 0, 0);
            assertRefused(rule, "aten::squeeze_", x);
            assertRefused(rule, "aten::squeeze_.dim", x, 0);
            assertRefused(rule, "aten::squeeze_.dims", x, new long[] {0});
            assertRefused(rule, "aten::unsqueeze_", x, 0);
            assertEquals("tensor([3., 1., 2.])", x.clone().toString());
        }
        assertRefused("map it by FileChannel.map", "aten::from_file", "no-such-file", true, 8);
        assertRefused("does not check", "aten::_neg_view", Tensor.of(1f));
        assertRefused("does not check", "aten::_reshape_alias", Tensor.of(1f), new long[] {5}, new long[] {1});
        assertRefused("does not check", "aten::_stack", List.of(), 0);
        assertRefused("does not check", "aten::reflection_pad1d_backward", Torch.zeros(1, 1, 1), Torch.zeros(1, 1, 1));
        assertRefused("does not check", "aten::ctc_loss.Tensor", Torch.ones(4, 2, 3), Tensor.of(1L << 40));
        assertRefused("must be a name such as", "aten::lu_unpack.", Torch.zeros(0, 3, 3, 3), Tensor.of(1, 1, 1));
        assertRefused("must be a name such as", "aten::relu\0zzz", Tensor.of(1f));
        assertRefused("must be a name such as aten::", "inductor::_reinterpret_tensor", Torch.ones(4), new long[] {9});
        assertRefused("no NUL character", "aten::index_reduce", Tensor.of(1f), 0, Tensor.of(0L), Tensor.of(1f), "a\0b");
        assertRefused("does not check", "aten::lu_unpack", Torch.zeros(0, 3, 3, 3), Tensor.of(1, 1, 1));
    }

    /** Crashed when the memory's owner was guessed by addresses, which an empty view has none of. */
    @Test
    void aViewOfAnEmptyViewOfTheSecondInputSharesTheLifeOfItsMemory() {
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
    void aResultThatIsRefusedLeavesNoHandle() {
        long live = Handles.live();
        Tensor x = Tensor.of(1f, 0f);
        long made = Handles.live();
        assertThrows(IllegalArgumentException.class, () -> Torch.call("aten::to_sparse", x));
        assertTrue(Handles.live() <= made && made > live);
    }

    @Test
    void anEmptyViewSharesTheLifeOfItsMemory() {
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
    void aTensorThatIsPassedOnLivesInTheNamedArena() {
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
    void whatDoesNotFitTheSchemaIsRefused() {
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
        assertEquals("self must be a matrix", failed.getMessage());
    }
}
