package dev.torchffm.examples.relu;

import dev.torchffm.Tensor;
import java.lang.foreign.Arena;

/**
 * What a network learns from or is tested on.
 *
 * @param x the samples, a row each
 * @param classes the class of each, INT64 from 0
 */
record Samples(Tensor x, Tensor classes) {

    long count() {
        return x.sizes()[0];
    }

    /** The same, with the results of what is done to them in the arena. */
    Samples in(Arena arena) {
        return new Samples(x.in(arena), classes.in(arena));
    }

    /** Copies of those whose numbers the index holds. */
    Samples at(Tensor index) {
        return new Samples(Aten.rows(x, index), Aten.rows(classes, index));
    }

    /** A view of so many from one on. */
    Samples part(long start, long count) {
        return new Samples(Aten.rows(x, start, count), Aten.rows(classes, start, count));
    }

    /** Copies in a random order, in the arena. */
    Samples shuffled(Arena arena) {
        return in(arena).at(Aten.randomOrder(arena, count()));
    }
}
