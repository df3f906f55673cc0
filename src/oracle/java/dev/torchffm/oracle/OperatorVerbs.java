package dev.torchffm.oracle;

import static java.util.Map.entry;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Operators, by their names and by the methods that are generated for them in turns, and gradients through them. */
final class OperatorVerbs {

    private static final String NAMESPACE = "aten::";

    /** How often each way was taken: a method, or the name of an operator. */
    private static final Map<Object, Integer> TAKEN = new HashMap<>();

    /** The operators whose methods gave results. */
    private static final Set<String> SUCCEEDED = new HashSet<>();

    /** Calls, from which on most methods must have been called. */
    private static final int MANY = 3_000;

    private OperatorVerbs() {}

    static Map<String, Verb> all() {
        return Map.ofEntries(entry("backward of the sum", a -> {
            a.tensor(0).sum().backward();
            return null;
        }));
    }

    static boolean isName(String verb) {
        return verb.startsWith(NAMESPACE);
    }

    /** The only result, or a list of all. */
    static @Nullable Object call(String name, Arguments given) {
        @Nullable
        Object[] values = given.values().stream().map(OperatorVerbs::argument).toArray();
        var results = new ArrayList<@Nullable Object>();
        for (Object result : inTurns(name, values)) {
            if (name.contains("empty") && result instanceof Tensor tensor) {
                Torch.call("aten::zero_", tensor);
            }
            results.add(result instanceof DType dtype ? dtype.name() : result);
        }
        return results.size() == 1 ? results.getFirst() : results;
    }

    private static List<@Nullable Object> inTurns(String name, @Nullable Object[] values) {
        var ways = new ArrayList<Object>(List.of(name));
        if (!isRecordedByAnotherName(name, values)) {
            TypedMethod.of(name).stream()
                    .filter(method -> method.serves(values))
                    .forEach(ways::add);
        }
        Object way = Collections.min(ways, Comparator.comparing(each -> TAKEN.getOrDefault(each, 0)));
        TAKEN.merge(way, 1, Integer::sum);
        if (!(way instanceof TypedMethod method)) {
            return Torch.call(name, values);
        }
        List<@Nullable Object> results = method.call(values);
        SUCCEEDED.add(method.operator());
        return results;
    }

    /** The methods with a number call the overload of two tensors, as Python's do, and its name is printed. */
    private static boolean isRecordedByAnotherName(String name, @Nullable Object[] values) {
        return name.matches("aten::(add|sub|mul|div)_?\\.Scalar")
                && values[0] instanceof Tensor tensor
                && tensor.requiresGrad();
    }

    /** How many operators have generated methods. */
    private static long methods() {
        return TypedMethod.all().stream().map(TypedMethod::operator).distinct().count();
    }

    /** How many of the operators that have methods gave results by them. */
    static String typed() {
        return SUCCEEDED.size() + " of " + methods() + " operators with generated methods gave results by these.";
    }

    /** Whether a run of many calls left out more than a tenth of them. */
    static boolean leavesOutMethods() {
        int calls = TAKEN.values().stream().mapToInt(Integer::intValue).sum();
        return calls >= MANY && SUCCEEDED.size() < 0.9 * methods();
    }

    /** Lists of numbers are arrays. */
    static @Nullable Object argument(@Nullable Object value) {
        if (!(value instanceof List<?> list) || list.isEmpty()) {
            return value;
        }
        var numbers = new Arguments(List.of(list));
        return switch (list.getFirst()) {
            case Long _ -> numbers.integers(0);
            case Double _ ->
                list.stream().mapToDouble(one -> ((Number) one).doubleValue()).toArray();
            case Boolean _ -> truths(list);
            case null, default -> list;
        };
    }

    private static boolean[] truths(List<?> list) {
        var truths = new boolean[list.size()];
        for (int i = 0; i < truths.length; i++) {
            truths[i] = (Boolean) list.get(i);
        }
        return truths;
    }
}
