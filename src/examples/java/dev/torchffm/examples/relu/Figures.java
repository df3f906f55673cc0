package dev.torchffm.examples.relu;

import dev.torchffm.nn.LeakyReLU;
import dev.torchffm.nn.Module;
import dev.torchffm.nn.MyReLU;
import dev.torchffm.nn.PReLU;
import dev.torchffm.nn.Sigmoid;
import dev.torchffm.nn.Tanh;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** Draws the notebook's figures: each function with its derivative, both computed by libtorch. */
final class Figures {

    private static final int REACH = 5;

    /** A figure: what it shows, and how far down and up it reaches. */
    record Figure(String file, String title, Activation activation, Module function, double low, double high) {}

    static final List<Figure> FIGURES = List.of(
            new Figure("figure-1-relu", "Figure 1: ReLU, max(0, x)", Activation.RELU, new MyReLU(), -1, 5),
            new Figure(
                    "figure-2a-logistic",
                    "Figure 2a: the logistic function, 1 / (1 + exp(-x))",
                    Activation.SIGMOID,
                    new Sigmoid(),
                    -0.2,
                    1.2),
            new Figure("figure-2b-tanh", "Figure 2b: the hyperbolic tangent", Activation.TANH, new Tanh(), -1.2, 1.2),
            new Figure(
                    "figure-3a-leaky-relu",
                    "Figure 3a: LeakyReLU of slope 0.1",
                    Activation.LEAKY_RELU,
                    new LeakyReLU(0.1),
                    -1,
                    5),
            new Figure(
                    "figure-3b-prelu",
                    "Figure 3b: PReLU, whose slope, here 0.25, is learned",
                    Activation.PRELU,
                    new PReLU(),
                    -1.5,
                    5));

    private Figures() {}

    /** Takes the folder for the pictures. */
    static void main(String[] arguments) throws IOException {
        draw(Path.of(arguments[0]));
    }

    static void draw(Path folder) throws IOException {
        for (Figure figure : FIGURES) {
            draw(figure, folder);
        }
    }

    private static void draw(Figure figure, Path folder) throws IOException {
        Curve curve = Curve.of(figure.function(), REACH);
        Activation activation = figure.activation();
        new LineChart(figure.title(), "x", "")
                .axes(-REACH, REACH, figure.low(), figure.high())
                .solid(activation.title, activation.color, curve.x(), curve.y())
                .dashed("its derivative", activation.color.darker(), curve.x(), curve.derivative())
                .save(folder, figure.file());
        for (int x = -1; x <= 1; x++) {
            System.out.printf(Locale.ROOT, "  at %2d: %7.4f, derivative %.4f%n", x, curve.y(x), curve.derivative(x));
        }
    }
}
