package dev.torchffm.oracle;

import static java.util.Map.entry;

import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.util.Map;

/** Prints of tensors, and operators by name that make them. */
final class PrintingVerbs {

    private PrintingVerbs() {}

    static Map<String, Verb> all() {
        return Map.ofEntries(
                entry("print", a -> a.tensor(0).toString()),
                entry("print.backward", a -> {
                    a.tensor(0).sum().backward();
                    return null;
                }),
                entry("print.grad", a -> a.tensor(0).grad()),
                entry("print.parameter", a -> Torch.parameter(a.tensor(0))),
                entry("typed", PrintingVerbs::typed),
                entry("aten", a -> OperatorVerbs.call("aten::" + a.text(0), a.rest())));
    }

    /** A method by PyTorch's name for it. */
    private static Tensor typed(Arguments a) {
        Tensor x = a.tensor(1);
        boolean ofTensor = a.values().size() > 2 && a.any(2) instanceof Tensor;
        return switch (a.text(0)) {
            case "add" -> ofTensor ? x.add(a.tensor(2)) : x.add(a.number(2));
            case "sub" -> ofTensor ? x.sub(a.tensor(2)) : x.sub(a.number(2));
            case "mul" -> ofTensor ? x.mul(a.tensor(2)) : x.mul(a.number(2));
            case "div" -> ofTensor ? x.div(a.tensor(2)) : x.div(a.number(2));
            case "eq" -> ofTensor ? x.eq(a.tensor(2)) : x.eq(a.number(2));
            case "neg" -> x.neg();
            case "exp" -> x.exp();
            case "log" -> x.log();
            case "sqrt" -> x.sqrt();
            case "sigmoid" -> x.sigmoid();
            case "sigmoid_" -> x.sigmoid_();
            case "tanh" -> x.tanh();
            case "tanh_" -> x.tanh_();
            case "relu" -> x.relu();
            case "relu_" -> x.relu_();
            case "clamp" -> x.clamp(a.number(2), null);
            case "clamp_" -> x.clamp_(a.number(2), null);
            case "clamp_min" -> x.clampMin(a.number(2));
            case "clamp_min_" -> x.clampMin_(a.number(2));
            case "clamp_max" -> x.clampMax(a.number(2));
            case "clamp_max_" -> x.clampMax_(a.number(2));
            case "leaky_relu" -> x.leakyRelu(a.number(2));
            case "leaky_relu_" -> x.leakyRelu_(a.number(2));
            case "prelu" -> x.prelu(a.tensor(2));
            case "matmul" -> x.matmul(a.tensor(2));
            case "copy_" -> x.copy_(a.tensor(2));
            case "softmax" -> x.softmax(a.integer(2));
            case "sum" -> a.values().size() > 2 ? x.sum(a.integer(2), a.truth(3)) : x.sum();
            case "mean" -> a.values().size() > 2 ? x.mean(a.integer(2), a.truth(3)) : x.mean();
            case "argmax" -> a.values().size() > 2 ? x.argmax(a.integer(2), a.truth(3)) : x.argmax();
            case "t" -> x.t();
            case "contiguous" -> x.contiguous();
            case "detach" -> x.detach();
            case "clone" -> x.clone();
            case "to" -> x.to(a.dtype(2));
            case "reshape" -> x.reshape(a.integers(2));
            default -> throw new AssertionError(a.text(0));
        };
    }
}
