package dev.torchffm.nn;

import dev.torchffm.Mode;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/** Loads parameters: checks first, then copies. */
final class StateDict {

    private StateDict() {}

    static void load(Module module, Map<String, Tensor> stateDict) {
        Objects.requireNonNull(stateDict, "stateDict");
        Map<String, Tensor> parameters = module.namedParameters();
        parameters.keySet().forEach(stateDict::get); // that of a file tells the dtype of one that it cannot give
        var errors = new ArrayList<String>();
        addKeys(errors, "Missing", parameters.keySet(), stateDict.keySet());
        addKeys(errors, "Unexpected", stateDict.keySet(), parameters.keySet());
        parameters.forEach((name, parameter) -> {
            if (parameter.segment().isReadOnly()) {
                errors.add("the parameter " + name + " stands on read-only memory, and loading writes it");
            }
            if (stateDict.containsKey(name)) {
                Tensor source = Objects.requireNonNull(stateDict.get(name), name);
                source.segment(); // refuses a closed one, before anything is changed
                long[] sizes = source.sizes();
                if (!Arrays.equals(sizes, parameter.sizes())) {
                    errors.add("size mismatch for " + name + ": copying a param with shape " + shape(sizes)
                            + " from checkpoint, the shape in current model is " + shape(parameter.sizes()) + ".");
                }
            }
        });
        if (!errors.isEmpty()) {
            throw new IllegalArgumentException("Error(s) in loading state_dict for "
                    + module.getClass().getSimpleName() + ":\n\t" + String.join("\n\t", errors));
        }
        try (Mode _ = Torch.noGrad()) {
            parameters.forEach((name, parameter) -> parameter.copy_(stateDict.get(name)));
        }
    }

    private static void addKeys(List<String> errors, String what, Set<String> keys, Set<String> others) {
        String odd = keys.stream()
                .filter(key -> !others.contains(key))
                .map(key -> "\"" + key + "\"")
                .collect(Collectors.joining(", "));
        if (!odd.isEmpty()) {
            errors.add(what + " key(s) in state_dict: " + odd + ". ");
        }
    }

    private static String shape(long[] sizes) {
        return "torch.Size(" + Arrays.toString(sizes) + ")";
    }
}
