/** Files of tensors: mapped into memory that Java and libtorch share, without a copy, and saved. */
@NullMarked
package dev.torchffm.io;

import org.jspecify.annotations.NullMarked;
