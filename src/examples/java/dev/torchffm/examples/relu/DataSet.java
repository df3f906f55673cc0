package dev.torchffm.examples.relu;

import dev.torchffm.Torch;
import java.lang.foreign.Arena;

/**
 * Samples to learn from, and others, never learned from, to be tested on.
 *
 * @param learned what a network is trained with
 * @param heldOut what it is tested with
 */
record DataSet(Samples learned, Samples heldOut) {

    /** The seed of every draw in these examples. */
    static final long SEED = 0;

    /** Holds a part of the samples out, ever the same ones for a seed. */
    static DataSet split(Samples all, double share) {
        Torch.manualSeed(SEED);
        Samples shuffled = all.shuffled(Arena.ofAuto());
        long heldOut = Math.round(all.count() * share);
        return new DataSet(shuffled.part(heldOut, all.count() - heldOut), shuffled.part(0, heldOut));
    }
}
