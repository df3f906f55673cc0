package dev.torchffm.examples;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.model.CompiledModel;
import java.awt.Graphics;
import java.awt.Image;
import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;

/** Classifies image files by images.pt2 of src/models. It has never learnt, so its classes mean nothing. */
public final class ImageClassifier {

    private static final int SIZE = 32;

    private ImageClassifier() {}

    /** A batch of one picture a file; each is scaled, and its pixels written to where the model reads them. */
    public static Tensor batch(Arena arena, List<String> files) throws IOException {
        long bytes = 4L * 3 * SIZE * SIZE;
        MemorySegment memory = arena.allocate(files.size() * bytes, 64);
        for (int i = 0; i < files.size(); i++) {
            BufferedImage image = ImageIO.read(new File(files.get(i)));
            if (image == null) {
                throw new IOException(files.get(i) + ": no image that Java reads");
            }
            write(image, memory.asSlice(i * bytes, bytes));
        }
        return Tensor.fromSegment(memory, DType.FLOAT32, files.size(), 3, SIZE, SIZE);
    }

    /** Red, then green, then blue, each from -1 to 1. */
    private static void write(BufferedImage image, MemorySegment target) {
        var small = new BufferedImage(SIZE, SIZE, BufferedImage.TYPE_INT_RGB);
        Graphics graphics = small.getGraphics();
        graphics.drawImage(image.getScaledInstance(SIZE, SIZE, Image.SCALE_AREA_AVERAGING), 0, 0, null);
        graphics.dispose();
        for (int i = 0; i < 3 * SIZE * SIZE; i++) {
            int value = small.getRGB(i % SIZE, i / SIZE % SIZE) >> 16 - 8 * (i / (SIZE * SIZE)) & 0xff;
            target.setAtIndex(ValueLayout.JAVA_FLOAT, i, value / 127.5f - 1);
        }
    }

    static void main(String[] args) throws IOException {
        try (CompiledModel model = CompiledModel.load(Path.of(args[0]));
                Arena arena = Arena.ofConfined()) {
            Tensor scores = model.run(batch(arena, List.of(args).subList(1, args.length)))
                    .getFirst();
            var best = scores.softmax(1).topk(3);
            IO.println(best.indices() + "\n" + best.values());
        }
    }
}
