/**
 * Calls the shim and owns its handles. With {@code dev.torchffm.internal.loading}, this is the only code that touches
 * the generated bindings.
 */
@NullMarked
package dev.torchffm.internal;

import org.jspecify.annotations.NullMarked;
