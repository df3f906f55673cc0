/**
 * A model behind HTTP, on the JDK's own server and virtual threads. {@link dev.torchffm.examples.service.Service} is the
 * front door and the program; docs/scale.md tells how to start it, and what it bounds.
 */
@NullMarked
package dev.torchffm.examples.service;

import org.jspecify.annotations.NullMarked;
