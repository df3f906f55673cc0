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
 * <p>A module of your own makes its parameters by {@link dev.torchffm.Torch#parameter}.
 *
 * <p>Any thread may use a module while none changes its parameters: an optimizer, {@link #loadStateDict}, a
 * {@code backward} that adds to their gradients.
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
     * The parameters by name, to be saved: tensors over the parameters' memory, so that later changes are seen here
     * too. They take no part in autograd.
     *
     * <p>Source: the PyTorch page "torch.nn.Module", method state_dict.
     *
     * @return in the order of {@link #namedParameters}; unmodifiable
     */
    default Map<String, Tensor> stateDict() {
        Map<String, Tensor> state = new LinkedHashMap<>();
        namedParameters().forEach((name, parameter) -> state.put(name, parameter.detach()));
        return Collections.unmodifiableMap(state);
    }

    /**
     * Copies elements into the parameters, converted to their dtypes. The parameters stay the same objects over the
     * same memory, and their gradients stay as they are.
     *
     * <p>Source: the PyTorch page "torch.nn.Module", method load_state_dict, with {@code strict=True}.
     *
     * @param stateDict read: a tensor of each parameter's name and sizes, and no other
     * @throws IllegalArgumentException when names are missing or too many, or sizes differ: the message lists all in
     *     PyTorch's words; when a parameter stands on read-only memory; when a file has one of a dtype that
     *     {@link dev.torchffm.DType} lacks. Nothing is changed then
     */
    default void loadStateDict(Map<String, Tensor> stateDict) {
        StateDict.load(this, stateDict);
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
