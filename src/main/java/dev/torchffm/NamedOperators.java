package dev.torchffm;

import dev.torchffm.internal.Operator;
import dev.torchffm.internal.Scalar;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Which operators users may call by name. */
final class NamedOperators {

    /** Documented operators of libtorch 2.13 that end the process or write past memory when they get wrong values. */
    private static final Set<String> UNCHECKED = Set.of(
            "aten::batch_norm_update_stats",
            "aten::choose_qparams_optimized",
            "aten::ctc_loss",
            "aten::fused_moving_avg_obs_fake_quant",
            "aten::gru",
            "aten::lstm",
            "aten::lu_unpack",
            "aten::native_batch_norm",
            "aten::native_group_norm",
            "aten::quantized_gru_cell",
            "aten::quantized_lstm_cell",
            "aten::quantized_rnn_relu_cell",
            "aten::quantized_rnn_tanh_cell",
            "aten::range",
            "aten::rnn_relu",
            "aten::rnn_tanh",
            "aten::rrelu_with_noise",
            "aten::rrelu_with_noise_",
            "aten::segment_reduce");

    /** Prefixes of operators on other libraries' opaque memory, which is passed as a tensor. */
    private static final List<String> OPAQUE =
            List.of("aten::cudnn_", "aten::fbgemm_", "aten::miopen_", "aten::mkldnn_");

    private static final Pattern NAME = Pattern.compile("(aten::\\w+)(?:\\.\\w+)?");

    /** torch.unique: of libtorch's internal operators, aten::_…, the only one that users of PyTorch need. */
    private static final String CHECKED_INTERNAL = "aten::_unique2";

    /** torch.from_file: no arena guards its memory. */
    private static final String MAPS_A_FILE = "aten::from_file";

    /** What {@link Tensor#requiresGrad_} does. */
    private static final String ASKS_FOR_GRADIENTS = "aten::requires_grad_";

    /** The operators that were called, by the user's name for them. */
    private static final ConcurrentHashMap<String, Operator> OPERATORS = new ConcurrentHashMap<>();

    private NamedOperators() {}

    /** Calls an operator that a user names. */
    static List<@Nullable Object> call(@Nullable Arena resultArena, String name, @Nullable Object[] given) {
        Objects.requireNonNull(name, "operator");
        @Nullable Object[] arguments = copied(Objects.requireNonNull(given, "arguments"));
        Operator known = OPERATORS.get(name);
        Operator operator = known == null ? find(name) : known;
        requireValues(operator, arguments);
        return Operators.call(resultArena == null ? firstArena(arguments) : resultArena, operator, arguments);
    }

    /** Where results of the first tensor live. */
    private static @Nullable Arena firstArena(@Nullable Object[] arguments) {
        if (arguments.length > 0 && arguments[0] instanceof Tensor first) {
            return first.resultArena;
        }
        List<Tensor> tensors = Operators.tensorsIn(arguments);
        return tensors.isEmpty() ? null : tensors.getFirst().resultArena;
    }

