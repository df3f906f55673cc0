package dev.torchffm.oracle;

import static java.util.Map.entry;

import java.util.Map;

/** The clamp family: fresh, in place, into out. */
final class ClampVerbs {

    private ClampVerbs() {}

    static Map<String, Verb> all() {
        return Map.ofEntries(
                entry("clamp", a -> a.tensor(0).clamp(a.numberOrNull(1), a.numberOrNull(2))),
                entry("clamp_", a -> a.tensor(0).clamp_(a.numberOrNull(1), a.numberOrNull(2))),
                entry("clamp.out", a -> a.tensor(0).clamp(a.numberOrNull(1), a.numberOrNull(2), a.tensor(3))),
                entry("clamp_min", a -> a.tensor(0).clampMin(a.number(1))),
                entry("clamp_min_", a -> a.tensor(0).clampMin_(a.number(1))),
                entry("clamp_min.out", a -> a.tensor(0).clampMin(a.number(1), a.tensor(2))),
                entry("clamp_max", a -> a.tensor(0).clampMax(a.number(1))),
                entry("clamp_max_", a -> a.tensor(0).clampMax_(a.number(1))),
                entry("clamp_max.out", a -> a.tensor(0).clampMax(a.number(1), a.tensor(2))),
                entry("relu", a -> a.tensor(0).relu()),
                entry("relu_", a -> a.tensor(0).relu_()));
    }
}
