package dev.torchffm.examples;

import dev.torchffm.*;
import dev.torchffm.io.Safetensors;
import dev.torchffm.nn.*;
import dev.torchffm.nn.Module;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;

/** A small ResNet, its parts named as torchvision names them, classifies images by weights that Python has written. */
public final class ResNet extends AbstractModule {
    private static Conv2d conv(long inputs, long outputs, long size, long stride) {
        var options = new Conv2d.Options(size).stride(stride).padding(size / 2).bias(false);
        return new Conv2d(inputs, outputs, options);
    }

    private static final class Block extends AbstractModule {
        private final Module conv1, bn1, conv2, bn2, downsample;

        Block(long inputs, long outputs, long stride) {
            conv1 = registerModule("conv1", conv(inputs, outputs, 3, stride));
            bn1 = registerModule("bn1", new BatchNorm2d(outputs));
            conv2 = registerModule("conv2", conv(outputs, outputs, 3, 1));
            bn2 = registerModule("bn2", new BatchNorm2d(outputs));
            Module[] none = {}, both = {conv(inputs, outputs, 1, stride), new BatchNorm2d(outputs)};
            downsample = registerModule("downsample", new Sequential(stride == 1 ? none : both));
        }

        public Tensor forward(Tensor x) {
            Tensor y = bn2.forward(conv2.forward(bn1.forward(conv1.forward(x)).relu()));
            return y.add(downsample.forward(x)).relu();
        }
    }

    private final Module conv1 = registerModule("conv1", conv(3, 8, 3, 1));
    private final Module bn1 = registerModule("bn1", new BatchNorm2d(8));
    private final Module layer1 = registerModule("layer1", new Sequential(new Block(8, 8, 1), new Block(8, 8, 1)));
    private final Module layer2 = registerModule("layer2", new Sequential(new Block(8, 16, 2), new Block(16, 16, 1)));
    private final Module fc = registerModule("fc", new Linear(16, 10));

    public Tensor forward(Tensor images) {
        Tensor x = Aten.maxPool2d(bn1.forward(conv1.forward(images)).relu(), 3, 2, 1);
        return fc.forward(Aten.avgPool2d(layer2.forward(layer1.forward(x)), 8).flatten(1));
    }

    /** The classes of images by the weights in a file. */
    public static Tensor classify(Path weights, Tensor images) throws Exception {
        var model = new ResNet();
        model.loadStateDict(Safetensors.map(weights, MapMode.READ_ONLY, Arena.ofAuto()));
        try (Mode _ = Torch.noGrad()) {
            return model.eval().forward(images).argmax(1);
        }
    }

    static void main(String[] files) throws Exception {
        var batch = Safetensors.map(Path.of(files[1]), MapMode.READ_ONLY, Arena.ofAuto());
        IO.println(classify(Path.of(files[0]), batch.get("images")));
    }
}
