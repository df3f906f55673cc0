package dev.torchffm.nn;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A linear layer: y = x · weightᵀ + bias, on the last dimension of its input.
 *
 * <p>The weight has sizes {@code [outFeatures, inFeatures]}, the bias {@code [outFeatures]}; both begin as PyTorch's
 * do, uniform between ±1/√inFeatures, the weight drawn before the bias: after {@link Torch#manualSeed} they are
 * Python's own numbers. They live in automatic arenas of their own and are garbage-collected.
 *
 * <p>Source: the PyTorch page "torch.nn.Linear".
 */
public final class Linear implements Module {

    private final Tensor weight;
    private final @Nullable Tensor bias;

    /**
     * A layer of FLOAT32 with a bias.
     *
     * @param inFeatures the length of the input's last dimension
     * @param outFeatures the length of the output's last dimension
     * @throws IllegalArgumentException when one is negative
     */
    public Linear(long inFeatures, long outFeatures) {
        this(inFeatures, outFeatures, true);
    }

    /**
     * A layer of FLOAT32.
     *
     * @param inFeatures the length of the input's last dimension
     * @param outFeatures the length of the output's last dimension
     * @param bias whether there is one
     * @throws IllegalArgumentException when a length is negative
     */
    public Linear(long inFeatures, long outFeatures, boolean bias) {
        this(inFeatures, outFeatures, bias, DType.FLOAT32);
    }

    /**
     * A layer of a dtype.
     *
     * @param inFeatures the length of the input's last dimension
     * @param outFeatures the length of the output's last dimension
     * @param bias whether there is one
     * @param dtype floating-point
     * @throws IllegalArgumentException when a length is negative, or the dtype is not floating-point
     */
    public Linear(long inFeatures, long outFeatures, boolean bias, DType dtype) {
        Inputs.requireCount("inFeatures", inFeatures);
        Inputs.requireCount("outFeatures", outFeatures);
        Inputs.requireFloatingPoint(dtype);
        this.weight = uniform(kaimingBound(inFeatures), dtype, outFeatures, inFeatures);
        this.bias = bias ? uniform(inFeatures > 0 ? 1 / Math.sqrt(inFeatures) : 0, dtype, outFeatures) : null;
    }

    /** The bound of kaiming_uniform_ with a = √5, in Python's steps, so that its last bit is Python's. */
    private static double kaimingBound(long fanIn) {
        double slope = Math.sqrt(5);
        double gain = Math.sqrt(2.0 / (1 + slope * slope));
        double std = gain / Math.sqrt(fanIn);
        return Math.sqrt(3.0) * std;
    }

    private static Tensor uniform(double bound, DType dtype, long... sizes) {
        Tensor values = Torch.empty(dtype, sizes);
        if (values.numel() > 0) {
            Torch.call("aten::uniform_", values, 0 - bound, bound);
        }
        return Torch.parameter(values);
    }

    /** {@return the weight, of sizes {@code [outFeatures, inFeatures]}: the parameter itself} */
    public Tensor weight() {
        return weight;
    }

    /** {@return the bias, of sizes {@code [outFeatures]}: the parameter itself; or null} */
    public @Nullable Tensor bias() {
        return bias;
    }

    /**
     * Computes x · weightᵀ + bias.
     *
     * @param input read; of the weight's dtype, its last dimension inFeatures long
     * @return a new tensor where the input lives, its last dimension outFeatures long
     * @throws dev.torchffm.TorchException when the dtype or the length differs
     */
    @Override
    public Tensor forward(Tensor input) {
        return Functional.linear(input, weight, bias);
    }

    /** {@return {@code weight} and {@code bias}} */
    @Override
    public Map<String, Tensor> namedParameters() {
        Map<String, Tensor> parameters = new LinkedHashMap<>();
        parameters.put("weight", weight);
        if (bias != null) {
            parameters.put("bias", bias);
        }
        return Collections.unmodifiableMap(parameters);
    }

    /** {@return the module as PyTorch prints one} */
    @Override
    public String toString() {
        long[] sizes = weight.sizes();
        return "Linear(in_features=" + sizes[1] + ", out_features=" + sizes[0] + ", bias="
                + (bias == null ? "False" : "True") + ")";
    }
}
