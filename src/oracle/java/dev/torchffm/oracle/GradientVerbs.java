package dev.torchffm.oracle;

import static java.util.Map.entry;

import java.util.Map;

/** A tensor's history, and operators by their names. */
final class GradientVerbs {

    private GradientVerbs() {}

    static Map<String, Verb> all() {
        return Map.ofEntries(
                entry("Tensor.backward()", a -> {
                    a.tensor(0).backward();
                    return null;
                }),
                entry("Tensor.backward(Tensor)", a -> {
                    a.tensor(0).backward(a.tensor(1));
                    return null;
                }),
                entry("Tensor.requiresGrad_(boolean)", a -> a.tensor(0).requiresGrad_(a.truth(1))),
                entry("Tensor.detach()", a -> a.tensor(0).detach()),
                entry("Tensor.grad()", a -> a.tensor(0).grad()),
                entry("Tensor.clearGrad_()", a -> a.tensor(0).clearGrad_()),
                entry("Tensor.zeroGrad_()", a -> a.tensor(0).zeroGrad_()),
                entry("Torch.call(String,Object[])", a -> OperatorVerbs.call(a.text(0), a.rest())));
    }
}
