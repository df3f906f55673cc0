package dev.torchffm.nn;

import java.util.List;

/**
 * Names that {@link Module#loadStateDict(java.util.Map, boolean)} left alone.
 *
 * @param missingKeys what the module has and the state lacks
 * @param unexpectedKeys what the state has and the module lacks
 */
public record IncompatibleKeys(List<String> missingKeys, List<String> unexpectedKeys) {

    /** Names, in order. */
    public IncompatibleKeys {
        missingKeys = List.copyOf(missingKeys);
        unexpectedKeys = List.copyOf(unexpectedKeys);
    }
}
