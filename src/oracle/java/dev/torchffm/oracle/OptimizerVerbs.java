package dev.torchffm.oracle;

import static java.util.Map.entry;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.nn.Functional;
import dev.torchffm.nn.Module;
import dev.torchffm.nn.Utils;
import dev.torchffm.optim.Adam;
import dev.torchffm.optim.AdamW;
import dev.torchffm.optim.Optimizer;
import dev.torchffm.optim.SGD;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Optimizers, and what they do to parameters. */
final class OptimizerVerbs {

    private OptimizerVerbs() {}

    static Map<String, Verb> all() {
        return Map.ofEntries(
                entry("SGD", a -> {
                    var options = new SGD.Options(a.real(1), a.real(2), a.real(3), a.real(4), a.truth(5), a.truth(6));
                    return new Made(new SGD(a.tensors(0), options));
                }),
                entry("Adam", a -> {
                    var options = new Adam.Options(
                            a.real(1), a.real(2), a.real(3), a.real(4), a.real(5), a.truth(6), a.truth(7));
                    return new Made(new Adam(a.tensors(0), options));
                }),
                entry("AdamW", a -> {
                    var options = new AdamW.Options(
                            a.real(1), a.real(2), a.real(3), a.real(4), a.real(5), a.truth(6), a.truth(7));
                    return new Made(new AdamW(a.tensors(0), options));
                }),
                entry("optimizer.state", a -> optimizer(a).stateDict()),
                entry("optimizer.lr", a -> {
                    optimizer(a).setLr(a.real(1));
                    return null;
                }),
                entry("optimizer.load", a -> {
                    optimizer(a).loadStateDict(a.as(Made.class, 1).optimizer().stateDict());
                    return null;
                }),
                entry("optimizer.clip", a -> Utils.clipGradNorm_(a.tensors(0), a.real(1), a.real(2), a.truth(3))),
                entry("optimizer.step", a -> {
                    optimizer(a).step();
                    return null;
                }),
                entry("optimizer.zero_grad", a -> {
                    optimizer(a).zeroGrad();
                    return null;
                }),
                entry("optimizer.backward", OptimizerVerbs::backward),
                entry("optimizer.learn", OptimizerVerbs::learn),
                entry(
                        "optimizer.bits",
                        a -> a.tensors(0).stream().map(Observer::bits).toList()),
                entry("optimizer.near", OptimizerVerbs::isNear));
    }

    /** Prints as Python's does: what it prints is not compared. */
    private record Made(Optimizer optimizer) {
        @Override
        public String toString() {
            return "optimizer";
        }
    }

    private static Optimizer optimizer(Arguments a) {
        return a.as(Made.class, 0).optimizer();
    }

    private static @Nullable Object backward(Arguments a) {
        Tensor parameter = a.tensor(0);
        parameter.clone().backward(like(parameter, a.bytes(1)));
        return null;
    }

    private static @Nullable Object learn(Arguments a) {
        optimizer(a).zeroGrad();
        Tensor loss = Functional.mseLoss(a.as(Module.class, 1).forward(a.tensor(2)), a.tensor(3));
        loss.backward();
        optimizer(a).step();
        a.tensor(4).copy_(loss.detach());
        return null;
    }

    private static boolean isNear(Arguments a) {
        List<Tensor> tensors = a.tensors(0);
        return IntStream.range(0, tensors.size()).allMatch(i -> {
            double[] actual = doubles(tensors.get(i));
            double[] expected = doubles(like(tensors.get(i), (byte[]) a.list(1).get(i)));
            double tolerance = a.real(2) * eps(tensors.get(i).dtype());
            return IntStream.range(0, actual.length).allMatch(k -> isNear(expected[k], actual[k], tolerance));
        });
    }

    private static boolean isNear(double expected, double actual, double tolerance) {
        return Double.compare(expected, actual) == 0
                || Math.abs(expected - actual) <= tolerance * Math.max(1, Math.abs(expected));
    }

    /** The distance from 1 to the next number. */
    private static double eps(DType dtype) {
        return switch (dtype) {
            case FLOAT64 -> 0x1p-52;
            case FLOAT32 -> 0x1p-23;
            case FLOAT16 -> 0x1p-10;
            case BFLOAT16 -> 0x1p-7;
            default -> throw new AssertionError(dtype);
        };
    }

    private static double[] doubles(Tensor tensor) {
        return tensor.detach().to(DType.FLOAT64).toDoubleArray();
    }

    private static Tensor like(Tensor tensor, byte[] bytes) {
        MemorySegment memory = Arena.ofAuto().allocate(bytes.length, 64).copyFrom(MemorySegment.ofArray(bytes));
        return Tensor.fromSegment(memory, tensor.dtype(), tensor.sizes());
    }
}
