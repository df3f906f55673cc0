/** Runs packages of compiled models, and compares with PyTorch's own loader. */
@NullMarked
package dev.torchffm.models;

import org.jspecify.annotations.NullMarked;
