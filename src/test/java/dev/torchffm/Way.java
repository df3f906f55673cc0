package dev.torchffm;

import java.lang.foreign.Arena;

/** The ways in which an operator may be run and its result be kept; what comes out is the same. */
enum Way {
    DEFAULT,
    NO_GRAD,
    INFERENCE;

    Mode open() {
        if (History.gradientsWereRequested() && "shim".equals(System.getProperty("dev.torchffm.kernels"))) {
            throw new IllegalStateException("a test of this process asked for gradients, which ends the shim's loops");
        }
        return switch (this) {
            case NO_GRAD -> Torch.noGrad();
            case INFERENCE -> Torch.inferenceMode();
            case DEFAULT -> new Mode(0, 0);
        };
    }

    Arena arena() {
        return Arena.ofConfined();
    }
}
