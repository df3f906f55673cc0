/** Optimizers, which change parameters by their gradients, as PyTorch's {@code torch.optim} does. */
@NullMarked
package dev.torchffm.optim;

import org.jspecify.annotations.NullMarked;
