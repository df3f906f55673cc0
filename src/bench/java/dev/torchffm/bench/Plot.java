package dev.torchffm.bench;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;
import javax.imageio.ImageIO;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;

/** A picture of ratios against sizes: one line is at 1, to which the others are compared; each has its name beside it. */
final class Plot {

    /** What the picture of the peers shows: each of them has it. */
    private static final Operation PEERS = Operation.clamp;

    /** What the picture of torch-ffm's ways shows. */
    private static final Operation WAYS = Operation.clamp_;

    private static final List<Color> COLORS =
            List.of(new Color(0xd62728), new Color(0x1f77b4), new Color(0x2ca02c), new Color(0x9467bd));
    private static final Font FONT = new Font(Font.SANS_SERIF, Font.PLAIN, 14);
    private static final int PIXELS_PER_POINT = 2;

    /** Between a name and its line. */
    private static final int GAP = 8;

    /** The room for the names, in powers of two. */
    private static final int ROOM = 4;

    private final String file;
    private final List<Long> sizes;
    private final XYChart chart;
    private double least = 0;
    private double greatest = 1;

    private Plot(String file, Results results, Operation operation, String title) {
        this.file = file;
        sizes = operation.sizes(results.effort());
        // The axes are linear, of logarithms: XChart marks only powers of ten on others.
        chart = new XYChartBuilder()
                .width(900)
                .height(540)
                .title(title)
                .xAxisTitle("floats")
                .build();
        double first = log2(sizes.getFirst());
        chart.getStyler()
                .setLegendVisible(false)
                .setPlotBorderVisible(false)
                .setChartBackgroundColor(Color.WHITE)
                .setChartTitleFont(FONT.deriveFont(Font.BOLD, 16f))
                .setMarkerSize(6);
        chart.getStyler()
                .setAxisTickLabelsFont(FONT)
                .setAxisTitleFont(FONT)
                .setPlotGridLinesColor(new Color(0xececec))
                .setPlotGridLinesStroke(new BasicStroke(1))
                .setXAxisMin(first - ROOM)
                .setXAxisTickMarkSpacingHint(100)
                .setYAxisTickMarkSpacingHint(80)
                .setxAxisTickLabelsFormattingFunction(x -> power(x, Table::floats))
                .setyAxisTickLabelsFormattingFunction(y -> power(y, Long::toString));
    }

    /** {@return the pictures of what was measured} */
    static List<Plot> of(Results results) {
        var plots = new ArrayList<Plot>();
        if (results.operations().contains(PEERS)) {
            var peers = new Plot("performance.png", results, PEERS, "time ÷ torch-ffm's: clamp out of place, no mode");
            peers.addLine("torch-ffm", size -> Optional.of(1.0));
            for (String column : Peers.SHOWN) {
                peers.addLine(column, size -> results.ratio(column, PEERS, Way.NO_MODE, size)
                        .map(Spread::median));
            }
            plots.add(peers);
        }
        if (results.operations().contains(WAYS)) {
            var ways = new Plot(
                    "performance-ways.png", results, WAYS, "time ÷ torch-ffm's without a mode: clamp_ in place");
            for (Way way : List.of(Way.NO_MODE, Way.INFERENCE, Way.SHIM)) {
                ways.addLine(way.title.replace("`", ""), size -> results.ratio(way, Way.NO_MODE, WAYS, size)
                        .map(Spread::median));
            }
            plots.add(ways);
        }
        return plots;
    }

    String file() {
        return file;
    }

    String title() {
        return chart.getTitle();
    }

    private void addLine(String name, LongFunction<Optional<Double>> ratio) {
        List<Long> measured =
                sizes.stream().filter(size -> ratio.apply(size).isPresent()).toList();
        if (measured.isEmpty()) {
            return;
        }
        XYSeries line = chart.addSeries(
                name,
                measured.stream().map(Plot::log2).toList(),
                measured.stream()
                        .map(size -> log2(ratio.apply(size).orElseThrow()))
                        .toList());
        Color color = COLORS.get(chart.getSeriesMap().size() - 1);
        line.setMarkerColor(color).setLineColor(color);
        for (double y : line.getYData()) {
            least = Math.min(least, Math.floor(y));
            greatest = Math.max(greatest, Math.ceil(y));
        }
        chart.getStyler().setYAxisMin(least).setYAxisMax(greatest);
    }

    /** A power of two. No two may look alike: XChart would look for others without end. */
    private static String power(double exponent, LongFunction<String> name) {
        double power = Math.pow(2, exponent);
        return power == Math.rint(power)
                ? name.apply((long) power)
                : new BigDecimal(power, new MathContext(3)).stripTrailingZeros().toPlainString();
    }

    private static double log2(Number value) {
        return Math.log(value.doubleValue()) / Math.log(2);
    }

    /** Writes the file into a folder. */
    void write(Path folder) throws IOException {
        var image = new BufferedImage(
                chart.getWidth() * PIXELS_PER_POINT, chart.getHeight() * PIXELS_PER_POINT, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.scale(PIXELS_PER_POINT, PIXELS_PER_POINT);
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        chart.paint(graphics, chart.getWidth(), chart.getHeight());
        writeNames(graphics);
        graphics.dispose();
        ImageIO.write(image, "png", folder.resolve(file).toFile());
    }

    /** Writes each name left of its line, from the top down, and none over another. */
    private void writeNames(Graphics2D graphics) {
        graphics.setFont(FONT);
        FontMetrics font = graphics.getFontMetrics();
        double free = 0;
        for (XYSeries line : chart.getSeriesMap().values().stream()
                .sorted(Comparator.comparingDouble(this::top))
                .toList()) {
            double x = chart.getScreenXFromChart(line.getXData()[0]) - GAP - font.stringWidth(line.getName());
            double y = Math.max(free, top(line) - font.getHeight() / 2.0);
            graphics.setColor(line.getLineColor());
            graphics.drawString(line.getName(), (float) x, (float) (y + font.getAscent()));
            free = y + font.getHeight();
        }
    }

    private double top(XYSeries line) {
        return chart.getScreenYFromChart(line.getYData()[0]);
    }
}
