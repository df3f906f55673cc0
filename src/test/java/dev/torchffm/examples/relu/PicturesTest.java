package dev.torchffm.examples.relu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The pictures are written, and show what they should. */
final class PicturesTest {

    /** Java draws text with the system's fonts, which a machine may lack. */
    @BeforeAll
    static void fonts() {
        boolean linux = System.getProperty("os.name").equals("Linux");
        assumeTrue(!linux || new File("/etc/fonts/fonts.conf").exists(), "there is no fontconfig");
    }

    private static long pixels(Path picture, Color color) throws IOException {
        BufferedImage image = ImageIO.read(picture.toFile());
        assertNotNull(image, picture.toString());
        int[] colors = image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
        int wanted = color.getRGB();
        long count = 0;
        for (int rgb : colors) {
            count += rgb == wanted ? 1 : 0;
        }
        return count;
    }

    @Test
    void figuresShowFunctionAndDerivative(@TempDir Path folder) throws IOException {
        Figures.draw(folder);
        for (Figures.Figure figure : Figures.FIGURES) {
            Path picture = folder.resolve(figure.file() + ".png");
            Color color = figure.activation().color;
            assertTrue(pixels(picture, color) > 300, figure.title());
            assertTrue(pixels(picture, color.darker()) > 200, figure.title());
            String svg = Files.readString(folder.resolve(figure.file() + ".svg"));
            assertTrue(svg.contains("<svg") && svg.contains(rgb(color)) && svg.contains(rgb(color.darker())));
        }
    }

    private static String rgb(Color color) {
        return "rgb(" + color.getRed() + "," + color.getGreen() + "," + color.getBlue() + ")";
    }

    @Test
    void twoMoonsAreShownInBothClassesColours(@TempDir Path folder) throws IOException {
        LearnTwoMoons.run(folder, 3, 1);
        Path picture = folder.resolve("two-moons.png");
        assertTrue(pixels(picture, new Color(0xe8710a).darker()) > 1000);
        assertTrue(pixels(picture, new Color(0x1f77b4).darker()) > 1000);
    }

    @Test
    void costIsShownInBars(@TempDir Path folder) throws IOException {
        List<Cost.Result> results = Cost.measure(1 << 12, 5);
        assertEquals(1, results.getFirst().ratio());
        results.forEach(result -> assertTrue(result.micros() > 0 && result.ratio() > 0, result.toString()));
        Cost.draw(
                folder,
                Cost.CANDIDATES.stream()
                        .map(candidate -> new Cost.Result(candidate, 1, 1))
                        .toList());
        assertTrue(pixels(folder.resolve("cost.png"), Activation.RELU.color) > 1000);
    }
}
