/** Makes the calls that {@code src/oracle/generate.py} wrote down, and compares with what PyTorch answered. */
@NullMarked
package dev.torchffm.oracle;

import org.jspecify.annotations.NullMarked;
