package dev.torchffm.oracle;

import static java.util.Map.entry;

import dev.torchffm.Torch;
import java.util.Map;

/** Random numbers from a seed. */
final class RandomVerbs {

    private RandomVerbs() {}

    static Map<String, Verb> all() {
        return Map.ofEntries(
                entry("manual_seed", a -> {
                    Torch.manualSeed(a.integer(0));
                    return null;
                }),
                entry("rand", a -> Torch.rand(a.dtype(1), a.integers(0))),
                entry("randn", a -> Torch.randn(a.dtype(1), a.integers(0))));
    }
}
