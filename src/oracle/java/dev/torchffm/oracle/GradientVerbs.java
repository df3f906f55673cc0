package dev.torchffm.oracle;

import static java.util.Map.entry;

import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A tensor's history, and operators by their names. */
final class GradientVerbs {

    private GradientVerbs() {}

    static Map<String, Verb> all() {
        return Map.ofEntries(
                entry("Tensor.backward()", a -> {
                    a.tensor(0).backward();
                    return null;
                }),
                entry("Tensor.backward(Tensor)", a -> {
                    a.tensor(0).backward(a.tensor(1));
                    return null;
                }),
                entry("Tensor.requiresGrad_(boolean)", a -> a.tensor(0).requiresGrad_(a.truth(1))),
                entry("Tensor.detach()", a -> a.tensor(0).detach()),
                entry("Tensor.grad()", a -> a.tensor(0).grad()),
                entry("Tensor.clearGrad_()", a -> a.tensor(0).clearGrad_()),
                entry("Tensor.zeroGrad_()", a -> a.tensor(0).zeroGrad_()),
                entry("Torch.call(String,Object[])", GradientVerbs::call));
    }

    /** One result by itself, several in a list. */
    private static @Nullable Object call(Arguments a) {
        @Nullable
        Object[] arguments =
                a.values().stream().skip(1).map(GradientVerbs::argument).toArray();
        List<@Nullable Object> results = Torch.call(a.text(0), arguments);
        return results.size() == 1 ? results.getFirst() : results;
    }

    private static @Nullable Object argument(@Nullable Object value) {
        return value instanceof List<?> list && list.stream().noneMatch(Tensor.class::isInstance)
                ? list.stream()
                        .mapToLong(one -> (Long) Objects.requireNonNull(one))
                        .toArray()
                : value;
    }
}
