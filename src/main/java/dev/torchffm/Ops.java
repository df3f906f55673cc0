package dev.torchffm;

import dev.torchffm.internal.Operator;

/** The operators that hand-written methods of this package call. Each is resolved at its first call. */
final class Ops {

    static final Operator ARANGE = Operator.of("aten::arange.start_step");
    static final Operator BACKWARD = Operator.of("aten::_backward");
    static final Operator CLONE = Operator.of("aten::clone");
    static final Operator DETACH = Operator.of("aten::detach");
    static final Operator EQUAL = Operator.of("aten::equal");
    static final Operator FULL = Operator.of("aten::full");
    static final Operator RAND = Operator.of("aten::rand");
    static final Operator RANDN = Operator.of("aten::randn");
    static final Operator TO = Operator.of("aten::to.dtype");
    static final Operator ZERO_ = Operator.of("aten::zero_");

    private Ops() {}
}
