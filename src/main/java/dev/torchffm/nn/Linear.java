package dev.torchffm.nn;

import dev.torchffm.Aten;
import dev.torchffm.DType;
import dev.torchffm.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A linear layer: y = x · weightᵀ + bias, on the last dimension of its input.
 *
 * <p>The weight has sizes {@code [outFeatures, inFeatures]}, the bias {@code [outFeatures]}; both begin as PyTorch's
 * do, uniform between ±1/√inFeatures, the weight drawn before the bias: after {@link dev.torchffm.Torch#manualSeed} they are
 * Python's own numbers. They live in automatic arenas of their own and are garbage-collected.
 *
 * <p>Source: the PyTorch page "torch.nn.Linear".
 */
public final class Linear extends AbstractModule {

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
        this.weight = registerParameter("weight", Initial.weight(dtype, outFeatures, inFeatures));
        this.bias = bias ? registerParameter("bias", Initial.bias(dtype, inFeatures, outFeatures)) : null;
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
        return Aten.linear(Inputs.require(input), weight, bias);
    }

    @Override
    protected String extraRepr() {
        long[] sizes = weight.sizes();
        return "in_features=" + sizes[1] + ", out_features=" + sizes[0] + ", bias=" + Python.repr(bias != null);
    }
}
