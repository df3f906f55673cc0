/** Tensors over off-heap memory that Java and libtorch share. */
@NullMarked
package dev.torchffm;

import org.jspecify.annotations.NullMarked;
