/** Optimizers: what changes parameters by their gradients, as PyTorch's {@code torch.optim} has them. */
@NullMarked
package dev.torchffm.optim;

import org.jspecify.annotations.NullMarked;
