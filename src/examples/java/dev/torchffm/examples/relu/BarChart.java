package dev.torchffm.examples.relu;

import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;

/** A bar for each of some values. */
final class BarChart {

    private final CategoryChart chart;

    BarChart(String title, String yTitle) {
        chart = new CategoryChartBuilder()
                .width(720)
                .height(400)
                .title(title)
                .yAxisTitle(yTitle)
                .build();
        Pictures.style(chart.getStyler());
        chart.getStyler()
                .setLabelsVisible(true)
                .setLabelsFont(Pictures.font(Font.BOLD, 14))
                .setLabelsFontColorAutomaticEnabled(false)
                .setLabelsFontColor(Color.WHITE)
                .setAvailableSpaceFill(0.6)
                .setOverlapped(true)
                .setYAxisDecimalPattern("0.#")
                .setPlotGridVerticalLinesVisible(false)
                .setLegendVisible(false);
    }

    /** A bar of each activation, in its colour: a series each, with no bar at the others' places. */
    BarChart bars(Map<Activation, Double> values) {
        List<String> names =
                values.keySet().stream().map(activation -> activation.title).toList();
        values.forEach((activation, value) -> {
            var bars = new ArrayList<@Nullable Double>(Collections.nCopies(names.size(), null));
            bars.set(names.indexOf(activation.title), value);
            chart.addSeries(activation.title, names, bars).setFillColor(activation.color);
        });
        return this;
    }

    void save(Path folder, String name) throws IOException {
        Pictures.save(chart, folder, name);
    }
}
