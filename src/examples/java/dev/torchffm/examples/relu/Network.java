package dev.torchffm.examples.relu;

import dev.torchffm.Mode;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.nn.Linear;
import dev.torchffm.nn.Module;
import dev.torchffm.nn.Sequential;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.LongStream;

/** Linear layers, with an activation after each but the last. */
final class Network {

    private Network() {}

    /** A network with PyTorch's own first weights, drawn anew from the seed. */
    static Sequential of(Supplier<Module> activation, long... widths) {
        Torch.manualSeed(DataSet.SEED);
        var modules = new ArrayList<Module>();
        for (int i = 1; i < widths.length; i++) {
            if (i > 1) {
                modules.add(activation.get());
            }
            modules.add(new Linear(widths[i - 1], widths[i]));
        }
        return new Sequential(modules.toArray(Module[]::new));
    }

    /** The widths of layers of which all the hidden ones are equally wide. */
    static long[] widths(long inputs, int hiddenLayers, long hidden, long outputs) {
        LongStream between = LongStream.generate(() -> hidden).limit(hiddenLayers);
        return LongStream.concat(LongStream.of(inputs), LongStream.concat(between, LongStream.of(outputs)))
                .toArray();
    }

    static List<Linear> linears(Sequential network) {
        return modules(network).stream()
                .filter(Linear.class::isInstance)
                .map(Linear.class::cast)
                .toList();
    }

    static List<Module> modules(Sequential network) {
        var modules = new ArrayList<Module>();
        for (int i = 0; i < network.size(); i++) {
            modules.add(network.get(i));
        }
        return modules;
    }

    /**
     * Draws first weights that suit an activation: so spread that what goes through a layer keeps its spread. Of ReLU
     * it is He's rule, of the others Glorot's.
     */
    static Sequential suited(Activation activation, Sequential network) {
        Torch.manualSeed(DataSet.SEED);
        try (Mode _ = Torch.noGrad()) {
            for (Linear layer : linears(network)) {
                Tensor weight = layer.weight();
                long inputs = weight.sizes()[1];
                Aten.normal_(weight, activation.gain / Math.sqrt(inputs));
            }
        }
        return network;
    }
}
