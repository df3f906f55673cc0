/**
 * Loading libtorch and the shim, calling the shim, owning its handles. The only code that touches the
 * generated bindings.
 */
@NullMarked
package dev.torchffm.internal;

import org.jspecify.annotations.NullMarked;
