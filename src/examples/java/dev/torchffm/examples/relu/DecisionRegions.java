package dev.torchffm.examples.relu;

import dev.torchffm.Mode;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.nn.Module;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Ellipse2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** The plane as networks see it, side by side: each pixel in the colour of its class, the paler the less sure. */
final class DecisionRegions {

    private static final int WIDTH = 380;
    private static final int HEIGHT = 280;
    private static final int GAP = 14;
    private static final int HEAD = 34;
    private static final double LEFT = -1.6;
    private static final double TOP = 1.7;
    private static final double PIXEL = 4.2 / WIDTH;
    private static final Color[] COLORS = {new Color(0xe8710a), new Color(0x1f77b4)};

    private final BufferedImage image;
    private final Graphics2D graphics;
    private int panels;

    DecisionRegions(int panels) {
        image = new BufferedImage(GAP + panels * (WIDTH + GAP), HEAD + HEIGHT + GAP, BufferedImage.TYPE_INT_RGB);
        graphics = image.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, image.getWidth(), image.getHeight());
    }

    /** Adds a network's view of the plane, with the samples upon it. */
    void panel(String title, Module network, Samples samples) {
        int left = GAP + panels++ * (WIDTH + GAP);
        float[] shares = shares(network);
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                image.setRGB(left + x, HEAD + y, color(shares[2 * (y * WIDTH + x) + 1]));
            }
        }
        float[] points = samples.x().toFloatArray();
        long[] classes = samples.classes().toLongArray();
        for (int i = 0; i < classes.length; i++) {
            point(left + (points[2 * i] - LEFT) / PIXEL, HEAD + (TOP - points[2 * i + 1]) / PIXEL, (int) classes[i]);
        }
        graphics.setColor(Color.BLACK);
        graphics.setFont(Pictures.font(Font.BOLD, 15));
        graphics.drawString(title, left, HEAD - 11);
    }

    /** For each pixel, row by row, the probabilities of both classes. */
    private static float[] shares(Module network) {
        var pixels = new float[2 * WIDTH * HEIGHT];
        for (int i = 0; i < WIDTH * HEIGHT; i++) {
            pixels[2 * i] = (float) (LEFT + i % WIDTH * PIXEL);
            pixels[2 * i + 1] = (float) (TOP - i / WIDTH * PIXEL);
        }
        try (Mode _ = Torch.noGrad();
                Arena arena = Arena.ofConfined()) {
            Tensor scores = network.forward(Tensor.of(arena, pixels).reshape(-1, 2));
            return Aten.softmax(scores).toFloatArray();
        }
    }

    /** From the first class's colour over white to the second's, none of them full. */
    private static int color(float share) {
        Color color = COLORS[share < 0.5f ? 0 : 1];
        float strength = 0.75f * Math.abs(2 * share - 1);
        return new Color(
                        fade(color.getRed(), strength),
                        fade(color.getGreen(), strength),
                        fade(color.getBlue(), strength))
                .getRGB();
    }

    private static int fade(int component, float strength) {
        return Math.round(255 - strength * (255 - component));
    }

    private void point(double x, double y, int ofClass) {
        var circle = new Ellipse2D.Double(x - 3.5, y - 3.5, 7, 7);
        graphics.setColor(COLORS[ofClass].darker());
        graphics.fill(circle);
        graphics.setColor(Color.WHITE);
        graphics.draw(circle);
    }

    /** Writes the picture, and tells where. */
    void save(Path folder, String name) throws IOException {
        Path file = Files.createDirectories(folder).resolve(name + ".png");
        ImageIO.write(image, "png", file.toFile());
        System.out.println("wrote " + file);
    }
}
