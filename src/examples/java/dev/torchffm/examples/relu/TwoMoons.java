package dev.torchffm.examples.relu;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;

/** Two half circles that reach into each other, with noise: two classes that no straight line divides. */
final class TwoMoons {

    private static final double NOISE = 0.15;

    private TwoMoons() {}

    /** A quarter of the points is held out. */
    static DataSet make(long pointsPerMoon) {
        Torch.manualSeed(DataSet.SEED);
        Tensor upper = halfCircle(pointsPerMoon);
        Tensor lower = Tensor.of(1f, 0.5f).sub(halfCircle(pointsPerMoon));
        Tensor points = Aten.oneBelowTheOther(upper, lower);
        Tensor noise = Torch.randn(points.sizes()).mul(NOISE);
        Tensor classes =
                Aten.oneBelowTheOther(Torch.zeros(DType.INT64, pointsPerMoon), Torch.ones(DType.INT64, pointsPerMoon));
        return DataSet.split(new Samples(points.add(noise), classes), 0.25);
    }

    private static Tensor halfCircle(long points) {
        Tensor angle = Torch.rand(points).mul(Math.PI);
        return Aten.sideBySide(Aten.cos(angle), Aten.sin(angle));
    }
}
