package dev.torchffm.examples.relu;

import dev.torchffm.Mode;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.nn.LeakyReLU;
import dev.torchffm.nn.MyReLU;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * The notebook's "expensive computation": ReLU against sigmoid and tanh on the same tensor, in place, so that no time
 * goes to memory for results.
 */
final class Cost {

    private static final long FLOATS = 1 << 20;
    private static final int WARM_UP = 50;
    private static final int ROUNDS = 301;

    private Cost() {}

    /**
     * A function in place.
     *
     * @param activation which one
     * @param function writes its input
     */
    record Candidate(Activation activation, UnaryOperator<Tensor> function) {}

    /**
     * What was measured.
     *
     * @param candidate the function
     * @param micros the median time
     * @param ratio the median of the ratios to the first candidate's time in the same round
     */
    record Result(Candidate candidate, double micros, double ratio) {}

    static final List<Candidate> CANDIDATES = List.of(
            new Candidate(Activation.RELU, new MyReLU(true)),
            new Candidate(Activation.LEAKY_RELU, new LeakyReLU(0.01, true)),
            new Candidate(Activation.SIGMOID, Tensor::sigmoid_),
            new Candidate(Activation.TANH, Tensor::tanh_));

    /** Takes the folder for the picture. */
    static void main(String[] arguments) throws IOException {
        Torch.setNumThreads(1);
        List<Result> results = measure(FLOATS, ROUNDS);
        System.out.printf(
                Locale.ROOT,
                "%,d floats in place, medians of %d rounds in which the functions take turns:%n",
                FLOATS,
                ROUNDS);
        System.out.println("\n| function | time | ÷ ReLU |\n|---|--:|--:|");
        for (Result result : results) {
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %.0f µs | %.1f |%n",
                    result.candidate().activation().title,
                    result.micros(),
                    result.ratio());
        }
        System.out.println();
        draw(Path.of(arguments[0]), results);
    }

    static void draw(Path folder, List<Result> results) throws IOException {
        Map<Activation, Double> ratios = new LinkedHashMap<>();
        results.forEach(result -> ratios.put(result.candidate().activation(), result.ratio()));
        new BarChart("The time of a function, ReLU's being 1", "÷ ReLU")
                .bars(ratios)
                .save(folder, "cost");
    }

    /** Every round restores the tensor before each function, which is not timed, and times the functions in turn. */
    static List<Result> measure(long floats, int rounds) {
        var nanos = new double[CANDIDATES.size()][rounds];
        try (Mode _ = Torch.noGrad();
                Arena arena = Arena.ofConfined()) {
            Torch.manualSeed(DataSet.SEED);
            Tensor source = Torch.randn(arena, floats);
            Tensor x = source.clone();
            for (int round = -WARM_UP; round < rounds; round++) {
                for (int i = 0; i < nanos.length; i++) {
                    x.copy_(source);
                    long start = System.nanoTime();
                    CANDIDATES.get(i).function().apply(x);
                    nanos[i][Math.max(round, 0)] = System.nanoTime() - start; // what warms up is overwritten
                }
            }
        }
        var results = new ArrayList<Result>();
        for (int i = 0; i < nanos.length; i++) {
            var ratios = new double[rounds];
            for (int round = 0; round < rounds; round++) {
                ratios[round] = nanos[i][round] / nanos[0][round];
            }
            results.add(new Result(CANDIDATES.get(i), median(nanos[i]) / 1000, median(ratios)));
        }
        return results;
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
