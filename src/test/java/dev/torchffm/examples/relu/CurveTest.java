package dev.torchffm.examples.relu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.torchffm.Libtorch;
import dev.torchffm.nn.LeakyReLU;
import dev.torchffm.nn.Module;
import dev.torchffm.nn.MyReLU;
import dev.torchffm.nn.PReLU;
import dev.torchffm.nn.Sigmoid;
import dev.torchffm.nn.Tanh;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

/** The figures' curves and derivatives against the formulas, by Java's arithmetic. */
final class CurveTest {

    private static final int REACH = 3;
    private static final int CENTRE = REACH * Curve.STEPS_PER_UNIT;
    private static final double TOLERANCE = 1e-6;

    private static void assertCurve(Module function, DoubleUnaryOperator y, DoubleUnaryOperator derivative) {
        Curve curve = Curve.of(function, REACH);
        assertEquals(2 * CENTRE + 1, curve.x().length);
        for (int i = 0; i < curve.x().length; i++) {
            float x = curve.x()[i];
            assertEquals((i - CENTRE) / (float) Curve.STEPS_PER_UNIT, x);
            assertEquals(y.applyAsDouble(x), curve.y()[i], TOLERANCE, "at " + x);
            assertEquals(derivative.applyAsDouble(x), curve.derivative()[i], TOLERANCE, "derivative at " + x);
        }
    }

    /** Up to libtorch 2.13 clamp passes the gradient at its bound. */
    @Test
    void relu() {
        double bound = Libtorch.isSince(14) ? 0 : 1;
        assertCurve(new MyReLU(), x -> Math.max(0, x), x -> x < 0 ? 0 : x > 0 ? 1 : bound);
    }

    @Test
    void logistic() {
        DoubleUnaryOperator logistic = x -> 1 / (1 + Math.exp(-x));
        assertCurve(new Sigmoid(), logistic, x -> logistic.applyAsDouble(x) * logistic.applyAsDouble(-x));
    }

    @Test
    void tanh() {
        assertCurve(new Tanh(), Math::tanh, x -> 1 - Math.tanh(x) * Math.tanh(x));
    }

    @Test
    void leakyFamily() {
        assertCurve(new LeakyReLU(0.1), x -> x > 0 ? x : 0.1 * x, x -> x > 0 ? 1 : 0.1);
        assertCurve(new PReLU(), x -> x > 0 ? x : 0.25 * x, x -> x > 0 ? 1 : 0.25);
    }

    @Test
    void placesAreNamedByTheirX() {
        Curve curve = Curve.of(new LeakyReLU(0.5), REACH);
        assertEquals(-1.5f, curve.y(-3));
        assertEquals(0.5f, curve.derivative(-1));
        assertEquals(2, curve.y(2));
    }
}
