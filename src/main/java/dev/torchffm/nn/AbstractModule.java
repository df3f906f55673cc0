package dev.torchffm.nn;

import dev.torchffm.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/**
 * A module with parameters, buffers or modules of its own, each registered by one call under a name. What names them,
 * saves and loads them, prints them and sets the mode follows from that.
 *
 * {@snippet class="dev.torchffm.examples.NnSnippets" region="module"}
 *
 * <p>Source: the PyTorch page "torch.nn.Module".
 */
public abstract class AbstractModule implements Module {

    private final Map<String, Tensor> parameters = new LinkedHashMap<>();
    private final Map<String, Tensor> buffers = new LinkedHashMap<>();
    private final Map<String, Module> modules = new LinkedHashMap<>();
    private boolean training = true;

    /** A module in training mode that has nothing yet. */
    protected AbstractModule() {}

    /**
     * Adds a parameter, such as {@link dev.torchffm.Torch#parameter} makes.
     *
     * @param name without a dot, and not taken yet
     * @param parameter a leaf that requires its gradient; {@code requiresGrad_(false)} may freeze it afterwards
     * @return the parameter
     * @throws IllegalArgumentException when the name or the parameter breaks its rule
     */
    protected final Tensor registerParameter(String name, Tensor parameter) {
        if (!Objects.requireNonNull(parameter, "parameter").isLeaf() || !parameter.requiresGrad()) {
            throw new IllegalArgumentException("the parameter " + name + " is no leaf that requires its gradient:"
                    + " make it by Torch.parameter, or register it as a buffer");
        }
        return register(parameters, name, parameter);
    }

    /**
     * Adds a buffer: a tensor that is saved and loaded with the parameters, but not learned.
     *
     * @param name without a dot, and not taken yet
     * @return the buffer
     * @throws IllegalArgumentException when the name breaks its rule
     */
    protected final Tensor registerBuffer(String name, Tensor buffer) {
        return register(buffers, name, Objects.requireNonNull(buffer, "buffer"));
    }

    /**
     * Adds a module, whose parameters and buffers are named after it: {@code name.weight}.
     *
     * @param name without a dot, and not taken yet
     * @param module neither this one nor one that has this one within it
     * @return the module
     * @throws IllegalArgumentException when the name or the module breaks its rule
     */
    protected final <M extends Module> M registerModule(String name, M module) {
        if (isWithin(Objects.requireNonNull(module, "module"))) {
            throw new IllegalArgumentException(
                    "the module " + name + " is or has within it the one that registers it, and may not");
        }
        return register(modules, name, module);
    }

    private boolean isWithin(Module module) {
        return module == this || module.namedChildren().values().stream().anyMatch(this::isWithin);
    }

    private <T, U extends T> U register(Map<String, T> map, String name, U value) {
        if (Objects.requireNonNull(name, "name").isEmpty() || name.contains(".")) {
            throw new IllegalArgumentException("name is \"" + name + "\", and must be a text without a dot");
        }
        if (parameters.containsKey(name) || buffers.containsKey(name) || modules.containsKey(name)) {
            throw new IllegalArgumentException("name is \"" + name + "\", and that is registered already");
        }
        map.put(name, value);
        return value;
    }

    /** {@return this module's own parameters, then those of its modules, each name after its module's and a dot} */
    @Override
    public final Map<String, Tensor> namedParameters() {
        return withChildren(parameters, Module::namedParameters);
    }

    @Override
    public final Map<String, Tensor> namedBuffers() {
        return withChildren(buffers, Module::namedBuffers);
    }

    @Override
    public final Map<String, Module> namedChildren() {
        return Collections.unmodifiableMap(modules);
    }

    /** {@return of this module, then of each of its modules: the parameters, then the buffers; unmodifiable} */
    @Override
    public final Map<String, Tensor> stateDict() {
        Map<String, Tensor> own = new LinkedHashMap<>();
        parameters.forEach((name, parameter) -> own.put(name, parameter.detach()));
        buffers.forEach((name, buffer) -> own.put(name, buffer.detach()));
        return withChildren(own, Module::stateDict);
    }

    private Map<String, Tensor> withChildren(Map<String, Tensor> own, Function<Module, Map<String, Tensor>> each) {
        Map<String, Tensor> all = new LinkedHashMap<>(own);
        modules.forEach(
                (prefix, module) -> each.apply(module).forEach((name, tensor) -> all.put(prefix + "." + name, tensor)));
        return Collections.unmodifiableMap(all);
    }

    @Override
    public final Module train(boolean training) {
        this.training = training;
        return Module.super.train(training);
    }

    /** {@return whether this module is in training mode, as it is at first} */
    public final boolean isTraining() {
        return training;
    }

    /**
     * What stands between the parentheses when this module is printed, before its modules; lines of it come one below the
     * other.
     *
     * @return nothing, unless a module says otherwise
     */
    protected String extraRepr() {
        return "";
    }

    /** {@return the module as PyTorch prints one} */
    @Override
    public final String toString() {
        String own = extraRepr();
        List<String> lines = new ArrayList<>(own.isEmpty() ? List.of() : List.of(own.split("\n")));
        modules.forEach((name, module) ->
                lines.add("(" + name + "): " + module.toString().replace("\n", "\n  ")));
        boolean isLong = !modules.isEmpty() || lines.size() > 1;
        return Python.className(this) + (isLong ? "(\n  " + String.join("\n  ", lines) + "\n)" : "(" + own + ")");
    }
}
