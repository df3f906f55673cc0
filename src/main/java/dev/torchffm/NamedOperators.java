package dev.torchffm;

import dev.torchffm.internal.Operator;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Operators that users call by name: which they may, and by which values. */
final class NamedOperators {

    /** Prefixes of operators on other libraries' opaque memory, which is passed as a tensor. */
    private static final List<String> OPAQUE =
            List.of("aten::cudnn_", "aten::fbgemm_", "aten::miopen_", "aten::mkldnn_");

    private static final Pattern NAME = Pattern.compile("(aten::\\w+)(?:\\.\\w+)?");

    /** torch.unique: of libtorch's internal operators, aten::_…, the only one that users of PyTorch need. */
    private static final String CHECKED_INTERNAL = "aten::_unique2";

    /** torch.from_file: no arena guards its memory. */
    private static final String MAPS_A_FILE = "aten::from_file";

    /** It reads memory of histories, which {@link Tensor#backward()} keeps open. */
    private static final String BACKWARD = "aten::_backward";

    /** A finding: tensors that the schema does not call written are. */
    private static final String WRITES = "writes an input";

    /** What {@link Tensor#requiresGrad_} does. */
    private static final String ASKS_FOR_GRADIENTS = "aten::requires_grad_";

    /**
     * An operator that was called.
     *
     * @param refusal why {@link Torch#call} does not call it, or null
     * @param rules what its values must be
     */
    private record Named(Operator operator, @Nullable String refusal, List<ValueRule.Check> rules) {}

    /** The operators that were called, by the user's name for them. */
    private static final ConcurrentHashMap<String, Named> OPERATORS = new ConcurrentHashMap<>();

    private NamedOperators() {}

    /** Calls an operator that a user names, if libtorch survives it. */
    static List<@Nullable Object> call(@Nullable Arena resultArena, String name, @Nullable Object[] given) {
        @Nullable Object[] arguments = copied(name, given);
        Named named = find(overload(name, arguments, true), true);
        for (ValueRule.Check rule : named.rules) {
            rule.require(named.operator, arguments);
        }
        return run(resultArena, named, arguments);
    }

    /** Calls an operator on a tensor; its name may be without the namespace. */
    static Results callOn(Tensor self, String name, @Nullable Object[] more) {
        String full = Objects.requireNonNull(name, "operator").contains("::") ? name : "aten::" + name;
        var arguments = new @Nullable Object[1 + Objects.requireNonNull(more, "more").length];
        arguments[0] = self;
        System.arraycopy(more, 0, arguments, 1, more.length);
        return new Results(call(self.resultArena, full, arguments));
    }

    /** Calls an operator that a user names, whether libtorch survives it or not. */
    static List<@Nullable Object> callUnchecked(@Nullable Arena resultArena, String name, @Nullable Object[] given) {
        @Nullable Object[] arguments = copied(name, given);
        Named named = find(overload(name, arguments, false), false);
        if (WRITES.equals(named.refusal)
                || named.rules.stream().anyMatch(check -> check.rule() == ValueRule.OBSERVATIONS)) {
            Operators.tensorsIn(arguments).forEach(tensor -> tensor.requireWritable("an argument of " + name));
        }
        return run(resultArena, named, arguments);
    }

    private static List<@Nullable Object> run(@Nullable Arena resultArena, Named named, @Nullable Object[] arguments) {
        return Operators.call(
                resultArena == null ? Operators.firstArena(arguments) : resultArena, named.operator, arguments);
    }

    /** The name with the overload that the arguments fit, where it does not say one. */
    private static String overload(String name, @Nullable Object[] arguments, boolean checked) {
        if (name.indexOf('.') >= 0) {
            return name;
        }
        boolean refused =
                !Overloads.areKnown(name) && (!NAME.matcher(name).matches() || checked && refusal(name, name) != null);
        return refused ? name : Overloads.choose(name, arguments);
    }

    /** Checks a name and resolves its operator. */
    private static Named find(String name, boolean checked) {
        Named known = OPERATORS.get(name);
        Named found = known == null ? resolve(name, checked) : known;
        requireServed(name, checked ? found.refusal : null);
        return found;
    }

    private static Named resolve(String name, boolean checked) {
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
        if (base.equals(BACKWARD)) {
            throw new IllegalArgumentException(
                    "operator is " + name + ", and must be another: Tensor.backward() calls it");
        }
        String refusal = refusal(name, base);
        requireServed(name, checked ? refusal : null);
        TorchException.requireLibtorch();
        // Operators knows detach, whose result has a new history, by this object.
        Operator operator = name.equals(Ops.DETACH.name()) ? Ops.DETACH : Operator.of(name);
        TorchException.check(operator.resolve());
        if (base.equals(ASKS_FOR_GRADIENTS)) {
            History.request();
        }
        String rules = OperatorLists.CHECKED.getOrDefault(name, OperatorLists.CHECKED.getOrDefault(base, ""));
        var found = new Named(operator, refusal, ValueRule.of(rules));
        OPERATORS.put(name, found);
        return found;
    }

    /** Why an operator is not called, or null. */
    private static @Nullable String refusal(String name, String base) {
        boolean internal = base.startsWith("aten::_") && !base.equals(CHECKED_INTERNAL);
        boolean opaque = OPAQUE.stream().anyMatch(base::startsWith);
        return internal || opaque || base.contains("_backward")
                ? "does not check its arguments: call a documented operator, and backward() for gradients"
                : OperatorLists.UNCHECKED.get(name);
    }

    private static void requireServed(String name, @Nullable String refusal) {
        if (refusal != null) {
            throw new IllegalArgumentException(
                    "operator is " + name + ", which " + refusal + "; Torch.callUnchecked calls it all the same");
        }
    }

    private static @Nullable Object[] copied(String name, @Nullable Object[] given) {
        Objects.requireNonNull(name, "operator");
        return Operators.copied(Objects.requireNonNull(given, "arguments"));
    }
}
