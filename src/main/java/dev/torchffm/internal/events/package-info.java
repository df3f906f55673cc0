/** Events of the JDK's Flight Recorder. Where nobody records, each costs the test of a flag. */
@NullMarked
package dev.torchffm.internal.events;

import org.jspecify.annotations.NullMarked;
