package dev.torchffm.spark.bench;

import java.io.Serial;
import java.io.Serializable;
import java.util.Random;
import scala.collection.Seq;

/** Two layers with ReLU between, in loops of Java. */
final class PlainNetwork implements Serializable {

    @Serial
    private static final long serialVersionUID = 1;

    private final float[][] hidden = weights(64, 16);
    private final float[][] output = weights(4, 64);

    private static float[][] weights(int outputs, int inputs) {
        var random = new Random(1);
        float[][] weights = new float[outputs][inputs];
        for (float[] row : weights) {
            for (int i = 0; i < inputs; i++) {
                row[i] = random.nextFloat();
            }
        }
        return weights;
    }

    float[] forward(Seq<Float> values) {
        float[] x = new float[values.length()];
        for (int i = 0; i < x.length; i++) {
            x[i] = values.apply(i);
        }
        float[] activations = multiply(hidden, x);
        for (int i = 0; i < activations.length; i++) {
            activations[i] = Math.max(0, activations[i]);
        }
        return multiply(output, activations);
    }

    private static float[] multiply(float[][] weights, float[] x) {
        float[] result = new float[weights.length];
        for (int i = 0; i < result.length; i++) {
            float sum = 0;
            for (int j = 0; j < x.length; j++) {
                sum += weights[i][j] * x[j];
            }
            result[i] = sum;
        }
        return result;
    }
}
