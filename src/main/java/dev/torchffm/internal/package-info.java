/**
 * What calls of the shim need: resolved operators, the memory of a call, handles that their arena frees, modes. The
 * callers above use the generated bindings by static import.
 */
@NullMarked
package dev.torchffm.internal;

import org.jspecify.annotations.NullMarked;
