package dev.torchffm.optim;

import dev.torchffm.Tensor;
import dev.torchffm.internal.Operator;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

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

    private final AdamStates states = new AdamStates(FUSED_STEP);
    private Options options;

    /**
     * Adam with PyTorch's defaults.
     *
     * @param parameters changed by {@link #step}; see {@link Optimizer}
     * @throws IllegalArgumentException when a parameter breaks its rule
     */
    public Adam(List<Tensor> parameters) {
        this(parameters, new Options());
    }

    /**
     * Adam with PyTorch's defaults but for the learning rate.
     *
     * @param parameters changed by {@link #step}; see {@link Optimizer}
     * @param lr the learning rate, 0 or more
     * @throws IllegalArgumentException when a parameter or lr breaks its rule
     */
    public Adam(List<Tensor> parameters, double lr) {
        this(parameters, new Options(lr));
    }

    /**
     * Adam with options.
     *
     * @param parameters changed by {@link #step}; see {@link Optimizer}
     * @param options how
     * @throws IllegalArgumentException when a parameter breaks its rule
     */
    public Adam(List<Tensor> parameters, Options options) {
        super(parameters);
        this.options = Objects.requireNonNull(options, "options");
    }

    @Override
    public void step() {
        try (Arena arena = Arena.ofConfined()) {
            states.step(gradients(arena), options);
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
        return AdamStates.group(options);
    }

    @Override
    Set<String> stateNames(Map<String, Object> group) {
        return AdamStates.names(group);
    }

    @Override
    Object options(Map<String, Object> group) {
        return AdamStates.options(group);
    }

    @Override
    void restore(Object options, Map<Tensor, Map<String, Tensor>> states) {
        this.options = (Options) options;
        this.states.restore(states);
    }

    @Override
    Map<String, Tensor> state(Tensor parameter) {
        return states.of(parameter);
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

        /** {@return these with another learning rate} */
        public Options lr(double lr) {
            return new Options(lr, beta1, beta2, eps, weightDecay, amsgrad, maximize);
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
