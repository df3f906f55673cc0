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
import java.util.stream.Collectors;

/** Loads parameters and buffers: checks first, then copies. */
final class StateDict {

    private StateDict() {}

    static IncompatibleKeys load(Module module, Map<String, Tensor> stateDict, boolean strict) {
        Objects.requireNonNull(stateDict, "stateDict");
        Map<String, Tensor> targets = module.stateDict();
        targets.keySet().forEach(stateDict::get); // a file refuses here a tensor whose dtype has no DType
        Map<String, Tensor> sources = new LinkedHashMap<>();
        List<String> missing = without(targets.keySet(), stateDict.keySet());
        missing.removeAll(optional("", module));
        List<String> unexpected = without(stateDict.keySet(), targets.keySet());
        var errors = new ArrayList<String>();
        if (strict) {
            addKeys(errors, "Missing", missing);
            addKeys(errors, "Unexpected", unexpected);
        }
        targets.forEach((name, target) -> {
            if (stateDict.containsKey(name)) {
                if (target.segment().isReadOnly()) {
                    errors.add(
                            "the parameter or buffer " + name + " stands on read-only memory, and loading writes it");
                }
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
            throw new IllegalArgumentException("Error(s) in loading state_dict for " + Python.className(module)
                    + ":\n\t" + String.join("\n\t", errors));
        }
        try (Mode _ = Torch.noGrad()) {
            sources.forEach(
                    (name, source) -> Objects.requireNonNull(targets.get(name)).copy_(source));
        }
        return new IncompatibleKeys(missing, unexpected);
    }

    /** The names that a state may lack, as those of an old PyTorch do: of the counts of batch norms. */
    private static List<String> optional(String prefix, Module module) {
        var names = new ArrayList<String>();
        if (module instanceof BatchNorm) {
            names.add(prefix + "num_batches_tracked");
        }
        module.namedChildren().forEach((name, child) -> names.addAll(optional(prefix + name + ".", child)));
        return names;
    }

    private static List<String> without(Set<String> keys, Set<String> others) {
        var rest = new ArrayList<>(keys);
        rest.removeAll(others);
        return rest;
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
