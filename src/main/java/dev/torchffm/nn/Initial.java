package dev.torchffm.nn;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.util.Arrays;

/** Initial numbers of parameters, drawn as PyTorch draws them. */
final class Initial {

    private Initial() {}

    /** A weight by kaiming_uniform_ with a = √5. */
    static Tensor weight(DType dtype, long... sizes) {
        long fanIn = Arrays.stream(sizes).skip(1).reduce(1, (a, b) -> a * b);
        // In Python's steps, so that the bound's last bit is Python's.
        double slope = Math.sqrt(5);
        double gain = Math.sqrt(2.0 / (1 + slope * slope));
        double std = gain / Math.sqrt(fanIn);
        return uniform(Math.sqrt(3.0) * std, dtype, sizes);
    }

    /** A bias, uniform between ±1/√fanIn. */
    static Tensor bias(DType dtype, long fanIn, long size) {
        return uniform(fanIn > 0 ? 1 / Math.sqrt(fanIn) : 0, dtype, size);
    }

    private static Tensor uniform(double bound, DType dtype, long... sizes) {
        Tensor values = Torch.empty(dtype, sizes);
        if (values.numel() > 0) {
            values.uniform_(0 - bound, bound);
        }
        return Torch.parameter(values);
    }
}
