package dev.torchffm.bench;

import java.time.Duration;

/** Operations that are measured alike. */
enum Group {
    /** At all the sizes of the effort, with as many threads as OMP_NUM_THREADS says. */
    CLAMPS(1),
    /** Of 8 times 8 floats, with one thread. */
    OPERATORS(3),
    /** Of 4 samples of 2 floats, with one thread: a second one would only wait. */
    NETWORK(5),
    /** Compiled models, with one thread. */
    MODELS(5);

    /** The side of an operator's square tensors. */
    static final int SIDE = 8;

    static final int SAMPLES = 4;

    private final int warmups;

    /** The more Java there is to compile, the longer it takes. */
    Group(int warmups) {
        this.warmups = warmups;
    }

    Duration warmup(Effort effort) {
        return effort.warmup().multipliedBy(warmups);
    }

    boolean hasOneThread() {
        return this != CLAMPS;
    }
}
