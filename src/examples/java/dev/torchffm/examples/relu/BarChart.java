package dev.torchffm.examples.relu;

import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
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
                .setYAxisDecimalPattern("0.#")
                .setPlotGridVerticalLinesVisible(false)
                .setLegendVisible(false);
    }

    BarChart bars(Color color, List<String> names, List<Double> values) {
        chart.addSeries("values", names, values).setFillColor(color);
        return this;
    }

    void save(Path folder, String name) throws IOException {
        Pictures.save(chart, folder, name);
    }
}
