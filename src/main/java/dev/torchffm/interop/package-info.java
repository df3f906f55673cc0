/** Memory that other libraries own or want, shared with tensors without a copy. */
@NullMarked
package dev.torchffm.interop;

import org.jspecify.annotations.NullMarked;
