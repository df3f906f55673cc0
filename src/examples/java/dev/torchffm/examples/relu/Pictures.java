package dev.torchffm.examples.relu;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.AxesChartStyler;

/** The one look of all the charts, and their two formats. */
final class Pictures {

    private static final int PIXELS_PER_POINT = 2;

    private Pictures() {}

    static Font font(int style, int size) {
        return new Font(Font.SANS_SERIF, style, size);
    }

    static void style(AxesChartStyler styler) {
        styler.setAxisTitleFont(font(Font.PLAIN, 14))
                .setAxisTickLabelsFont(font(Font.PLAIN, 12))
                .setAxisTickMarksColor(Color.GRAY)
                .setPlotGridLinesColor(new Color(0xececec))
                .setPlotGridLinesStroke(new BasicStroke(1))
                .setPlotBorderVisible(false)
                .setChartBackgroundColor(Color.WHITE)
                .setChartTitleFont(font(Font.BOLD, 16))
                .setChartTitlePadding(10)
                .setLegendFont(font(Font.PLAIN, 14))
                .setLegendBorderColor(Color.WHITE);
    }

    /** Writes a chart as PNG and as SVG, and tells where. */
    static void save(Chart<?, ?> chart, Path folder, String name) throws IOException {
        String file = Files.createDirectories(folder).resolve(name).toString();
        ImageIO.write(image(chart), "png", Path.of(file + ".png").toFile());
        VectorGraphicsEncoder.saveVectorGraphic(chart, file, VectorGraphicsFormat.SVG);
        System.out.println("wrote " + file + ".png and .svg");
    }

    /** Lines stay where they belong between pixels, which makes them smooth. */
    private static BufferedImage image(Chart<?, ?> chart) {
        var image = new BufferedImage(
                chart.getWidth() * PIXELS_PER_POINT, chart.getHeight() * PIXELS_PER_POINT, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.scale(PIXELS_PER_POINT, PIXELS_PER_POINT);
        graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
        chart.paint(graphics, chart.getWidth(), chart.getHeight());
        graphics.dispose();
        return image;
    }
}
