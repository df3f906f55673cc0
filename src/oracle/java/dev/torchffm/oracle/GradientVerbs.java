package dev.torchffm.oracle;

import static java.util.Map.entry;

import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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
                entry("Tensor.backward(Tensor,boolean)", a -> {
                    a.tensor(0).backward(a.tensorOrNull(1), a.truth(2));
                    return null;
                }),
                entry("Torch.grad(List,List)", a -> clones(Torch.grad(a.tensors(0), a.tensors(1)))),
                entry(
                        "Torch.grad(List,List,List,boolean,boolean,boolean)",
                        a -> clones(Torch.grad(
                                a.tensors(0), a.tensors(1), a.tensors(2), a.truth(3), a.truth(4), a.truth(5)))),
                entry("gradients.at", a -> a.list(0).get((int) a.integer(1))),
                entry("Tensor.requiresGrad_(boolean)", a -> a.tensor(0).requiresGrad_(a.truth(1))),
                entry("Tensor.detach()", a -> a.tensor(0).detach()),
                entry("Tensor.grad()", a -> a.tensor(0).grad()),
                entry("Tensor.clearGrad_()", a -> a.tensor(0).clearGrad_()),
                entry("Tensor.zeroGrad_()", a -> a.tensor(0).zeroGrad_()),
                entry("Torch.call(String,Object[])", a -> OperatorVerbs.call(a.text(0), a.rest())));
    }

    /** Other objects, as libtorch may give tensors that are known. */
    private static List<@Nullable Tensor> clones(List<@Nullable Tensor> gradients) {
        return gradients.stream().map(one -> one == null ? null : one.clone()).toList();
    }
}
