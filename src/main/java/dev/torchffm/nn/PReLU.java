package dev.torchffm.nn;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;

/**
 * The parametric rectified linear unit: x above 0, and weight · x below, with a weight that is learned, one for all or
 * one for each channel.
 *
 * <p>Its derivative by x is 1 above 0, and weight below and at 0. Its derivative by the weight is 0 above 0 and x
 * below, added up over all elements that share the weight.
 *
 * <p>The input has the weight's dtype. With one weight it may have any shape; with more it has at least two dimensions,
 * and dimension 1 has a channel for each weight. As in PyTorch there is no form in place. The weight lives in an
 * automatic arena of its own and is garbage-collected.
 *
 * <p>Source: the PyTorch page "torch.nn.PReLU".
 */
public final class PReLU extends AbstractModule {

    private final Tensor weight;

    /** A module with one FLOAT32 weight, 0.25. */
    public PReLU() {
        this(1, 0.25);
    }

    /**
     * A module with FLOAT32 weights.
     *
     * @param numParameters how many weights: 1, or the number of channels
     * @param init what they all are at first
     * @throws IllegalArgumentException when numParameters is negative
     */
    public PReLU(long numParameters, double init) {
        this(numParameters, init, DType.FLOAT32);
    }

    /**
     * A module with weights of a dtype.
     *
     * @param numParameters how many weights: 1, or the number of channels
     * @param init what they all are at first
     * @param dtype floating-point
     * @throws IllegalArgumentException when numParameters is negative, or the dtype is not floating-point
     */
    public PReLU(long numParameters, double init, DType dtype) {
        long[] sizes = {Inputs.requireCount("numParameters", numParameters)};
        weight = registerParameter(
                "weight", Torch.parameter(Torch.full(Inputs.requireFloatingPoint(dtype), sizes, init)));
    }

    /** {@return the weights, a tensor of one dimension: the parameter itself} */
    public Tensor weight() {
        return weight;
    }

    /**
     * Computes the function of every element.
     *
     * @param input read; of the weight's dtype
     * @return a new tensor where the input lives
     * @throws dev.torchffm.TorchException for another dtype, or another number of channels than of weights
     */
    @Override
    public Tensor forward(Tensor input) {
        return Inputs.require(input).prelu(weight);
    }

    @Override
    protected String extraRepr() {
        return "num_parameters=" + weight.numel();
    }
}
