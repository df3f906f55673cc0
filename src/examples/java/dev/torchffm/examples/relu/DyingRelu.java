package dev.torchffm.examples.relu;

import dev.torchffm.Mode;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.nn.Sequential;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * A network whose hidden units are all pushed below 0, for every sample: behind ReLU none of them gets a gradient, so
 * none ever comes back. A slope of 1 % is enough to rescue them.
 */
final class DyingRelu {

    private static final float DEADLY_BIAS = -5;

    private DyingRelu() {}

    /**
     * What became of a network.
     *
     * @param zeros the share of hidden activations that are 0 before training
     * @param gradient the norm of the hidden layer's gradient before training
     * @param training how it learned
     */
    record Fate(double zeros, double gradient, Training training) {}

    static void run(Path folder, int epochs) throws IOException {
        DataSet moons = TwoMoons.make(500);
        var chart = new LineChart("Units pushed below 0, by a bias of -5", "epoch", "cross entropy");
        for (Activation activation : List.of(Activation.RELU, Activation.LEAKY_RELU)) {
            Fate fate = fate(activation, moons, epochs);
            System.out.printf(
                    Locale.ROOT,
                    "    zeros at first %.0f %%, gradient of the hidden layer %.1e, loss %.4f at first, %.4f at last%n",
                    100 * fate.zeros(),
                    fate.gradient(),
                    fate.training().losses().getFirst(),
                    fate.training().loss());
            chart.counted(activation.title, activation.color, fate.training().losses());
        }
        chart.legendBeside().save(folder, "dying-relu");
    }

    static Fate fate(Activation activation, DataSet moons, int epochs) {
        Sequential network = LearnTwoMoons.network(activation, 1);
        kill(network);
        double zeros = Sparsity.of(network, moons.learned()).getFirst();
        double gradient = Gradients.norms(network, moons.learned()).getFirst();
        return new Fate(zeros, gradient, LearnTwoMoons.train(activation.title, network, moons, epochs));
    }

    private static void kill(Sequential network) {
        Tensor bias = Objects.requireNonNull(Network.linears(network).getFirst().bias());
        try (Mode _ = Torch.noGrad()) {
            bias.copy_(Torch.full(bias.sizes(), DEADLY_BIAS));
        }
    }
}
