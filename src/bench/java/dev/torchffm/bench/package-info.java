/** The benchmark of {@code make bench}: torch-ffm beside its peers and the machine's own limits. */
@NullMarked
package dev.torchffm.bench;

import org.jspecify.annotations.NullMarked;
