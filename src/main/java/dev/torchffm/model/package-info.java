/** Models that were compiled by PyTorch, run on the caller's own memory. */
@NullMarked
package dev.torchffm.model;

import org.jspecify.annotations.NullMarked;
