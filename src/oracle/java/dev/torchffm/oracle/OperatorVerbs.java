package dev.torchffm.oracle;

import static java.util.Map.entry;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Operators by their names, and gradients through them. */
final class OperatorVerbs {

    private static final String NAMESPACE = "aten::";

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
        for (Object result : Torch.call(name, values)) {
            if (name.contains("empty") && result instanceof Tensor tensor) {
                Torch.call("aten::zero_", tensor);
            }
            results.add(result instanceof DType dtype ? dtype.name() : result);
        }
        return results.size() == 1 ? results.getFirst() : results;
    }

    /** Lists of numbers are arrays. */
    private static @Nullable Object argument(@Nullable Object value) {
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
