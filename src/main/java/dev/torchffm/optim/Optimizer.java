package dev.torchffm.optim;

import dev.torchffm.Tensor;
import java.lang.foreign.Arena;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Changes parameters by their gradients, in place: their memory stays where it is.
 *
 * {@snippet class="dev.torchffm.examples.NnSnippets" region="train"}
 *
 * <p>Each parameter is a leaf, contiguous, floating-point and not read-only, and comes once.
 *
 * <p>What an optimizer remembers of earlier steps lives in automatic arenas and is garbage-collected with it. No thread
 * may use the parameters during a step.
 *
 * <p>The learning rate may be changed between steps. {@link #stateDict} has all that the next steps depend on.
 *
 * <p>Source: the PyTorch page "torch.optim.Optimizer".
 */
public abstract sealed class Optimizer permits Adam, AdamW, SGD {

    private final List<Tensor> parameters;

    /**
     * An optimizer of parameters.
     *
     * @param parameters each a leaf, contiguous, floating-point and not read-only, and none twice
     * @throws IllegalArgumentException when the list is empty or a parameter breaks these rules
     */
    Optimizer(List<Tensor> parameters) {
        this.parameters = List.copyOf(parameters);
        if (this.parameters.isEmpty()) {
            throw new IllegalArgumentException("optimizer got an empty parameter list");
        }
        for (int i = 0; i < this.parameters.size(); i++) {
            requireOptimizable("parameters[" + i + "]", this.parameters.get(i));
        }
        long distinct = this.parameters.stream()
                .map(parameter -> parameter.numel() == 0 ? parameter : (Object) parameter.dataPtr())
                .distinct()
                .count();
        if (distinct < this.parameters.size()) {
            throw new IllegalArgumentException(
                    "parameters holds a tensor, or its memory, twice, and each may come only once");
        }
    }

    private static void requireOptimizable(String name, Tensor parameter) {
        if (!parameter.isLeaf()) {
            throw new IllegalArgumentException(
                    name + " is the result of a recorded operator: can't optimize a non-leaf Tensor");
        }
        if (!parameter.dtype().isFloatingPoint() || !parameter.isContiguous()) {
            throw new IllegalArgumentException(name + " is " + parameter.dtype()
                    + (parameter.isContiguous() ? "" : " and not contiguous")
                    + ", and must be floating-point and contiguous");
        }
        if (parameter.segment().isReadOnly()) {
            throw new IllegalArgumentException(name + " stands on read-only memory, and an optimizer writes it");
        }
    }

    /** {@return the parameters, unmodifiable} */
    public final List<Tensor> parameters() {
        return parameters;
    }

    /** Changes each parameter that has a gradient; the others stay as they are. */
    public abstract void step();

    /**
     * Removes the gradients; see {@link Tensor#clearGrad_}. {@link #step} leaves a parameter without a gradient as it
     * is.
     *
     * <p>Source: the PyTorch page "torch.optim.Optimizer.zero_grad".
     */
    public void zeroGrad() {
        parameters.forEach(Tensor::clearGrad_);
    }

    /** {@return the learning rate} */
    public abstract double lr();

    /**
     * Sets the learning rate of the next steps: in Python, {@code param_groups[0]["lr"]}.
     *
     * @param lr 0 or more
     * @throws IllegalArgumentException for another one
     */
    public abstract void setLr(double lr);

    /**
     * What the next steps depend on, to be saved. The names are the paths in PyTorch's own: {@code state.0.exp_avg} of the
     * first parameter, {@code param_groups.0.lr}. States are the tensors themselves; options are tensors of FLOAT64 or
     * BOOL, {@code params} the parameters' numbers.
     *
     * {@snippet class="dev.torchffm.examples.NnSnippets" region="optimizerState"}
     *
     * <p>Source: the PyTorch page "torch.optim.Optimizer.state_dict".
     *
     * @return unmodifiable
     */
    public final Map<String, Tensor> stateDict() {
        return OptimizerState.of(this);
    }

    /**
     * Takes over states and options, which are copied.
     *
     * <p>Source: the PyTorch page "torch.optim.Optimizer.load_state_dict".
     *
     * @param stateDict read; of an optimizer of this kind over as many parameters of the same sizes
     * @throws IllegalArgumentException when it does not fit. Nothing is changed then
     */
    public final void loadStateDict(Map<String, Tensor> stateDict) {
        OptimizerState.load(this, stateDict);
    }

    /** The options by PyTorch's names: a Double, a Boolean, or a double[]. */
    abstract Map<String, Object> group();

    /** The names of a parameter's state by options such as {@link #group} gives. */
    abstract Set<String> stateNames(Map<String, Object> group);

    /** The options that {@link #group} gives as an object of this kind; refuses those that break a rule. */
    abstract Object options(Map<String, Object> group);

    /** Takes over options, and the states of the parameters that have one. */
    abstract void restore(Object options, Map<Tensor, Map<String, Tensor>> states);

    /** A parameter's state; empty before its first step. */
    abstract Map<String, Tensor> state(Tensor parameter);

    /**
     * The parameters that have a gradient, in order, with their gradients.
     *
     * @param arena of the handles on the gradients
     */
    final Map<Tensor, Tensor> gradients(Arena arena) {
        Map<Tensor, Tensor> gradients = new LinkedHashMap<>();
        for (Tensor parameter : parameters) {
            Tensor gradient = parameter.in(arena).grad();
            if (gradient != null) {
                gradients.put(parameter, gradient.contiguous());
            }
        }
        return Collections.unmodifiableMap(gradients);
    }

    /** Refuses a number below 0, and NaN, in PyTorch's words. */
    static void requireNotNegative(String what, String name, double value) {
        if (!(value >= 0)) {
            throw new IllegalArgumentException("Invalid " + what + ": " + value + "; " + name + " must be 0 or more");
        }
    }
}
