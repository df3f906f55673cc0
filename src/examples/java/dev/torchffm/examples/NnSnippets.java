package dev.torchffm.examples;

import dev.torchffm.Aten;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.io.Safetensors;
import dev.torchffm.nn.AbstractModule;
import dev.torchffm.nn.BatchNorm2d;
import dev.torchffm.nn.Conv2d;
import dev.torchffm.nn.Flatten;
import dev.torchffm.nn.Functional;
import dev.torchffm.nn.Linear;
import dev.torchffm.nn.MaxPool2d;
import dev.torchffm.nn.Module;
import dev.torchffm.nn.MyReLU;
import dev.torchffm.nn.Sequential;
import dev.torchffm.nn.Utils;
import dev.torchffm.optim.Adam;
import dev.torchffm.optim.AdamW;
import dev.torchffm.optim.Optimizer;
import dev.torchffm.optim.SGD;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The Javadoc's examples of networks; the tests run them. */
public final class NnSnippets {

    private NnSnippets() {}

    /** The exclusive or, learned; gives the last loss. */
    public static float train() {
        // @start region="train"
        Torch.manualSeed(0);
        var model = new Sequential(new Linear(2, 8), new MyReLU(), new Linear(8, 1));
        var optimizer = new Adam(model.parameters(), 0.05);
        Tensor x = Tensor.of(0f, 0f, 0f, 1f, 1f, 0f, 1f, 1f).reshape(4, 2);
        Tensor y = Tensor.of(0f, 1f, 1f, 0f).reshape(4, 1);
        float last = 0;
        for (int step = 0; step < 200; step++) {
            try (Arena arena = Arena.ofConfined()) { // of this step's results
                optimizer.zeroGrad();
                Tensor loss = Functional.mseLoss(model.forward(x.in(arena)), y);
                loss.backward();
                optimizer.step();
                last = loss.item().floatValue();
            }
        }
        // @end
        return last;
    }

    /** Parameters in a file and out of it. */
    public static void stateDict(Path path, Module model, Module other) throws IOException {
        // @start region="stateDict"
        Safetensors.save(path, model.stateDict()); // Python reads it
        try (Arena arena = Arena.ofConfined()) {
            other.loadStateDict(Safetensors.map(path, MapMode.READ_ONLY, arena)); // or one written by Python
        }
        // @end
    }

    // @start region="parameter"
    /** A module of your own: it learns by what it multiplies. */
    public static final class Scale implements Module {

        private final Tensor factor = Torch.parameter(Torch.ones(1));

        @Override
        public Tensor forward(Tensor input) {
            return input.mul(factor);
        }

        @Override
        public Map<String, Tensor> namedParameters() {
            return Map.of("factor", factor);
        }
    }
    // @end

    // @start region="module"
    /** A network of your own: what it registers is trained, saved, printed and set to a mode with it. */
    public static final class Classifier extends AbstractModule {

        private final Conv2d conv = registerModule("conv", new Conv2d(1, 4, new Conv2d.Options(3).padding(1)));
        private final BatchNorm2d norm = registerModule("norm", new BatchNorm2d(4));
        private final Module head =
                registerModule("head", new Sequential(new MaxPool2d(2), new Flatten(), new Linear(64, 10)));

        @Override
        public Tensor forward(Tensor input) {
            return head.forward(norm.forward(conv.forward(input)).relu());
        }
    }
    // @end

    /** The second derivative of the cube at a place. */
    public static Tensor secondDerivative(float place) {
        // @start region="grad"
        Tensor x = Tensor.of(place).requiresGrad_(true);
        Tensor slope = Torch.grad(List.of(x.mul(x).mul(x)), List.of(x), null, false, true, false)
                .getFirst(); // 3 · x², and recorded
        Tensor bend = Torch.grad(List.of(slope), List.of(x)).getFirst(); // 6 · x
        // @end
        return bend;
    }

    /** How far scores are from classes. */
    public static Tensor functional(Tensor scores) {
        // @start region="functional"
        Tensor classes = Tensor.of(2L, 0L); // of two samples
        Tensor loss = Aten.crossEntropyLoss(scores, classes);
        // @end
        return loss;
    }

    /** Optimizers with options. */
    public static List<Optimizer> optimizers(Module model) {
        // @start region="optimizers"
        var sgd = new SGD(model.parameters(), new SGD.Options(0.1).momentum(0.9).nesterov(true));
        var adam = new Adam(
                model.parameters(), new Adam.Options(0.01).weightDecay(1e-4).amsgrad(true));
        var adamW = new AdamW(model.parameters(), new AdamW.Options(0.01).weightDecay(0.05));
        // @end
        return List.of(sgd, adam, adamW);
    }

    /** A step that is never too long; gives the norm of the gradients before. */
    public static Tensor clipped(Module model, Optimizer optimizer) {
        // @start region="clip"
        Tensor norm = Utils.clipGradNorm_(model.parameters(), 1.0);
        optimizer.step();
        // @end
        return norm;
    }

    /** A training that stops, and goes on with a tenth of the learning rate. */
    public static void optimizerState(Path path, Optimizer optimizer, Optimizer later) throws IOException {
        // @start region="optimizerState"
        Safetensors.save(path, optimizer.stateDict());
        try (Arena arena = Arena.ofConfined()) {
            later.loadStateDict(Safetensors.map(path, MapMode.READ_ONLY, arena));
        }
        later.setLr(later.lr() / 10);
        // @end
    }
}
