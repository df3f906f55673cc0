package dev.torchffm.oracle;

import static java.util.Map.entry;

import dev.torchffm.Aten;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.nn.Functional;
import dev.torchffm.nn.IncompatibleKeys;
import dev.torchffm.nn.LeakyReLU;
import dev.torchffm.nn.Linear;
import dev.torchffm.nn.Module;
import dev.torchffm.nn.MyReLU;
import dev.torchffm.nn.PReLU;
import dev.torchffm.nn.ReLU;
import dev.torchffm.nn.Sequential;
import dev.torchffm.nn.Sigmoid;
import dev.torchffm.nn.Tanh;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Modules by their names and options, and the functions that they call. */
final class ModuleVerbs {

    private ModuleVerbs() {}

    static Map<String, Verb> all() {
        return Map.ofEntries(
                entry("module", a -> {
                    Torch.manualSeed(a.integer(0));
                    return module(a.any(1));
                }),
                entry("module.forward", a -> a.as(Module.class, 0).forward(a.tensor(1))),
                entry("module.backward", a -> {
                    a.tensor(0).backward(a.tensorOrNull(1));
                    return null;
                }),
                entry("module.parameter", a -> {
                    Module module = a.as(Module.class, 0);
                    Tensor parameter = module.namedParameters().get(a.text(1));
                    return parameter == null ? module.namedBuffers().get(a.text(1)) : parameter;
                }),
                entry("module.names", a -> {
                    Module module = a.as(Module.class, 0);
                    return Stream.of(module.namedParameters(), module.namedBuffers(), module.namedChildren())
                            .map(map -> List.copyOf(map.keySet()))
                            .toList();
                }),
                entry("train", a -> {
                    a.as(Module.class, 0).train(a.truth(1));
                    return null;
                }),
                entry("load_loosely", a -> {
                    IncompatibleKeys keys = a.as(Module.class, 0).loadStateDict(tensors(a.dictionary(1)), false);
                    return Stream.of(keys.missingKeys(), keys.unexpectedKeys())
                            .map(names -> names.stream().sorted().toList())
                            .toList();
                }),
                entry("module.count", a -> a.as(Module.class, 0).parameters().size()),
                entry("module.state", a -> a.as(Module.class, 0).stateDict()),
                entry("module.zero_grad", a -> {
                    a.as(Module.class, 0).zeroGrad();
                    return null;
                }),
                entry("module.copy", a -> a.tensor(0).clone()),
                entry("load", a -> {
                    a.as(Module.class, 0).loadStateDict(tensors(a.dictionary(1)));
                    return null;
                }),
                entry("functional.linear", a -> Aten.linear(a.tensor(0), a.tensor(1), a.tensorOrNull(2))),
                entry("functional.mse_loss", a -> Functional.mseLoss(a.tensor(0), a.tensor(1))),
                entry("functional.cross_entropy", a -> Aten.crossEntropyLoss(a.tensor(0), a.tensor(1))));
    }

    private static Map<String, Tensor> tensors(Map<?, ?> map) {
        return map.entrySet().stream()
                .collect(Collectors.toMap(one -> (String) one.getKey(), one -> (Tensor) one.getValue()));
    }

    /** A module of a list of its name and its options; a module itself is kept. */
    private static Module module(@Nullable Object value) {
        if (value instanceof Module module) {
            return module;
        }
        List<?> list = (List<?>) Objects.requireNonNull(value);
        var options = new Arguments(list.stream().skip(1).collect(Collectors.toList()));
        return switch ((String) list.getFirst()) {
            case "MyReLU" -> new MyReLU(options.truth(0));
            case "ReLU" -> new ReLU(options.truth(0));
            case "LeakyReLU" -> new LeakyReLU(options.real(0), options.truth(1));
            case "Sigmoid" -> new Sigmoid();
            case "Tanh" -> new Tanh();
            case "PReLU" -> new PReLU(options.integer(0), options.real(1), options.dtype(2));
            case "Linear" -> new Linear(options.integer(0), options.integer(1), options.truth(2), options.dtype(3));
            case "Sequential" ->
                new Sequential(
                        options.values().stream().map(ModuleVerbs::module).toArray(Module[]::new));
            case "Block" -> new Block(module(options.any(0)), module(options.any(1)));
            default -> Layers.layer((String) list.getFirst(), options);
        };
    }
}
