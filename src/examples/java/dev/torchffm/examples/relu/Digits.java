package dev.torchffm.examples.relu;

import dev.torchffm.Tensor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.zip.GZIPInputStream;

/** 1797 handwritten digits, images of 8x8 pixels; the README beside the file names the source and the licence. */
final class Digits {

    static final int PIXELS = 64;
    static final int CLASSES = 10;
    private static final float WHITE = 16;

    private Digits() {}

    /** A fifth of the digits is held out; a pixel is from 0 to 1. */
    static DataSet load() throws IOException {
        List<int[]> lines = lines();
        var pixels = new float[lines.size() * PIXELS];
        var classes = new long[lines.size()];
        for (int i = 0; i < classes.length; i++) {
            int[] line = lines.get(i);
            for (int pixel = 0; pixel < PIXELS; pixel++) {
                pixels[i * PIXELS + pixel] = line[pixel] / WHITE;
            }
            classes[i] = line[PIXELS];
        }
        return DataSet.split(new Samples(Tensor.of(pixels).reshape(-1, PIXELS), Tensor.of(classes)), 0.2);
    }

    private static List<int[]> lines() throws IOException {
        try (var file = Objects.requireNonNull(Digits.class.getResourceAsStream("digits.csv.gz"));
                var reader = new BufferedReader(
                        new InputStreamReader(new GZIPInputStream(file), StandardCharsets.US_ASCII))) {
            return reader.lines().map(Digits::numbers).toList();
        }
    }

    private static int[] numbers(String line) {
        return Arrays.stream(line.split(",")).mapToInt(Integer::parseInt).toArray();
    }
}
