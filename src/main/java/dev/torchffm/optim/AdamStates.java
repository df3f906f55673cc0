package dev.torchffm.optim;

import dev.torchffm.Mode;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.internal.Operator;
import dev.torchffm.internal.UncheckedCalls;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** The averages of {@link Adam} and {@link AdamW}, and their steps by libtorch's fused operators. */
final class AdamStates {

    private static final String AVERAGE = "exp_avg";
    private static final String SQUARES = "exp_avg_sq";
    private static final String GREATEST = "max_exp_avg_sq";

    private final Operator fusedStep;

    /** By parameter, by PyTorch's names; a tensor is equal only to itself. */
    private final Map<Tensor, Map<String, Tensor>> states = new HashMap<>();

    AdamStates(Operator fusedStep) {
        this.fusedStep = fusedStep;
    }

    private static Map<String, Tensor> begin(Tensor parameter, boolean amsgrad) {
        Map<String, Tensor> state = new LinkedHashMap<>();
        state.put(OptimizerState.STEP, Torch.zeros());
        for (String name : amsgrad ? List.of(AVERAGE, SQUARES, GREATEST) : List.of(AVERAGE, SQUARES)) {
            state.put(name, Torch.zeros(parameter.dtype(), parameter.sizes()));
        }
        return state;
    }

    void step(Map<Tensor, Tensor> gradients, Adam.Options options) {
        if (gradients.isEmpty()) {
            return;
        }
        List<Tensor> ready = List.copyOf(gradients.keySet());
        List<Map<String, Tensor>> each = ready.stream()
                .map(parameter -> states.computeIfAbsent(parameter, key -> begin(key, options.amsgrad())))
                .toList();
        try (Mode _ = Torch.noGrad()) {
            List<Tensor> steps = each(each, OptimizerState.STEP);
            steps.forEach(AdamStates::count);
            UncheckedCalls.caller()
                    .step(
                            fusedStep,
                            ready,
                            List.copyOf(gradients.values()),
                            each(each, AVERAGE),
                            each(each, SQUARES),
                            options.amsgrad() ? each(each, GREATEST) : List.of(),
                            steps,
                            options.lr(),
                            options.beta1(),
                            options.beta2(),
                            options.weightDecay(),
                            options.eps(),
                            options.amsgrad(),
                            options.maximize());
        }
    }

    private static List<Tensor> each(List<Map<String, Tensor>> states, String name) {
        return states.stream()
                .map(state -> Objects.requireNonNull(state.get(name), name))
                .toList();
    }

    /** Counts a step in Java, as libtorch would refuse to write a count that was made in inference mode. */
    private static void count(Tensor step) {
        MemorySegment count = step.segment();
        count.set(ValueLayout.JAVA_FLOAT, 0, count.get(ValueLayout.JAVA_FLOAT, 0) + 1);
    }

    // ---- saved and loaded ----

    Map<String, Tensor> of(Tensor parameter) {
        return states.getOrDefault(parameter, Map.of());
    }

    void restore(Map<Tensor, Map<String, Tensor>> restored) {
        states.clear();
        states.putAll(restored);
    }

    static Set<String> names(Map<String, Object> group) {
        Set<String> names = new LinkedHashSet<>(List.of(OptimizerState.STEP, AVERAGE, SQUARES));
        if (Boolean.TRUE.equals(group.get("amsgrad"))) {
            names.add(GREATEST);
        }
        return names;
    }

    static Map<String, Object> group(Adam.Options options) {
        Map<String, Object> group = new LinkedHashMap<>();
        group.put("lr", options.lr());
        group.put("betas", new double[] {options.beta1(), options.beta2()});
        group.put("eps", options.eps());
        group.put("weight_decay", options.weightDecay());
        group.put("amsgrad", options.amsgrad());
        group.put("maximize", options.maximize());
        return group;
    }

    static Adam.Options options(Map<String, Object> group) {
        var betas = (double[]) Objects.requireNonNull(group.get("betas"));
        return new Adam.Options(
                (Double) group.get("lr"),
                betas[0],
                betas[1],
                (Double) group.get("eps"),
                (Double) group.get("weight_decay"),
                (Boolean) group.get("amsgrad"),
                (Boolean) group.get("maximize"));
    }
}
