/** Finds libtorch and the shim and loads them, once a process. */
@NullMarked
package dev.torchffm.internal.loading;

import org.jspecify.annotations.NullMarked;
