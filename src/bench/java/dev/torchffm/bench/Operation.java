package dev.torchffm.bench;

import java.util.List;

/** What is timed; the constant's name is the benchmark method's and the C++ and Python programs' argument. */
enum Operation {
    clamp_(Group.CLAMPS, "in place: `clamp_`"),
    clampMin_(Group.CLAMPS, "in place: `clamp_min_`"),
    clamp(Group.CLAMPS, "out of place: `clamp`, result freed"),
    clampOut(Group.CLAMPS, "into a given tensor: `clamp` with `out`"),
    add(Group.OPERATORS, "add"),
    mul(Group.OPERATORS, "mul"),
    tanh(Group.OPERATORS, "tanh"),
    matmul(Group.OPERATORS, "matmul"),
    sum(Group.OPERATORS, "sum"),
    softmax(Group.OPERATORS, "softmax"),
    forward(Group.NETWORK, "forward"),
    step(Group.NETWORK, "training step"),
    mlp(Group.MODELS, "linear layers 16→64→4, batch 8"),
    images(Group.MODELS, "convolutions with batch norm, 32×32 pixels, batch 32");

    final Group group;
    final String title;

    Operation(Group group, String title) {
        this.group = group;
        this.title = title;
    }

    /** {@return how many floats a tensor has, of a network or a model how many samples there are} */
    List<Long> sizes(Effort effort) {
        return switch (group) {
            case CLAMPS -> effort.sizes();
            case OPERATORS -> List.of((long) Group.SIDE * Group.SIDE);
            case NETWORK -> List.of((long) Group.SAMPLES);
            case MODELS -> List.of(this == mlp ? 8L : 32L);
        };
    }
}
