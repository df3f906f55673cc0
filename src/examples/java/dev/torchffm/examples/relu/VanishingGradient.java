package dev.torchffm.examples.relu;

import dev.torchffm.nn.Sequential;
import dev.torchffm.optim.SGD;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * A deep network before it learns: what is left of the gradient in each layer, and whether it then learns at all.
 *
 * <p>Going back through a sigmoid multiplies a gradient by 1/4 at most, layer after layer; through ReLU by 1 wherever
 * the unit is active. Every network begins with the weights that suit its activation.
 */
final class VanishingGradient {

    private static final int HIDDEN_LAYERS = 8;
    private static final long UNITS = 64;
    private static final double RATE = 0.05;

    private VanishingGradient() {}

    static void run(Path folder, int epochs) throws IOException {
        DataSet digits = Digits.load();
        var norms = new LineChart("The gradient in each layer before training", "layer, from the input on", "norm")
                .logarithmic();
        var losses = new LineChart("The same networks while they learn", "epoch", "cross entropy");
        for (Activation activation : Activation.RIVALS) {
            Sequential network = network(activation);
            List<Double> gradients = Gradients.norms(network, digits.learned());
            norms.dotted(activation.title, activation.color, gradients);
            var optimizer = new SGD(network.parameters(), RATE);
            Training training = Training.run(activation.title, network, optimizer, digits, epochs);
            losses.counted(activation.title, activation.color, training.losses());
            System.out.println("    gradient in each layer: " + text(gradients));
        }
        norms.legendBeside().save(folder, "vanishing-gradient");
        losses.legendBeside().save(folder, "vanishing-gradient-loss");
    }

    static Sequential network(Activation activation) {
        long[] widths = Network.widths(Digits.PIXELS, HIDDEN_LAYERS, UNITS, Digits.CLASSES);
        return Network.suited(activation, Network.of(activation.module, widths));
    }

    private static String text(List<Double> norms) {
        return norms.stream()
                .map(norm -> String.format(Locale.ROOT, "%.1e", norm))
                .collect(Collectors.joining(" "));
    }
}
