package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.testing.TorchExtension;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What users may not call by name: operators and values that end the process, or exchange what Java knows. */
@ExtendWith(TorchExtension.class)
final class NamedOperatorsTest {

    private static Tensor tensor(String operator, Object... arguments) {
        return (Tensor) Objects.requireNonNull(Torch.call(operator, arguments).getFirst());
    }

    private static void assertRefused(String reason, String operator, Object... arguments) {
        String message = assertThrows(IllegalArgumentException.class, () -> Torch.call(operator, arguments))
                .getMessage();
        assertTrue(message.contains(reason), message);
    }

    /** Each of these ended the process by SIGSEGV, SIGFPE or a broken heap. */
    @Test
    void callRefusesWhatLibtorchDoesNotSurvive() {
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
        assertRefused(rule, "aten::batch_norm_update_stats", Torch.ones(2, 9, 3), Torch.ones(1), Torch.ones(1), 0.1);
        assertRefused(rule, "aten::mkldnn_rnn_layer", Torch.ones(3, 2, 4), Torch.ones(1));
        assertRefused(rule, "aten::fbgemm_pack_gemm_matrix_fp16", Torch.ones(4, 4));
        assertRefused("unknown code", "aten::zeros", new long[] {2, 3}, DType.UINT8, 3);
    }

    @Test
    void arangeRefusesTooManyElements() {
        assertRefused("fewer elements", "aten::arange.start_step", Long.MAX_VALUE, -1, -1);
        assertRefused("fewer elements", "aten::arange.start_step", 0x1p62, -0x1p62, -1.5, DType.INT64);
    }

    @Test
    void medianRefusesADimensionOfStride0() {
        Tensor x = tensor("aten::expand", Tensor.of(3f), new long[] {2, 4});
        for (String median : List.of("aten::median.dim", "aten::nanmedian.dim")) {
            assertRefused("whose stride is 0", median, x, 1, false);
            assertRefused("whose stride is 0", median, x, -2, false);
            assertEquals(
                    "tensor([3., 3.])", tensor(median, x.contiguous(), 1, false).toString());
            assertThrows(TorchException.class, () -> Torch.call(median, x, 2, false));
        }
    }

    @Test
    void divRefusesAQuotientOutOfItsTypesRange() {
        String rule = "overflows when divided by -1";
        Tensor most = Tensor.of(5, Integer.MIN_VALUE);
        Tensor minusOne = Tensor.of(-1);
        assertRefused(rule, "aten::div.Tensor_mode", most, minusOne, "trunc");
        assertRefused(rule, "aten::div_.Tensor_mode", most, minusOne, "trunc");
        assertRefused(rule, "aten::divide.Tensor_mode", Tensor.of(Long.MIN_VALUE), Tensor.of(-1L), "trunc");
        assertRefused(rule, "aten::div.Tensor_mode", Tensor.of(Long.MIN_VALUE), minusOne, "trunc");
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
    void lcmRefusesTheLeastInteger() {
        for (String lcm : List.of("aten::lcm", "aten::lcm_")) {
            assertRefused("the least integer", lcm, Tensor.of(1L, Long.MIN_VALUE), Tensor.of(5L));
            assertRefused("the least integer", lcm, Tensor.of(Integer.MIN_VALUE), Tensor.of(5));
            assertEquals(
                    "tensor([10, 15])",
                    tensor(lcm, Tensor.of(2L, 3L), Tensor.of(5L)).toString());
        }
    }

    @Test
    void callRefusesResultsOfWhichSomeAreLists() {
        assertRefused("tensors and a Tensor[]", "aten::histogramdd", Torch.ones(4, 2), new long[] {2, 3});
    }

    @Test
    void callNeverExchangesShapeOrMemory() {
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
            // An operator of libtorch 2.14; 2.13 knows none of this name.
            assertThrows(RuntimeException.class, () -> Torch.call("aten::shallow_copy_data_", x, Torch.ones(9)));
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
        Tensor bias = tensor("aten::expand", Tensor.of(1f), new long[] {3});
        assertRefused("does not check", "aten::native_group_norm", Torch.ones(1, 3, 2), null, bias, 1, 3, 2, 1, 1e-5);
    }
}
