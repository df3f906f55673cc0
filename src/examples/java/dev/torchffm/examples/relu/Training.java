package dev.torchffm.examples.relu;

import dev.torchffm.Aten;
import dev.torchffm.DType;
import dev.torchffm.Mode;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.nn.Module;
import dev.torchffm.optim.Optimizer;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/**
 * How a network learned.
 *
 * @param losses the mean loss of each epoch
 * @param accuracies after each epoch, the share of the held-out samples whose class the network tells
 */
record Training(List<Double> losses, List<Double> accuracies) {

    private static final long BATCH = 64;

    double loss() {
        return losses.getLast();
    }

    double accuracy() {
        return accuracies.getLast();
    }

    /** Trains a network on all the samples to learn, so many times, and shows how it goes. */
    static Training run(String name, Module network, Optimizer optimizer, DataSet data, int epochs) {
        Torch.manualSeed(DataSet.SEED);
        var progress = new Progress(name, epochs);
        var losses = new ArrayList<Double>();
        var accuracies = new ArrayList<Double>();
        for (int epoch = 1; epoch <= epochs; epoch++) {
            losses.add(epoch(network, optimizer, data.learned()));
            accuracies.add(accuracy(network, data.heldOut()));
            progress.show(epoch, losses.getLast(), accuracies.getLast());
        }
        return new Training(losses, accuracies);
    }

    private static double epoch(Module network, Optimizer optimizer, Samples samples) {
        try (Arena arena = Arena.ofConfined()) {
            Samples shuffled = samples.shuffled(arena);
            double sum = 0;
            for (long start = 0; start < samples.count(); start += BATCH) {
                Samples batch = shuffled.part(start, Math.min(BATCH, samples.count() - start));
                sum += step(network, optimizer, batch) * batch.count();
            }
            return sum / samples.count();
        }
    }

    /** All that a step makes lives in its arena, so that the memory stays flat; the parameters live on. */
    private static double step(Module network, Optimizer optimizer, Samples batch) {
        try (Arena arena = Arena.ofConfined()) {
            optimizer.zeroGrad();
            Tensor loss = loss(network, batch.in(arena));
            loss.backward();
            optimizer.step();
            return loss.item().doubleValue();
        }
    }

    /** The mean cross entropy. */
    static Tensor loss(Module network, Samples samples) {
        return Aten.crossEntropyLoss(network.forward(samples.x()), samples.classes());
    }

    static double accuracy(Module network, Samples samples) {
        try (Mode _ = Torch.noGrad();
                Arena arena = Arena.ofConfined()) {
            Tensor told = network.forward(samples.x().in(arena)).argmax(1, false);
            return told.eq(samples.classes()).to(DType.FLOAT32).mean().item().doubleValue();
        }
    }
}
