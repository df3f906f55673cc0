package dev.torchffm.io;

import dev.torchffm.Tensor;
import java.util.AbstractMap;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A file's tensors by name. Asking for one of a dtype that a tensor cannot have tells the dtype. */
final class NamedTensors extends AbstractMap<String, Tensor> {

    private final TensorFile file;
    private final Map<String, Tensor> tensors;
    private final Map<String, String> others;

    /**
     * Two maps that stay as they are.
     *
     * @param others the dtypes, by name, of the tensors that are not there
     */
    NamedTensors(TensorFile file, Map<String, Tensor> tensors, Map<String, String> others) {
        this.file = file;
        this.tensors = Collections.unmodifiableMap(tensors);
        this.others = others;
    }

    @Override
    public @Nullable Tensor get(@Nullable Object name) {
        Tensor tensor = tensors.get(name);
        if (tensor == null && name instanceof String text && others.containsKey(text)) {
            throw file.refused("the tensor " + TensorFile.quote(text) + " has the dtype " + others.get(text)
                    + ", which a tensor cannot have: its other tensors can be read, and this one once it is saved in"
                    + " another dtype");
        }
        return tensor;
    }

    /** As for every map, the other one where {@link #containsKey} says no. */
    @Override
    public @Nullable Tensor getOrDefault(@Nullable Object name, @Nullable Tensor other) {
        return tensors.getOrDefault(name, other);
    }

    @Override
    public boolean containsKey(@Nullable Object name) {
        return tensors.containsKey(name);
    }

    @Override
    public Set<Map.Entry<String, Tensor>> entrySet() {
        return tensors.entrySet();
    }
}
