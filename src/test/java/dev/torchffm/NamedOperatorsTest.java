package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.testing.TorchExtension;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
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
        String rule = "Torch.callUnchecked calls it all the same";
        List<Tensor> weights = List.of(Torch.ones(4, 4), Torch.ones(4, 4));
        for (String rnn : List.of("aten::rnn_tanh.data", "aten::rnn_relu.data", "aten::gru.data")) {
            Tensor none = Torch.empty(DType.INT64, 0);
            assertRefused(rule, rnn, Torch.ones(3, 4), none, Torch.ones(1, 1, 4), weights, false, 1, 0.0, false, false);
        }
        for (String lstm : List.of("aten::lstm.input", "aten::lstm.data", "aten::lstm_cell")) {
            assertRefused(rule, lstm, Torch.ones(3, 3, 3), weights, weights);
        }
        assertRefused(rule, "aten::ormqr", Torch.ones(3, 3), Torch.ones(3), Torch.ones(3, 3));
        assertRefused(rule, "aten::segment_reduce", Torch.ones(3), "max", Tensor.of(5L));
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
    void arangeRefusesADistanceThatIsNoInteger() {
        assertRefused("lie closer together", "aten::arange.start_step", Long.MAX_VALUE, -1, -1);
        assertRefused("lie closer together", "aten::arange.start_step", 0x1p62, -0x1p62, -1.5, DType.INT64);
    }

    @Test
    void medianRefusesADimensionOfStride0() {
        Tensor x = tensor("aten::expand", Tensor.of(3f), new long[] {2, 4});
        for (String median : List.of("aten::median.dim", "aten::nanmedian.dim")) {
            assertRefused("no stride of 0", median, x, 1, false);
            assertRefused("no stride of 0", median, x, -2, false);
            assertEquals(
                    "tensor([3., 3.])", tensor(median, x.contiguous(), 1, false).toString());
            assertThrows(TorchException.class, () -> Torch.call(median, x, 2, false));
        }
    }

    @Test
    void divRefusesAQuotientOutOfItsTypesRange() {
        String rule = "needs no least integer that is divided by -1";
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
        String rule = "needs no integer that is its type's least";
        for (String lcm : List.of("aten::lcm", "aten::lcm_")) {
            assertRefused(rule, lcm, Tensor.of(1L, Long.MIN_VALUE), Tensor.of(5L));
            assertRefused(rule, lcm, Tensor.of(Integer.MIN_VALUE), Tensor.of(5));
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
        assertRefused("by some values", "aten::ctc_loss.Tensor", Torch.ones(4, 2, 3), Tensor.of(1L << 40));
        assertRefused("must be a name such as", "aten::lu_unpack.", Torch.zeros(0, 3, 3, 3), Tensor.of(1, 1, 1));
        assertRefused("must be a name such as", "aten::relu\0zzz", Tensor.of(1f));
        assertRefused("must be a name such as aten::", "inductor::_reinterpret_tensor", Torch.ones(4), new long[] {9});
        assertRefused("no NUL character", "aten::index_reduce", Tensor.of(1f), 0, Tensor.of(0L), Tensor.of(1f), "a\0b");
        assertRefused("by some values", "aten::lu_unpack", Torch.zeros(0, 3, 3, 3), Tensor.of(1, 1, 1));
        Tensor bias = tensor("aten::expand", Tensor.of(1f), new long[] {3});
        assertRefused("by some values", "aten::native_group_norm", Torch.ones(1, 3, 2), null, bias, 1, 3, 2, 1, 1e-5);
    }

    /** What libtorch does not survive by single values; the operators are served with others. */
    @Test
    void callRefusesValuesThatLibtorchDoesNotSurvive() {
        Tensor matrix = tensor("aten::reshape", Tensor.of(1f, Float.POSITIVE_INFINITY, 2f, 3f), new long[] {2, 2});
        for (String operator : List.of("aten::linalg_svd", "aten::svd", "aten::pinverse", "aten::linalg_eigvals")) {
            assertRefused("needs finite values", operator, matrix);
        }
        assertRefused("needs finite values", "aten::linalg_norm", matrix, 2);
        Tensor values = (Tensor) Objects.requireNonNull(
                Torch.call("aten::linalg_svd", Torch.ones(2, 2)).get(1));
        assertEquals(2, values.toFloatArray()[0], 1e-5);
        assertRefused("needs finite values", "aten::binomial", Tensor.of(Float.NaN), Tensor.of(.5f));
        assertRefused("needs no 9223372036854775807", "aten::random.from", Torch.ones(2), Long.MAX_VALUE, null);

        assertRefused("needs no integer that", "aten::lcm", Tensor.of(Long.MIN_VALUE), Tensor.of(5L));
        assertRefused("needs no integer that", "aten::lcm", Tensor.of(5), Tensor.of(Integer.MIN_VALUE));
        assertEquals(
                "tensor([15])",
                tensor("aten::lcm", Tensor.of(-3L), Tensor.of(5L)).toString());

        assertRefused("needs tensors with elements", "aten::pdist", Torch.zeros(0, 3), 2.0);
        assertRefused("needs no integers below 0", "aten::repeat_interleave.Tensor", Tensor.of(1_000_000, -999_999));
        assertEquals(
                "tensor([1, 1])",
                tensor("aten::repeat_interleave.Tensor", Tensor.of(0L, 2L)).toString());

        Tensor indices = Tensor.of(0L, 1L);
        for (Tensor offsets : List.of(
                Tensor.of(new long[0]),
                Torch.zeros(DType.INT64),
                Tensor.of(1L),
                Tensor.of(0L, 3L),
                Tensor.of(0L, 2L, 1L))) {
            assertRefused("a row of offsets from 0", "aten::embedding_bag", Torch.ones(2, 3), indices, offsets);
        }
        assertEquals(
                "tensor([[2., 2., 2.]])",
                tensor("aten::embedding_bag", Torch.ones(2, 3), indices, Tensor.of(0L))
                        .toString());

        Tensor images = Torch.ones(1, 1, 3);
        assertRefused("integers from -4096", "aten::conv1d", images, images, null, new long[] {Integer.MAX_VALUE});
        assertEquals(
                "tensor([[[3.]]])",
                tensor("aten::conv1d", images, images, null, new long[] {2}).toString());
        for (String pool : List.of("aten::max_pool2d", "aten::max_pool2d_with_indices")) {
            assertRefused("windows that hold", pool, Torch.ones(1, 1, 1), new long[] {2, 2}, 1, 1, 2);
            assertRefused("windows that hold", pool, Torch.ones(1, 1, 1), 2, 1, (short) 1, (byte) 2);
        }
        assertRefused("padding", "aten::max_pool2d", Torch.ones(1, 4, 4), 2, 1, Double.POSITIVE_INFINITY);
        assertRefused("degrees", "aten::special_legendre_polynomial_p.n_scalar", Torch.ones(1), Integer.MAX_VALUE);
    }

    /** What is near such values, and libtorch survives. */
    @Test
    void callServesOtherValuesOfCheckedOperators() {
        float infinity = Float.POSITIVE_INFINITY;
        Tensor row = Tensor.of(1f, infinity);
        Tensor matrix = tensor("aten::reshape", row, new long[] {1, 2});
        assertEquals("tensor(inf)", tensor("aten::linalg_norm", row, 2).toString());
        assertEquals("tensor(inf)", tensor("aten::linalg_norm", matrix).toString());
        assertEquals(
                "tensor(3.)",
                tensor("aten::linalg_norm", Tensor.of(1f, 3f), infinity).toString());
        assertEquals(
                "tensor([-1, -1,  2])",
                tensor("aten::repeat_interleave.self_Tensor", Tensor.of(-1L, 2L), Tensor.of(2L, 1L))
                        .toString());
        assertEquals(
                2,
                tensor("aten::random.to", Torch.ones(DType.INT64, 2), Long.MAX_VALUE)
                        .numel());
        Tensor images = Torch.ones(1, 1, 10_000);
        assertEquals(
                "tensor([[[1.]]])",
                tensor("aten::max_pool1d", images, new long[] {10_000}).toString());
        assertEquals(
                20_000,
                tensor("aten::conv1d", images, Torch.ones(1, 1, 1), null, new long[] {1}, new long[] {5_000})
                        .numel());
        Tensor weights = Torch.ones(5_000, 1, 1);
        assertEquals(
                5_000,
                tensor("aten::conv1d", Torch.ones(1, 5_000, 1), weights, null, 1, 0, 1, 5_000)
                        .numel());
        assertEquals(
                "tensor([[2., 2.], [1., 1.]])",
                tensor("aten::embedding_bag", Torch.ones(2, 2), Tensor.of(0L, 1L, 1L), Tensor.of(0L, 2L))
                        .toString()
                        .replaceAll("\\s+", " "));
    }

    /** No other thread can change values between their check and the call. */
    @Test
    void valuesThatAreCheckedAreThoseThatArePassed() throws Exception {
        Tensor x = tensor(
                "aten::expand", tensor("aten::reshape", Tensor.of(1f, 2f), new long[] {2, 1}), new long[] {2, 4});
        var dim = new AtomicLong(0);
        var done = new AtomicBoolean();
        Thread flips = Thread.ofPlatform().start(() -> {
            while (!done.get()) {
                dim.set(1 - dim.get());
            }
        });
        int called = 0;
        try {
            for (int i = 0; i < 2_000 || called == 0; i++) {
                try {
                    Tensor median = (Tensor) Objects.requireNonNull(
                            Torch.call("aten::median.dim", x, dim, false).getFirst());
                    assertArrayEquals(new long[] {4}, median.sizes());
                    called++;
                } catch (IllegalArgumentException e) {
                    assertTrue(e.getMessage().contains("no stride of 0"), e.getMessage());
                }
            }
        } finally {
            done.set(true);
            flips.join();
        }
    }

    @Test
    void covRefusesWeightsOfOneObservation() {
        Tensor weights = Tensor.of(2f);
        assertRefused("two observations", "aten::cov", Tensor.of(3f), 0, null, weights);
        assertRefused("two observations", "aten::cov", Torch.ones(2, 1), 0, null, weights);
        assertEquals("tensor(0.)", tensor("aten::cov", Tensor.of(3f), 0).toString());
        assertEquals(
                "tensor(1.)",
                tensor("aten::cov", Tensor.of(3f, 5f), 0, null, Tensor.of(1f, 1f))
                        .toString());
    }

    @Test
    void callUncheckedCallsWhatCallRefuses() {
        assertRefused("by some values", "aten::range.step", 0, 3, 1);
        assertEquals(
                "tensor([0., 1., 2., 3.])",
                Objects.requireNonNull(
                                Torch.callUnchecked("aten::range.step", 0, 3, 1).getFirst())
                        .toString());
        try (Arena arena = Arena.ofConfined()) {
            var flipped = (Tensor) Objects.requireNonNull(
                    Torch.callUnchecked(arena, "aten::_neg_view", Tensor.of(1f)).getFirst());
            assertEquals(1, flipped.dim());
        }
    }

    @Test
    void callUncheckedRefusesWhatTheLibraryNeeds() {
        Tensor closed;
        try (Arena arena = Arena.ofConfined()) {
            closed = Tensor.of(arena, 1f);
        }
        assertThrows(IllegalStateException.class, () -> Torch.callUnchecked("aten::pdist", closed, 2.0));
        Tensor readOnly = Tensor.fromSegment(Arena.ofAuto().allocate(4, 4).asReadOnly(), DType.FLOAT32, 1);
        assertThrows(
                IllegalArgumentException.class,
                () -> Torch.callUnchecked("aten::cov", readOnly, 0, null, Tensor.of(2f)));
        assertThrows(IllegalArgumentException.class, () -> Torch.callUnchecked("aten::relu_", readOnly));
        assertThrows(IllegalArgumentException.class, () -> Torch.callUnchecked("aten::median.dim", "text", 1));
        assertThrows(
                IllegalArgumentException.class,
                () -> Torch.callUnchecked("aten::resize_", Torch.ones(1), new long[] {9}));
        assertThrows(IllegalArgumentException.class, () -> Torch.callUnchecked("aten::from_file", "none", true, 8));
        Tensor loss = Torch.ones(1);
        assertThrows(
                IllegalArgumentException.class,
                () -> Torch.callUnchecked("aten::_backward", loss, List.of(), null, false, false));
    }

    @Test
    void theReadmeSaysHowManyOperatorsAreServed() throws IOException {
        List<String> called;
        try (InputStream lines = NamedOperatorsTest.class.getResourceAsStream("called-operators.txt")) {
            called = new String(Objects.requireNonNull(lines).readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        }
        assertTrue(called.containsAll(OperatorLists.UNCHECKED.keySet()));
        String served = String.format(
                Locale.ROOT,
                "%,d of the %,d operators of libtorch that can be called by name",
                called.size() - OperatorLists.UNCHECKED.size(),
                called.size());
        String readme = Files.readString(Path.of("README.md"));
        assertTrue(readme.contains(served), served);
    }
}
