package dev.torchffm.optim;

import dev.torchffm.Mode;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.internal.Operator;
import dev.torchffm.internal.UncheckedCalls;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Stochastic gradient descent, with or without momentum, by libtorch's fused operator. FLOAT16 and BFLOAT16 go by its
 * single operators, a parameter at a time, as the fused one of libtorch 2.13 leaves 16 and more of them as they were.
 *
 * <p>With g the gradient, negated to maximize, plus weightDecay · parameter: without momentum the parameter changes by
 * -lr · g. With momentum it changes by -lr · b, where b begins as g and is then momentum · b + (1 - dampening) · g;
 * with nesterov by -lr · (g + momentum · b).
 *
 * {@snippet class="dev.torchffm.examples.NnSnippets" region="optimizers"}
 *
 * <p>Source: the PyTorch page "torch.optim.SGD".
 */
public final class SGD extends Optimizer {

    private static final Operator FUSED_STEP = Operator.of("aten::_fused_sgd_");

    private static final String BUFFER = "momentum_buffer";

    private Options options;

    /** By parameter; a tensor is equal only to itself. */
    private final Map<Tensor, Tensor> momentumBuffers = new HashMap<>();

    /**
     * Plain descent.
     *
     * @param parameters changed by {@link #step}; see {@link Optimizer}
     * @param lr the learning rate, 0 or more
     * @throws IllegalArgumentException when a parameter or lr breaks its rule
     */
    public SGD(List<Tensor> parameters, double lr) {
        this(parameters, new Options(lr));
    }

    /**
     * Descent with options.
     *
     * @param parameters changed by {@link #step}; see {@link Optimizer}
     * @param options how
     * @throws IllegalArgumentException when a parameter breaks its rule
     */
    public SGD(List<Tensor> parameters, Options options) {
        super(parameters);
        this.options = Objects.requireNonNull(options, "options");
    }

    @Override
    public void step() {
        try (Arena arena = Arena.ofConfined();
                Mode _ = Torch.noGrad()) {
            var begun = new Batch();
            var first = new Batch();
            gradients(arena).forEach((parameter, gradient) -> {
                if (parameter.dtype().byteSize() == 2) {
                    stepByOperators(parameter, gradient);
                    return;
                }
                Tensor buffer = momentumBuffers.get(parameter);
                Batch batch = buffer == null ? first : begun;
                batch.parameters.add(parameter);
                batch.gradients.add(gradient);
                if (options.momentum() != 0) {
                    batch.buffers.add(buffer == null ? Torch.empty(parameter.dtype(), parameter.sizes()) : buffer);
                }
            });
            step(begun, false);
            step(first, true);
            for (int i = 0; i < first.buffers.size(); i++) {
                momentumBuffers.put(first.parameters.get(i), first.buffers.get(i));
            }
        }
    }

    @Override
    public double lr() {
        return options.lr();
    }

    @Override
    public void setLr(double lr) {
        options = options.lr(lr);
    }

    @Override
    Map<String, Object> group() {
        Map<String, Object> group = new LinkedHashMap<>();
        group.put("lr", options.lr());
        group.put("momentum", options.momentum());
        group.put("dampening", options.dampening());
        group.put("weight_decay", options.weightDecay());
        group.put("nesterov", options.nesterov());
        group.put("maximize", options.maximize());
        return group;
    }

    @Override
    Set<String> stateNames(Map<String, Object> group) {
        return Set.of(BUFFER);
    }

    @Override
    Object options(Map<String, Object> group) {
        return new Options(
                (Double) group.get("lr"),
                (Double) group.get("momentum"),
                (Double) group.get("dampening"),
                (Double) group.get("weight_decay"),
                (Boolean) group.get("nesterov"),
                (Boolean) group.get("maximize"));
    }

    @Override
    void restore(Object options, Map<Tensor, Map<String, Tensor>> states) {
        this.options = (Options) options;
        momentumBuffers.clear();
        states.forEach((parameter, state) -> momentumBuffers.putAll(Map.of(parameter, state.get(BUFFER))));
    }

