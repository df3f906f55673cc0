package dev.torchffm.optim;

import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.lang.foreign.Arena;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Changes parameters by their gradients, in place: their memory stays where it is.
 *
 * {@snippet class="dev.torchffm.examples.NnSnippets" region="train"}
 *
 * <p>What an optimizer remembers of earlier steps lives in automatic arenas and is garbage-collected with it. No thread
 * may use the parameters during a step.
 *
 * <p>Source: the PyTorch page "torch.optim.Optimizer".
 */
public abstract class Optimizer {

    private final List<Tensor> parameters;

    /**
     * An optimizer of parameters.
     *
     * @param parameters each a leaf, contiguous, floating-point and not read-only, and none twice
     * @throws IllegalArgumentException when the list is empty or a parameter breaks these rules
     */
    protected Optimizer(List<Tensor> parameters) {
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
        boolean leaf = (boolean)
                Objects.requireNonNull(Torch.call("aten::is_leaf", parameter).getFirst());
        if (!leaf) {
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
