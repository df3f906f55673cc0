/** Modules: objects that turn a tensor into a tensor, as PyTorch's {@code torch.nn} has them. */
@NullMarked
package dev.torchffm.nn;

import org.jspecify.annotations.NullMarked;
