package dev.torchffm.oracle;

import org.jspecify.annotations.Nullable;

/** One call of the library: its values in, its value out. */
@FunctionalInterface
interface Verb {
    @Nullable
    Object call(Arguments arguments);
}
