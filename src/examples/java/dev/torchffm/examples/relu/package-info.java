/**
 * The argument of the ReLU notebook in pictures: what ReLU is, what its rivals cost, and what it does in a network that
 * learns. {@link dev.torchffm.examples.relu.Figures}, {@link dev.torchffm.examples.relu.Train} and {@link
 * dev.torchffm.examples.relu.Cost} are the programs; the page docs/relu.md walks through what they print and draw.
 */
@NullMarked
package dev.torchffm.examples.relu;

import org.jspecify.annotations.NullMarked;
