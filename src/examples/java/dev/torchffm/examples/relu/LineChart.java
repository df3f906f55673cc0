package dev.torchffm.examples.relu;

import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Lines over an axis. */
final class LineChart {

    private static final BasicStroke SOLID = new BasicStroke(2.5f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND);
    private static final BasicStroke THIN = new BasicStroke(1);
    private static final BasicStroke DASHED =
            new BasicStroke(2, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 10, new float[] {7, 5}, 0);

    private final XYChart chart;

    LineChart(String title, String xTitle, String yTitle) {
        chart = new XYChartBuilder()
                .width(720)
                .height(450)
                .title(title)
                .xAxisTitle(xTitle)
                .yAxisTitle(yTitle)
                .build();
        Pictures.style(chart.getStyler());
        chart.getStyler().setLegendPosition(LegendPosition.InsideNW);
    }

    /** Thin lines through the origin. */
    LineChart axes(double left, double right, double low, double high) {
        axis("x axis", new double[] {left, right}, new double[] {0, 0});
        axis("y axis", new double[] {0, 0}, new double[] {low, high});
        return this;
    }

    private void axis(String name, double[] x, double[] y) {
        XYSeries axis = chart.addSeries(name, x, y);
        axis.setShowInLegend(false);
        draw(axis, Color.GRAY, THIN, SeriesMarkers.NONE);
    }

    LineChart solid(String name, Color color, float[] x, float[] y) {
        return curve(chart.addSeries(name, x, y), color, SOLID);
    }

    LineChart dashed(String name, Color color, float[] x, float[] y) {
        return curve(chart.addSeries(name, x, y), color, DASHED);
    }

    /** One path, so that dashes go on from point to point. */
    private LineChart curve(XYSeries series, Color color, BasicStroke stroke) {
        series.setSmooth(true);
        return draw(series, color, stroke, SeriesMarkers.NONE);
    }

    /** A value for each of 1, 2, 3 and so on. */
    LineChart counted(String name, Color color, List<Double> values) {
        return draw(chart.addSeries(name, values), color, SOLID, SeriesMarkers.NONE);
    }

    /** The same, with a dot for each. */
    LineChart dotted(String name, Color color, List<Double> values) {
        return draw(chart.addSeries(name, values), color, SOLID, SeriesMarkers.CIRCLE);
    }

    private LineChart draw(XYSeries series, Color color, BasicStroke stroke, Marker marker) {
        series.setMarker(marker).setMarkerColor(color);
        series.setLineStyle(stroke).setLineColor(color);
        return this;
    }

    LineChart logarithmic() {
        chart.getStyler().setYAxisLogarithmic(true);
        return this;
    }

    /** The names of the lines beside them, for where no corner is free of lines. */
    LineChart legendBeside() {
        chart.getStyler().setLegendPosition(LegendPosition.OutsideE);
        return this;
    }

    void save(Path folder, String name) throws IOException {
        Pictures.save(chart, folder, name);
    }
}
