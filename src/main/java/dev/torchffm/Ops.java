package dev.torchffm;

import dev.torchffm.internal.Operator;

/** The operators that methods of this package call. Each is resolved at its first call. */
final class Ops {

    static final Operator ADD = Operator.of("aten::add.Tensor");
    static final Operator ARANGE = Operator.of("aten::arange.start_step");
    static final Operator ARGMAX = Operator.of("aten::argmax");
    static final Operator BACKWARD = Operator.of("aten::_backward");
    static final Operator CLONE = Operator.of("aten::clone");
    static final Operator COPY_ = Operator.of("aten::copy_");
    static final Operator DETACH = Operator.of("aten::detach");
    static final Operator DIV = Operator.of("aten::div.Tensor");
    static final Operator EQ = Operator.of("aten::eq.Tensor");
    static final Operator EQ_SCALAR = Operator.of("aten::eq.Scalar");
    static final Operator EQUAL = Operator.of("aten::equal");
    static final Operator EXP = Operator.of("aten::exp");
    static final Operator FULL = Operator.of("aten::full");
    static final Operator LEAKY_RELU = Operator.of("aten::leaky_relu");
    static final Operator LEAKY_RELU_ = Operator.of("aten::leaky_relu_");
    static final Operator LOG = Operator.of("aten::log");
    static final Operator MATMUL = Operator.of("aten::matmul");
    static final Operator MEAN = Operator.of("aten::mean");
    static final Operator MEAN_DIM = Operator.of("aten::mean.dim");
    static final Operator MUL = Operator.of("aten::mul.Tensor");
    static final Operator NEG = Operator.of("aten::neg");
    static final Operator PRELU = Operator.of("aten::prelu");
    static final Operator RAND = Operator.of("aten::rand");
    static final Operator RANDN = Operator.of("aten::randn");
    static final Operator RESHAPE = Operator.of("aten::reshape");
    static final Operator SIGMOID = Operator.of("aten::sigmoid");
    static final Operator SIGMOID_ = Operator.of("aten::sigmoid_");
    static final Operator SOFTMAX = Operator.of("aten::softmax.int");
    static final Operator SQRT = Operator.of("aten::sqrt");
    static final Operator SUB = Operator.of("aten::sub.Tensor");
    static final Operator SUM = Operator.of("aten::sum");
    static final Operator SUM_DIM = Operator.of("aten::sum.dim_IntList");
    static final Operator T = Operator.of("aten::t");
    static final Operator TANH = Operator.of("aten::tanh");
    static final Operator TANH_ = Operator.of("aten::tanh_");
    static final Operator TO = Operator.of("aten::to.dtype");
    static final Operator ZERO_ = Operator.of("aten::zero_");

    private Ops() {}
}
