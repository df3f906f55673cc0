package dev.torchffm;

import dev.torchffm.internal.OperatorCall;
import dev.torchffm.internal.OperatorCall.NewTensor;
import dev.torchffm.internal.OperatorCall.Slot;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A call of an operator by name: Java's objects in, Java's objects out. */
final class Operator {

    private Operator() {}

    /** Documented operators that wrong values alone let end the process or write past memory, in libtorch 2.13. */
    private static final Set<String> UNCHECKED = Set.of(
            "aten::batch_norm_update_stats",
            "aten::choose_qparams_optimized",
            "aten::ctc_loss",
            "aten::fused_moving_avg_obs_fake_quant",
            "aten::gru",
            "aten::lstm",
            "aten::lu_unpack",
            "aten::native_batch_norm",
            "aten::rnn_relu",
            "aten::rnn_tanh",
            "aten::segment_reduce");

    /** Operators on other libraries' opaque memory, which look like tensors and are none. */
    private static final List<String> OPAQUE = List.of("aten::fbgemm_", "aten::mkldnn_");

    private static final Pattern NAME = Pattern.compile("(aten::\\w+)(?:\\.(\\w+))?");

    /** Of the names with an underscore, libtorch's internals, the one that users of PyTorch reach: torch.unique. */
    private static final String CHECKED_INTERNAL = "aten::_unique2";

    /** Over memory that no arena guards: torch.from_file. */
    private static final String MAPS_A_FILE = "aten::from_file";

    /** The one whose result stands on an input's memory without its history. */
    private static final String DETACH = "aten::detach";

    /** The one operator that reads what others left behind. */
    static final String BACKWARD = "aten::_backward";

    /** The arguments as they are now: what a caller or another thread changes later is not what was checked. */
    private static @Nullable Object[] copied(@Nullable Object[] arguments) {
        return Arrays.stream(arguments)
                .map(argument -> argument instanceof List<?> list
                        ? Collections.unmodifiableList(new ArrayList<>(list))
                        : argument instanceof Tensor[] array ? array.clone() : argument)
                .toArray();
    }

