package dev.torchffm.examples.relu;

import dev.torchffm.Tensor;
import dev.torchffm.nn.Linear;
import dev.torchffm.nn.Sequential;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Objects;

/** How strongly each layer is told to change. */
final class Gradients {

    private Gradients() {}

    /** The Euclidean norm of the loss's gradient by each layer's weight, from the input's layer on. */
    static List<Double> norms(Sequential network, Samples samples) {
        try (Arena arena = Arena.ofConfined()) {
            network.zeroGrad();
            Training.loss(network, samples.in(arena)).backward();
            return Network.linears(network).stream()
                    .map(Linear::weight)
                    .map(weight -> norm(Objects.requireNonNull(weight.grad()).in(arena)))
                    .toList();
        }
    }

    private static double norm(Tensor x) {
        return x.mul(x).sum().sqrt().item().doubleValue();
    }
}
