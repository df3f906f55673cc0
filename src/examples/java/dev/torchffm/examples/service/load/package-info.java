/** What loads the service, and the same service in Python, and tells whether the promises hold: {@code make service}. */
@NullMarked
package dev.torchffm.examples.service.load;

import org.jspecify.annotations.NullMarked;