    /** Checks a name and resolves its operator. */
    private static Operator find(String name) {
        Matcher matcher = NAME.matcher(name);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "operator is " + name + ", and must be a name such as aten::sum or aten::sum.dim_IntList");
        }
        String base = matcher.group(1);
        if (base.equals(MAPS_A_FILE)) {
            throw new IllegalArgumentException("operator is " + name
                    + ", which may create a file, and whose memory"
                    + " no arena guards; map it by FileChannel.map, and use Tensor.fromSegment");
        }
        boolean internal = base.startsWith("aten::_") && !base.equals(CHECKED_INTERNAL);
        boolean opaque = OPAQUE.stream().anyMatch(base::startsWith);
        if (internal || opaque || base.contains("_backward") || UNCHECKED.contains(base)) {
            throw new IllegalArgumentException("operator is " + name + ", which does not check its arguments;"
                    + " call a documented operator, and backward() for gradients");
        }
        TorchException.requireLibtorch();
        // Operators knows detach, whose result has a new history, by this object.
        Operator operator = name.equals(Ops.DETACH.name()) ? Ops.DETACH : Operator.of(name);
        TorchException.check(operator.resolve());
        if (base.equals(ASKS_FOR_GRADIENTS)) {
            History.request();
        }
        OPERATORS.put(name, operator);
        return operator;
    }

    /** A copy of the arguments, so that those that were checked are those that are passed. */
    private static @Nullable Object[] copied(@Nullable Object[] given) {
        @Nullable Object[] arguments = given.clone();
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = switch (arguments[i]) {
                case List<?> list -> Collections.unmodifiableList(new ArrayList<>(list));
                case Tensor[] array -> array.clone();
                case null, default -> arguments[i];
            };
        }
        return arguments;
    }

    // ---- values that end the process ----

    private static void requireValues(Operator operator, @Nullable Object[] arguments) {
        if (operator.name().startsWith("aten::div") && Arrays.asList(arguments).contains("trunc")) {
            requireNoOverflow(operator, arguments);
        }
        if (operator.name().equals("aten::lcm") || operator.name().equals("aten::lcm_")) {
            requireNoLeast(operator, arguments);
        }
        if (operator.name().equals("aten::arange")) {
            requireCount(operator, arguments);
        }
        if (operator.name().equals("aten::median") || operator.name().equals("aten::nanmedian")) {
            requireStride(operator, arguments);
        }
    }

    /** libtorch takes a stride of 0 for one of 1 here, and reads past the memory. */
    private static void requireStride(Operator operator, @Nullable Object[] arguments) {
        if (arguments.length > 1 && arguments[0] instanceof Tensor self && arguments[1] instanceof Number number) {
            long dim = number.longValue() < 0 ? number.longValue() + self.dim() : number.longValue();
            if (dim >= 0 && dim < self.dim() && self.strides()[(int) dim] == 0 && self.sizes()[(int) dim] > 1) {
                throw new IllegalArgumentException("operator is " + operator + " over dimension " + number
                        + ", whose stride is 0, and needs another stride: call contiguous() first");
            }
        }
    }

    /** libtorch divides the difference of end and start by the step as integers: the least by -1, see below. */
    private static void requireCount(Operator operator, @Nullable Object[] arguments) {
        if (arguments.length > 2
                && arguments[0] instanceof Number start
                && arguments[1] instanceof Number end
                && arguments[2] instanceof Number step
                && end.longValue() - start.longValue() == Long.MIN_VALUE
                && step.longValue() == -1) {
            throw new IllegalArgumentException("operator is " + operator + " from " + start + " to " + end + " by "
                    + step + ", and must make fewer elements");
        }
    }

    /** The least integer divided by -1 overflows, which ends the process. */
    private static void requireNoOverflow(Operator operator, @Nullable Object[] arguments) {
        if (arguments.length < 2 || !(arguments[0] instanceof Tensor dividend)) {
            return;
        }
        Object divisor = arguments[1];
        boolean narrow =
                dividend.dtype() == DType.INT32 || divisor instanceof Tensor tensor && tensor.dtype() == DType.INT32;
        boolean byMinusOne = divisor instanceof Tensor tensor
                ? anyInteger(tensor, value -> value == -1 || narrow && (int) value == -1)
                : divisor instanceof Number number
                        && Scalar.kind("arguments[1]", number) == Scalar.INTEGER
                        && (number.longValue() == -1 || narrow && number.intValue() == -1);
        if (byMinusOne && anyLeast(dividend, narrow)) {
            throw new IllegalArgumentException("operator is " + operator
                    + " with \"trunc\", and the least integer among the dividends overflows when divided by -1;"
                    + " \"floor\" wraps around");
        }
    }

    /** libtorch divides by a greatest common divisor, which it may take for -1 here: see above. */
    private static void requireNoLeast(Operator operator, @Nullable Object[] arguments) {
        if (arguments.length < 2 || !(arguments[0] instanceof Tensor self) || !(arguments[1] instanceof Tensor other)) {
            return;
        }
        boolean narrow = self.dtype() == DType.INT32 || other.dtype() == DType.INT32;
        if (anyLeast(self, narrow)) {
            throw new IllegalArgumentException("operator is " + operator
                    + ", whose first argument holds the least integer of its type, which has no positive counterpart");
        }
    }

    /** Whether the least integer is among the elements; of 32 bits too, where libtorch may compute with so few. */
    private static boolean anyLeast(Tensor tensor, boolean narrow) {
        return anyInteger(tensor, value -> value == Long.MIN_VALUE || narrow && (int) value == Integer.MIN_VALUE);
    }

    private static boolean anyInteger(Tensor tensor, LongPredicate predicate) {
        if (tensor.dtype().isFloatingPoint()) {
            return false;
        }
        var elements = new Elements(tensor.segment(), tensor.dtype(), tensor.layout());
        var any = new boolean[1];
        tensor.layout().forEach((place, _) -> any[0] |= predicate.test(elements.integer(place)));
        return any[0];
    }
}
