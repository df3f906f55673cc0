package dev.torchffm.nn;

import dev.torchffm.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Something that turns a tensor into a tensor, with parameters that it may have learned.
 *
 * {@snippet class="dev.torchffm.examples.NnSnippets" region="stateDict"}
 *
 * <p>The parameters of this package's modules are libtorch's memory in automatic arenas: they are freed when the
 * garbage collector finds that nothing refers to them. They never move, so a tensor of {@link #stateDict} and an
 * optimizer's list stay good after {@link #loadStateDict}.
 *
 * <p>A module of your own makes its parameters by {@link dev.torchffm.Torch#parameter}; where it has several, buffers,
 * or modules of its own, it extends {@link AbstractModule} and registers them.
 *
 * <p>Any thread may use a module while none changes its parameters, its buffers or its mode: an optimizer,
 * {@link #loadStateDict}, a {@code backward} that adds to gradients, {@link #train()}, a batch norm in training mode.
 *
 * <p>Source: the PyTorch page "torch.nn.Module".
 */
@FunctionalInterface
public interface Module extends UnaryOperator<Tensor> {

    /**
     * Computes the output.
     *
     * @param input read, and written by modules that work in place
     * @return a new tensor where the input lives, or the input itself
     */
    Tensor forward(Tensor input);

    /** {@return {@code forward(input)}} */
    @Override
    default Tensor apply(Tensor input) {
        return forward(input);
    }

    /**
     * The parameters by PyTorch's names, such as {@code 0.weight}, in PyTorch's order: the tensors themselves. One that
     * is used in two places has two names, as in {@code named_parameters(remove_duplicate=False)}.
     *
     * @return unmodifiable; none, unless a module says otherwise
     */
    default Map<String, Tensor> namedParameters() {
        return Map.of();
    }

    /** {@return the parameters in order, each once, as an optimizer takes them; unmodifiable} */
    default List<Tensor> parameters() {
        return namedParameters().values().stream().distinct().toList();
    }

    /**
     * The buffers by PyTorch's names, in PyTorch's order, the tensors themselves: what is saved and loaded with the
     * parameters, but not learned, such as the running averages of a batch norm.
     *
     * @return unmodifiable; none, unless a module says otherwise
     */
    default Map<String, Tensor> namedBuffers() {
        return Map.of();
    }

    /**
     * The modules that this one has registered, by their names. One that is registered twice has two names; PyTorch's
     * {@code named_children} gives the first.
     *
     * @return unmodifiable; none, unless a module says otherwise
     */
    default Map<String, Module> namedChildren() {
        return Map.of();
    }

    /** Sets training mode, as every module has it at first; see {@link #train(boolean)}. */
    default Module train() {
        return train(true);
    }

    /** Sets evaluation mode, in which nothing is dropped and batch norms use their running averages. */
    default Module eval() {
        return train(false);
    }

    /**
     * Sets the mode of this module and of all within it.
     *
     * <p>Source: the PyTorch page "torch.nn.Module", methods train and eval.
     *
     * @param training whether for training, else for evaluation
     * @return this module
     */
    default Module train(boolean training) {
        namedChildren().values().forEach(child -> child.train(training));
        return this;
    }

    /**
     * The parameters and buffers by name, to be saved: tensors over their memory, so that later changes are seen here
     * too. They take no part in autograd.
     *
     * <p>Source: the PyTorch page "torch.nn.Module", method state_dict.
     *
     * @return the parameters, then the buffers; unmodifiable
     */
    default Map<String, Tensor> stateDict() {
        Map<String, Tensor> state = new LinkedHashMap<>();
        namedParameters().forEach((name, parameter) -> state.put(name, parameter.detach()));
        namedBuffers().forEach((name, buffer) -> state.put(name, buffer.detach()));
        return Collections.unmodifiableMap(state);
    }

    /**
     * Copies elements into the parameters and buffers, converted to their dtypes. These stay the same objects over the
     * same memory, and gradients stay as they are.
     *
     * <p>Source: the PyTorch page "torch.nn.Module", method load_state_dict, with {@code strict=True}.
     *
     * @param stateDict read: a tensor of each parameter's and buffer's name and sizes, and no other; as in Python, the
     *     {@code num_batches_tracked} of a {@link BatchNorm} may be missing
     * @throws IllegalArgumentException when names are missing or too many, or sizes differ: the message lists all in
     *     PyTorch's words; when a parameter or buffer stands on read-only memory; when a file has one of a dtype that
     *     {@link dev.torchffm.DType} lacks. Nothing is changed then
     */
    default void loadStateDict(Map<String, Tensor> stateDict) {
        loadStateDict(stateDict, true);
    }

    /**
     * Likewise, but if not strict, what is missing stays as it is, and what is too many is left alone.
     *
     * @param stateDict read
     * @param strict whether names must be the same
     * @return the names that are missing or too many
     * @throws IllegalArgumentException when sizes differ, when a parameter or buffer that the state has stands on
     *     read-only memory, or when strict is true and names differ. Nothing is changed then
     */
    default IncompatibleKeys loadStateDict(Map<String, Tensor> stateDict, boolean strict) {
        return StateDict.load(this, stateDict, strict);
    }

    /**
     * Removes the parameters' gradients; see {@link Tensor#clearGrad_}.
     *
     * <p>Source: the PyTorch page "torch.nn.Module", method zero_grad.
     */
    default void zeroGrad() {
        parameters().forEach(Tensor::clearGrad_);
    }
}
