package dev.torchffm.bench;

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
    step(Group.NETWORK, "training step");

    final Group group;
    final String title;

    Operation(Group group, String title) {
        this.group = group;
        this.title = title;
    }
}
