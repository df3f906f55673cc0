package dev.torchffm.bench;

import dev.torchffm.MemoryPool;
import java.lang.foreign.Arena;

/** torch-ffm with results in recycled memory. */
public class TorchFfmPool extends TorchFfm {

    private final MemoryPool pool = new MemoryPool(1L << 30);

    @Override
    Arena resultArena() {
        return pool.ofConfined();
    }

    @Override
    String about() {
        return "as torch-ffm, each result in a confined arena of a MemoryPool";
    }
}
