package dev.torchffm.nn;

import dev.torchffm.Mode;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Loads parameters and buffers: checks first, then copies. */
final class StateDict {

    /** What states without metadata may lack, as those of an old PyTorch do. */
    private static final String OPTIONAL = "num_batches_tracked";

    private StateDict() {}

    static IncompatibleKeys load(Module module, Map<String, Tensor> stateDict, boolean strict) {
        Objects.requireNonNull(stateDict, "stateDict");
        Map<String, Tensor> targets = module.stateDict();
        targets.keySet().forEach(stateDict::get); // that of a file tells the dtype of one that it cannot give
        Map<String, Tensor> sources = new LinkedHashMap<>();
        Predicate<String> isOptional =
                key -> key.substring(key.lastIndexOf('.') + 1).equals(OPTIONAL);
        List<String> missing = without(targets.keySet(), stateDict.keySet()).stream()
                .filter(isOptional.negate())
                .toList();
        List<String> unexpected = without(stateDict.keySet(), targets.keySet());
        var errors = new ArrayList<String>();
        if (strict) {
            addKeys(errors, "Missing", missing);
            addKeys(errors, "Unexpected", unexpected);
        }
        targets.forEach((name, target) -> {
            if (target.segment().isReadOnly()) {
                errors.add("the parameter " + name + " stands on read-only memory, and loading writes it");
            }
            if (stateDict.containsKey(name)) {
                Tensor source = Objects.requireNonNull(stateDict.get(name), name);
                source.segment(); // refuses a closed one, before anything is changed
                long[] sizes = source.sizes();
                boolean isNumber = target.dim() == 0 && Arrays.equals(sizes, new long[] {1});
                if (!isNumber && !Arrays.equals(sizes, target.sizes())) {
                    errors.add("size mismatch for " + name + ": copying a param with shape " + shape(sizes)
                            + " from checkpoint, the shape in current model is " + shape(target.sizes()) + ".");
                }
                sources.put(name, isNumber ? source.reshape() : source);
            }
        });
        if (!errors.isEmpty()) {
            throw new IllegalArgumentException("Error(s) in loading state_dict for "
                    + module.getClass().getSimpleName() + ":\n\t" + String.join("\n\t", errors));
        }
        try (Mode _ = Torch.noGrad()) {
            sources.forEach(
                    (name, source) -> Objects.requireNonNull(targets.get(name)).copy_(source));
        }
        return new IncompatibleKeys(missing, unexpected);
    }

    private static List<String> without(Set<String> keys, Set<String> others) {
        return keys.stream().filter(key -> !others.contains(key)).toList();
    }

    private static void addKeys(List<String> errors, String what, List<String> odd) {
        if (!odd.isEmpty()) {
            errors.add(what + " key(s) in state_dict: "
                    + odd.stream().map(key -> "\"" + key + "\"").collect(Collectors.joining(", ")) + ". ");
        }
    }

    private static String shape(long[] sizes) {
        return "torch.Size(" + Arrays.toString(sizes) + ")";
    }
}
