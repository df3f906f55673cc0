package dev.torchffm.bench;

import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler;

/** The picture of an operation: time against size, both logarithmic, one line a peer. */
final class Plot {

    private Plot() {}

    static void write(Path file, Operation operation, Results results) throws IOException {
        XYChart chart = new XYChartBuilder()
                .width(900)
                .height(540)
                .title(operation.title.replace("`", ""))
                .xAxisTitle("floats")
                .yAxisTitle("nanoseconds")
                .build();
        chart.getStyler()
                .setXAxisLogarithmic(true)
                .setYAxisLogarithmic(true)
                .setLegendPosition(Styler.LegendPosition.OutsideE)
                .setChartBackgroundColor(Color.WHITE)
                .setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 15))
                .setMarkerSize(6);
        for (Peer peer : results.peers()) {
            var sizes = new ArrayList<Long>();
            var times = new ArrayList<Double>();
            for (long size : results.effort().sizes()) {
                results.time(peer, operation, size).ifPresent(time -> {
                    sizes.add(size);
                    times.add(time.median());
                });
            }
            if (!sizes.isEmpty()) {
                chart.addSeries(peer.name(), sizes, times);
            }
        }
        BitmapEncoder.saveBitmap(chart, file.toString(), BitmapEncoder.BitmapFormat.PNG);
    }
}
