package dev.torchffm.internal;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Waits by C's usleep. An interrupted thread waits too, and a virtual one keeps its carrier, on which others would only
 * allocate more meanwhile.
 */
final class Pause {

    private static final MethodHandle USLEEP = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker().defaultLookup().findOrThrow("usleep"),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    private Pause() {}

    /** Waits for less than a second. */
    static void microseconds(int microseconds) {
        try {
            var _ = (int) USLEEP.invokeExact(microseconds);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
