/** Programs that show the library, and the snippets of its Javadoc. */
@NullMarked
package dev.torchffm.examples;

import org.jspecify.annotations.NullMarked;