    @Override
    Map<String, Tensor> state(Tensor parameter) {
        Tensor buffer = momentumBuffers.get(parameter);
        return buffer == null ? Map.of() : Map.of(BUFFER, buffer);
    }

    /** The same step in the order of PyTorch's own loop, so that each rounding is the same. */
    private void stepByOperators(Tensor parameter, Tensor gradient) {
        Tensor direction = options.maximize() ? gradient.neg() : gradient;
        if (options.weightDecay() != 0) {
            direction = direction.add(parameter, options.weightDecay());
        }
        if (options.momentum() != 0) {
            Tensor last = momentumBuffers.get(parameter);
            // A new tensor, as libtorch refuses to write one of a step in inference mode outside of that mode.
            Tensor buffer = last == null
                    ? Torch.empty(parameter.dtype(), parameter.sizes()).copy_(direction)
                    : last.mul(options.momentum()).add_(direction, 1 - options.dampening());
            momentumBuffers.put(parameter, buffer);
            direction = options.nesterov() ? direction.add(buffer, options.momentum()) : buffer;
        }
        parameter.add_(direction, -options.lr());
    }

    /** Parameters with their gradients, and their buffers where there is momentum. */
    private record Batch(List<Tensor> parameters, List<Tensor> gradients, List<Tensor> buffers) {

        Batch() {
            this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        }
    }

    private void step(Batch batch, boolean isFirst) {
        if (batch.parameters.isEmpty()) {
            return;
        }
        UncheckedCalls.caller()
                .step(
                        FUSED_STEP,
                        batch.parameters,
                        batch.gradients,
                        batch.buffers,
                        options.weightDecay(),
                        options.momentum(),
                        options.lr(),
                        options.dampening(),
                        options.nesterov(),
                        options.maximize(),
                        isFirst);
    }

    /**
     * How {@link SGD} descends.
     *
     * @param lr the learning rate, 0 or more
     * @param momentum the share of the last change that is kept, 0 or more; 0 is no momentum
     * @param dampening the share of a gradient that does not go into the momentum
     * @param weightDecay how much of a parameter is added to its gradient, 0 or more
     * @param nesterov whether momentum is Nesterov's
     * @param maximize whether to ascend
     */
    public record Options(
            double lr, double momentum, double dampening, double weightDecay, boolean nesterov, boolean maximize) {

        /**
         * All options.
         *
         * @throws IllegalArgumentException when lr, momentum or weightDecay is below 0, or nesterov comes without
         *     momentum or with dampening
         */
        public Options {
            requireNotNegative("learning rate", "lr", lr);
            requireNotNegative("momentum value", "momentum", momentum);
            requireNotNegative("weight_decay value", "weightDecay", weightDecay);
            if (nesterov && (momentum == 0 || dampening != 0)) {
                throw new IllegalArgumentException("Nesterov momentum requires a momentum and zero dampening, and they"
                        + " are " + momentum + " and " + dampening);
            }
        }

        /** PyTorch's defaults: nothing but a learning rate. */
        public Options(double lr) {
            this(lr, 0, 0, 0, false, false);
        }

        /** {@return these with another learning rate} */
        public Options lr(double lr) {
            return new Options(lr, momentum, dampening, weightDecay, nesterov, maximize);
        }

        /** {@return these with another momentum} */
        public Options momentum(double momentum) {
            return new Options(lr, momentum, dampening, weightDecay, nesterov, maximize);
        }

        /** {@return these with another dampening} */
        public Options dampening(double dampening) {
            return new Options(lr, momentum, dampening, weightDecay, nesterov, maximize);
        }

        /** {@return these with another weight decay} */
        public Options weightDecay(double weightDecay) {
            return new Options(lr, momentum, dampening, weightDecay, nesterov, maximize);
        }

        /** {@return these with or without Nesterov's momentum; set the momentum before} */
        public Options nesterov(boolean nesterov) {
            return new Options(lr, momentum, dampening, weightDecay, nesterov, maximize);
        }

        /** {@return these, ascending or descending} */
        public Options maximize(boolean maximize) {
            return new Options(lr, momentum, dampening, weightDecay, nesterov, maximize);
        }
    }
}
