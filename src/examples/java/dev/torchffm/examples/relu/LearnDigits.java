package dev.torchffm.examples.relu;

import dev.torchffm.nn.Module;
import dev.torchffm.nn.Sequential;
import dev.torchffm.optim.Adam;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Handwritten digits, learned with each activation in turn, and how many of their activations are zeros. */
final class LearnDigits {

    static final long UNITS = 128;
    private static final double RATE = 0.003;

    private LearnDigits() {}

    static void run(Path folder, int epochs, int hiddenLayers) throws IOException {
        DataSet digits = Digits.load();
        var chart = new LineChart("Digits: the mean loss of each epoch", "epoch", "cross entropy").logarithmic();
        for (Activation activation : Activation.RIVALS) {
            Sequential network = network(activation.module, hiddenLayers);
            Training training = train(activation.title, network, digits, epochs);
            chart.counted(activation.title, activation.color, training.losses());
            System.out.println(
                    "    zeros after each hidden layer: " + percents(Sparsity.of(network, digits.heldOut())));
        }
        chart.legendBeside().save(folder, "digits-loss");
    }

    static Sequential network(Supplier<Module> activation, int hiddenLayers) {
        return Network.of(activation, Network.widths(Digits.PIXELS, hiddenLayers, UNITS, Digits.CLASSES));
    }

    static Training train(String name, Sequential network, DataSet digits, int epochs) {
        return Training.run(name, network, new Adam(network.parameters(), RATE), digits, epochs);
    }

    private static String percents(List<Double> shares) {
        return shares.stream()
                .map(share -> String.format(Locale.ROOT, "%.1f %%", 100 * share))
                .collect(Collectors.joining(", "));
    }
}
