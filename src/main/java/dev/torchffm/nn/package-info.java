/**
 * Modules: objects that turn a tensor into a tensor, and learn, as PyTorch's {@code torch.nn} has them, with its
 * parameters, initial numbers, names and prints.
 *
 * <p>{@link dev.torchffm.nn.MyReLU} rectifies by {@code clamp}, {@link dev.torchffm.nn.ReLU} by libtorch's own
 * {@code relu}; beside them stand other activations, layers such as {@link dev.torchffm.nn.Linear} and
 * {@link dev.torchffm.nn.Conv2d}, and what normalises, pools and drops. A {@link dev.torchffm.nn.Sequential} of them is a
 * network, and so is an {@link dev.torchffm.nn.AbstractModule} that registers them; {@link dev.torchffm.optim} trains it.
 */
@NullMarked
package dev.torchffm.nn;

import org.jspecify.annotations.NullMarked;
