package dev.torchffm.examples.relu;

import dev.torchffm.nn.Sequential;
import dev.torchffm.optim.Adam;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;

/** Two moons, learned with each activation in turn: ReLU divides the plane by straight edges, the others by curves. */
final class LearnTwoMoons {

    private static final long POINTS_PER_MOON = 500;
    private static final long UNITS = 16;
    private static final double RATE = 0.01;

    private LearnTwoMoons() {}

    static void run(Path folder, int epochs, int hiddenLayers) throws IOException {
        DataSet moons = TwoMoons.make(POINTS_PER_MOON);
        var picture = new DecisionRegions(Activation.RIVALS.size());
        for (Activation activation : Activation.RIVALS) {
            Sequential network = network(activation, hiddenLayers);
            Training training = train(activation.title, network, moons, epochs);
            String title = String.format(Locale.ROOT, "%s: %.1f %%", activation.title, 100 * training.accuracy());
            picture.panel(title, network, moons.heldOut());
        }
        picture.save(folder, "two-moons");
    }

    static Sequential network(Activation activation, int hiddenLayers) {
        return Network.of(activation.module, Network.widths(2, hiddenLayers, UNITS, 2));
    }

    static Training train(String name, Sequential network, DataSet moons, int epochs) {
        return Training.run(name, network, new Adam(network.parameters(), RATE), moons, epochs);
    }
}