    /** A call that a user names. */
    static List<@Nullable Object> callNamed(@Nullable Arena home, String operator, @Nullable Object[] given) {
        Objects.requireNonNull(operator, "operator");
        @Nullable Object[] arguments = copied(Objects.requireNonNull(given, "arguments"));
        Matcher matcher = NAME.matcher(operator);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "operator is " + operator + ", and must be a name such as aten::sum or aten::sum.dim_IntList");
        }
        String name = matcher.group(1);
        if (name.equals(MAPS_A_FILE)) {
            throw new IllegalArgumentException(
                    "operator is " + operator + ", which may make a file and cannot guard its"
                            + " memory; map it by FileChannel.map, and use Tensor.fromSegment");
        }
        FusedStep step = FusedStep.named(name);
        if (step != null) {
            List<List<Tensor>> lists = step.fittingLists(arguments);
            List<@Nullable Object> none = call(home, operator, arguments);
            FusedStep.tellWritten(lists);
            return none;
        }
        boolean internal = name.startsWith("aten::_") && !name.equals(CHECKED_INTERNAL);
        boolean opaque = OPAQUE.stream().anyMatch(name::startsWith);
        if (internal || opaque || name.contains("_backward") || UNCHECKED.contains(name)) {
            throw new IllegalArgumentException("operator is " + operator + ", which does not check its arguments, and"
                    + " must be another: a documented one, and for gradients backward()");
        }
        if (name.startsWith("aten::div") && Arrays.asList(arguments).contains("trunc")) {
            requireNoOverflow(operator, arguments);
        }
        return call(home, operator, arguments);
    }

    /** The least integer divided by -1 is none of its type, and ends the process as a division by zero does in C. */
    private static void requireNoOverflow(String operator, @Nullable Object[] arguments) {
        if (arguments.length < 2
                || !(arguments[0] instanceof Tensor dividend)
                || !(arguments[1] instanceof Tensor divisor)) {
            return;
        }
        boolean narrow = dividend.dtype() == DType.INT32 || divisor.dtype() == DType.INT32;
        long least = narrow ? Integer.MIN_VALUE : Long.MIN_VALUE;
        if (anyInteger(dividend, value -> (narrow ? (int) value : value) == least)
                && anyInteger(divisor, value -> (narrow ? (int) value : value) == -1)) {
            throw new IllegalArgumentException("operator is " + operator + " with \"trunc\", and " + least
                    + " among the dividends with -1 among the divisors has no quotient; \"floor\" wraps around");
        }
    }

    private static boolean anyInteger(Tensor tensor, LongPredicate predicate) {
        if (tensor.dtype().isFloatingPoint()) {
            return false;
        }
        MemorySegment elements = tensor.segment();
        var any = new boolean[1];
        tensor.shape()
                .forEach((place, _) -> any[0] |= predicate.test(Elements.integer(elements, tensor.dtype(), place)));
        return any[0];
    }

    static List<@Nullable Object> call(@Nullable Arena home, String operator, @Nullable Object[] arguments) {
        TorchException.requireLibtorch();
        int dot = operator.indexOf('.');
        String name = dot < 0 ? operator : operator.substring(0, dot);
        String overload = dot < 0 ? "" : operator.substring(dot + 1);
        List<Tensor> tensors = tensorsIn(arguments);
        try (var call = new OperatorCall(arguments.length)) {
            for (int i = 0; i < arguments.length; i++) {
                put(call.argument(i), "arguments[" + i + "]", arguments[i]);
            }
            if (operator.equals(BACKWARD)) {
                tensors.forEach(tensor -> tensor.putHistoryInto(call.argument(0)));
            }
            try {
                TorchException.check(call.call(name, overload, arguments.length));
            } finally {
                Reference.reachabilityFence(tensors); // and with them their histories
            }
            if (name.endsWith("_") && !tensors.isEmpty()) { // the first is written, and else nothing that has a history
                tensors.getFirst().record(tensors);
            }
            var results = new ArrayList<@Nullable Object>();
            for (int i = 0; i < call.resultCount(); i++) {
                results.add(take(call, i, home, arguments, tensors, name.equals(DETACH)));
            }
            return Collections.unmodifiableList(results);
        }
    }

    static List<Tensor> tensorsIn(@Nullable Object[] arguments) {
        return Arrays.stream(arguments)
                .flatMap(argument -> argument instanceof List<?> list
                        ? list.stream()
                        : argument instanceof Tensor[] array
                                ? Arrays.stream(array)
                                : Arrays.stream(new Object[] {argument}))
                .filter(Tensor.class::isInstance)
                .map(Tensor.class::cast)
                .toList();
    }

    private static void put(Slot slot, String name, @Nullable Object value) {
        switch (value) {
            case null -> {} // A slot is None until it is set.
            case Tensor tensor -> tensor.putInto(slot);
            case Boolean bool -> slot.bool(bool);
            case Float real -> slot.real(real);
            case Double real -> slot.real(real);
            case Number number when Bound.kind(name, number) != 0 -> slot.integer(Bound.bits(number));
            case DType dtype -> slot.dtype(dtype.code);
            case String string when string.indexOf('\0') < 0 -> slot.string(string);
            case String string ->
                throw new IllegalArgumentException(
                        name + " is " + string.replace("\0", "\\0") + ", and must have no NUL character");
            case long[] integers ->
                putAll(
                        slot.integers(integers.length),
                        name,
                        Arrays.stream(integers).boxed().toList());
            case int[] integers ->
                putAll(
                        slot.integers(integers.length),
                        name,
                        Arrays.stream(integers).boxed().toList());
            case double[] reals ->
                putAll(
                        slot.reals(reals.length),
                        name,
                        Arrays.stream(reals).boxed().toList());
            case boolean[] bools -> {
                List<Slot> elements = slot.bools(bools.length);
                for (int i = 0; i < bools.length; i++) {
                    elements.get(i).bool(bools[i]);
                }
            }
            case Tensor[] tensors -> putAll(slot.tensors(tensors.length), name, Arrays.asList(tensors));
            case List<?> tensors -> {
                for (Object element : tensors) {
                    if (element != null && !(element instanceof Tensor)) {
                        throw new IllegalArgumentException(
                                name + " holds a " + element.getClass().getName()
                                        + ", and a list must hold tensors; pass numbers as a long[], double[] or boolean[]");
                    }
                }
                putAll(slot.tensors(tensors.size()), name, tensors);
            }
            default ->
                throw new IllegalArgumentException(
                        name + " is a " + value.getClass().getName() + ", and must be a Tensor,"
                                + " Number, Boolean, String, DType, null, an array of long, int, double or boolean, or a list of"
                                + " tensors");
        }
    }

    private static void putAll(List<Slot> slots, String name, List<?> values) {
        for (int i = 0; i < slots.size(); i++) {
            put(slots.get(i), name + "[" + i + "]", values.get(i));
        }
    }

    private static @Nullable Object take(
            OperatorCall call,
            int index,
            @Nullable Arena home,
            @Nullable Object[] arguments,
            List<Tensor> tensors,
            boolean detaches) {
        if (!(call.result(index) instanceof NewTensor result)) {
            return call.result(index);
        }
        if (result.sameAs() >= 0 && arguments[result.sameAs()] instanceof Tensor same) {
            return same;
        }
        Arena where =
                home != null || tensors.isEmpty() ? home : tensors.getFirst().home();
        call.taken(index);
        return detaches
                ? Tensor.adoptDetached(where, result.cell(), tensors)
                : Tensor.adopt(where, result.cell(), tensors);
    }
}
