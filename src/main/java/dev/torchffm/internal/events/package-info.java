/** Events of the JDK's Flight Recorder. Where nobody records them, each is a test that the JIT compiler leaves out. */
@NullMarked
package dev.torchffm.internal.events;

import org.jspecify.annotations.NullMarked;
