package dev.torchffm.examples.relu;

import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.nn.Module;
import java.lang.foreign.Arena;
import java.util.Objects;

/** A function of one number, and its derivative as autograd computes it: from every y a one goes back. */
record Curve(float[] x, float[] y, float[] derivative) {

    static final int STEPS_PER_UNIT = 40;

    /** From -reach to reach. */
    static Curve of(Module function, int reach) {
        try (Arena arena = Arena.ofConfined()) {
            int steps = reach * STEPS_PER_UNIT;
            Tensor x =
                    Torch.arange(arena, -steps, steps + 1).div(STEPS_PER_UNIT).requiresGrad_(true);
            Tensor y = function.forward(x);
            y.backward(Torch.ones(arena, y.sizes()));
            Tensor derivative = Objects.requireNonNull(x.grad());
            return new Curve(x.toFloatArray(), y.toFloatArray(), derivative.toFloatArray());
        }
    }

    float y(int at) {
        return y[index(at)];
    }

    float derivative(int at) {
        return derivative[index(at)];
    }

    private int index(int at) {
        return x.length / 2 + at * STEPS_PER_UNIT;
    }
}
