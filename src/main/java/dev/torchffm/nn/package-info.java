/**
 * Modules: objects that turn a tensor into a tensor, and learn, as PyTorch's {@code torch.nn} has them.
 *
 * <p>{@link dev.torchffm.nn.MyReLU} rectifies by {@code clamp}, {@link dev.torchffm.nn.ReLU} by libtorch's own
 * {@code relu}; beside them stand {@link dev.torchffm.nn.Sigmoid}, {@link dev.torchffm.nn.Tanh},
 * {@link dev.torchffm.nn.LeakyReLU} and {@link dev.torchffm.nn.PReLU}. A {@link dev.torchffm.nn.Sequential} of them and
 * {@link dev.torchffm.nn.Linear} layers is a network, which {@link dev.torchffm.optim} trains.
 */
@NullMarked
package dev.torchffm.nn;

import org.jspecify.annotations.NullMarked;
