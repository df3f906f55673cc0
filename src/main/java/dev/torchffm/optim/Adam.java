package dev.torchffm.optim;

import dev.torchffm.Mode;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.internal.FusedSteps;
import dev.torchffm.internal.Operator;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Adam: descent by running averages m of the gradient and v of its square, by libtorch's fused operator.
 *
 * <p>With g the gradient, negated to maximize, plus weightDecay · parameter: m becomes beta1 · m + (1 - beta1) · g, and
 * v becomes beta2 · v + (1 - beta2) · g². In step t the parameter changes by -lr · m / (1 - beta1ᵗ), divided by
 * √(v / (1 - beta2ᵗ)) + eps; with amsgrad by the greatest v so far.
 *
 * {@snippet class="dev.torchffm.examples.NnSnippets" region="optimizers"}
 *
 * <p>Source: the PyTorch page "torch.optim.Adam".
 */
public final class Adam extends Optimizer {

    private static final Operator FUSED_STEP = Operator.of("aten::_fused_adam_");

    private final Options options;

    /** By parameter; a tensor is equal only to itself. */
    private final Map<Tensor, State> states = new HashMap<>();

    /**
     * Adam with PyTorch's defaults.
     *
     * @param parameters changed by {@link #step}; see {@link Optimizer#Optimizer}
     * @throws IllegalArgumentException when a parameter breaks its rule
     */
    public Adam(List<Tensor> parameters) {
        this(parameters, new Options());
    }

    /**
     * Adam with PyTorch's defaults but for the learning rate.
     *
     * @param parameters changed by {@link #step}; see {@link Optimizer#Optimizer}
     * @param lr the learning rate, 0 or more
     * @throws IllegalArgumentException when a parameter or lr breaks its rule
     */
    public Adam(List<Tensor> parameters, double lr) {
        this(parameters, new Options(lr));
    }

    /**
     * Adam with options.
     *
     * @param parameters changed by {@link #step}; see {@link Optimizer#Optimizer}
     * @param options how
     * @throws IllegalArgumentException when a parameter breaks its rule
     */
    public Adam(List<Tensor> parameters, Options options) {
        super(parameters);
        this.options = Objects.requireNonNull(options, "options");
    }

    /** A parameter's state: the number of steps, the averages, and for amsgrad the greatest averages. */
    private record State(
            Tensor step,
            Tensor average,
            Tensor squares,
            @Nullable Tensor greatest) {

        static State of(Tensor parameter, boolean amsgrad) {
            return new State(
                    Torch.zeros(), zerosLike(parameter), zerosLike(parameter), amsgrad ? zerosLike(parameter) : null);
        }

        private static Tensor zerosLike(Tensor parameter) {
            return Torch.zeros(parameter.dtype(), parameter.sizes());
        }

        /** Counts a step in Java, as libtorch would refuse to write a count that was made in inference mode. */
        void count() {
            MemorySegment count = step.segment();
            count.set(ValueLayout.JAVA_FLOAT, 0, count.get(ValueLayout.JAVA_FLOAT, 0) + 1);
        }
    }

    @Override
    public void step() {
        try (Arena arena = Arena.ofConfined()) {
            step(gradients(arena));
        }
    }

    private void step(Map<Tensor, Tensor> gradients) {
        if (gradients.isEmpty()) {
            return;
        }
        List<Tensor> ready = List.copyOf(gradients.keySet());
        List<State> readyStates = ready.stream()
                .map(parameter -> states.computeIfAbsent(parameter, key -> State.of(key, options.amsgrad())))
                .toList();
        try (Mode _ = Torch.noGrad()) {
            readyStates.forEach(State::count);
            FusedSteps.caller()
                    .call(
                            FUSED_STEP,
                            ready,
                            List.copyOf(gradients.values()),
                            each(readyStates, State::average),
                            each(readyStates, State::squares),
                            options.amsgrad() ? each(readyStates, State::greatest) : List.of(),
                            each(readyStates, State::step),
                            options.lr(),
                            options.beta1(),
                            options.beta2(),
                            options.weightDecay(),
                            options.eps(),
                            options.amsgrad(),
                            options.maximize());
        }
    }

    private static List<@Nullable Tensor> each(List<State> states, Function<State, @Nullable Tensor> part) {
        return states.stream().map(part).toList();
    }

    /**
     * How {@link Adam} descends.
     *
     * @param lr the learning rate, 0 or more
     * @param beta1 how much of the average of gradients stays in a step, from 0 up to 1, not included
     * @param beta2 how much of the average of their squares stays in a step, from 0 up to 1, not included
     * @param eps what keeps the divisor from 0, 0 or more
     * @param weightDecay how much of a parameter is added to its gradient, 0 or more
     * @param amsgrad whether the greatest average of squares so far divides
     * @param maximize whether to ascend
     */
    public record Options(
            double lr, double beta1, double beta2, double eps, double weightDecay, boolean amsgrad, boolean maximize) {

        /**
         * All options.
         *
         * @throws IllegalArgumentException when one breaks its rule
         */
        public Options {
            requireNotNegative("learning rate", "lr", lr);
            requireNotNegative("epsilon value", "eps", eps);
            requireBeta(0, beta1);
            requireBeta(1, beta2);
            requireNotNegative("weight_decay value", "weightDecay", weightDecay);
        }

        /** PyTorch's defaults: lr 0.001, betas 0.9 and 0.999, eps 1e-8. */
        public Options() {
            this(1e-3);
        }

        /** PyTorch's defaults but for the learning rate. */
        public Options(double lr) {
            this(lr, 0.9, 0.999, 1e-8, 0, false, false);
        }

        private static void requireBeta(int index, double beta) {
            if (!(beta >= 0 && beta < 1)) {
                throw new IllegalArgumentException("Invalid beta parameter at index " + index + ": " + beta + "; beta"
                        + (index + 1) + " must be 0 or more and less than 1");
            }
        }

        /** {@return these with other betas} */
        public Options betas(double beta1, double beta2) {
            return new Options(lr, beta1, beta2, eps, weightDecay, amsgrad, maximize);
        }

        /** {@return these with another eps} */
        public Options eps(double eps) {
            return new Options(lr, beta1, beta2, eps, weightDecay, amsgrad, maximize);
        }

        /** {@return these with another weight decay} */
        public Options weightDecay(double weightDecay) {
            return new Options(lr, beta1, beta2, eps, weightDecay, amsgrad, maximize);
        }

        /** {@return these, dividing by the greatest average of squares or the last} */
        public Options amsgrad(boolean amsgrad) {
            return new Options(lr, beta1, beta2, eps, weightDecay, amsgrad, maximize);
        }

        /** {@return these, ascending or descending} */
        public Options maximize(boolean maximize) {
            return new Options(lr, beta1, beta2, eps, weightDecay, amsgrad, maximize);
        }
    }
}
