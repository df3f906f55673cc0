package dev.torchffm.optim;

import dev.torchffm.DType;
import dev.torchffm.Mode;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** An optimizer's state and options as tensors by name; loading checks first, then copies. */
final class OptimizerState {

    /** The count of steps, a FLOAT32 without dimensions; all other states are like their parameter. */
    static final String STEP = "step";

    private static final String GROUP = "param_groups.0.";
    private static final String PARAMS = GROUP + "params";

    private OptimizerState() {}

    static Map<String, Tensor> of(Optimizer optimizer) {
        Map<String, Tensor> all = new LinkedHashMap<>();
        List<Tensor> parameters = optimizer.parameters();
        for (int i = 0; i < parameters.size(); i++) {
            String prefix = prefix(i);
            optimizer.state(parameters.get(i)).forEach((name, tensor) -> all.put(prefix + name, tensor));
        }
        optimizer.group().forEach((name, value) -> all.put(GROUP + name, tensor(value)));
        all.put(PARAMS, Tensor.of(LongStream.range(0, parameters.size()).toArray()));
        return Collections.unmodifiableMap(all);
    }

    private static String prefix(int parameter) {
        return "state." + parameter + ".";
    }

    private static Tensor tensor(Object option) {
        return switch (option) {
            case Boolean truth -> Torch.full(DType.BOOL, new long[0], truth ? 1 : 0);
            case double[] numbers -> Tensor.of(numbers);
            default -> Torch.full(DType.FLOAT64, new long[0], (Double) option);
        };
    }

    static void load(Optimizer optimizer, Map<String, Tensor> stateDict) {
        List<Tensor> parameters = optimizer.parameters();
        Map<String, Object> group = new LinkedHashMap<>();
        optimizer.group().forEach((name, value) -> group.put(name, option(GROUP + name, value, stateDict)));
        long[] params = require(PARAMS, stateDict).toLongArray();
        if (params.length != parameters.size()) {
            throw new IllegalArgumentException(
                    "stateDict is of " + params.length + " parameters, and the optimizer has " + parameters.size());
        }
        Object options = optimizer.options(group);
        var names = new TreeSet<String>();
        group.keySet().forEach(name -> names.add(GROUP + name));
        names.add(PARAMS);
        Map<Tensor, Map<String, Tensor>> states = new HashMap<>();
        for (int i = 0; i < parameters.size(); i++) {
            String prefix = prefix(i);
            Tensor parameter = parameters.get(i);
            if (stateDict.keySet().stream().anyMatch(key -> key.startsWith(prefix))) {
                Map<String, Tensor> state = new LinkedHashMap<>();
                for (String name : optimizer.stateNames(group)) {
                    state.put(name, require(prefix + name, stateDict));
                    requireSizes(prefix + name, state.get(name), name.equals(STEP) ? new long[0] : parameter.sizes());
                    names.add(prefix + name);
                }
                states.put(parameter, state);
            }
        }
        stateDict.keySet().stream()
                .filter(key -> !names.contains(key))
                .findFirst()
                .ifPresent(key -> {
                    throw new IllegalArgumentException(
                            "stateDict has " + key + ", and the optimizer has no such state");
                });
        try (Mode _ = Torch.noGrad()) {
            states.forEach((parameter, state) -> state.replaceAll((name, tensor) -> copy(name, tensor, parameter)));
        }
        optimizer.restore(options, states);
    }

    private static Tensor copy(String name, Tensor tensor, Tensor parameter) {
        return name.equals(STEP)
                ? Torch.zeros().copy_(tensor)
                : Torch.empty(parameter.dtype(), parameter.sizes()).copy_(tensor);
    }

    private static Tensor require(String name, Map<String, Tensor> stateDict) {
        Tensor tensor = stateDict.get(name);
        if (tensor == null) {
            throw new IllegalArgumentException("stateDict has no " + name);
        }
        return tensor;
    }

    private static void requireSizes(String name, @Nullable Tensor tensor, long[] sizes) {
        long[] given = Objects.requireNonNull(tensor).sizes();
        if (!Arrays.equals(given, sizes)) {
            throw new IllegalArgumentException(name + " of stateDict has sizes " + Arrays.toString(given)
                    + ", and must have " + Arrays.toString(sizes));
        }
    }

    /** An option of the kind of the one that there is. */
    private static Object option(String name, Object old, Map<String, Tensor> stateDict) {
        Tensor given = require(name, stateDict);
        requireSizes(name, given, old instanceof double[] numbers ? new long[] {numbers.length} : new long[0]);
        return switch (old) {
            case Boolean _ -> given.item().doubleValue() != 0;
            case double[] _ -> given.to(DType.FLOAT64).toDoubleArray();
            default -> given.item().doubleValue();
        };
    }
}
