package dev.torchffm.internal.loading;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;

/**
 * Lets OpenBLAS's threads sleep soon after a product of matrices. By default they spin for some 25 ms, on the processors
 * that OpenMP's threads need for the next operator: a small network then learns many times slower.
 */
final class SpinTime {

    /** OpenBLAS spins for as many cycles as this power of 2: some 20 microseconds, as long as a thread takes to wake. */
    private static final String VARIABLE = "OPENBLAS_THREAD_TIMEOUT";

    private static final String EXPONENT = "16";

    private SpinTime() {}

    /**
     * Sets the variable that OpenBLAS reads while it is loaded, if the user has not. Java reads the environment before,
     * once a process, and so does not hand the variable to its children.
     */
    static void shorten() {
        if (System.getenv(VARIABLE) != null) {
            return;
        }
        Linker linker = Linker.nativeLinker();
        var setenv = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("setenv"),
                FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT));
        try (Arena arena = Arena.ofConfined()) {
            // A failure leaves the default, which is slow and right.
            int _ = (int) setenv.invokeExact(arena.allocateFrom(VARIABLE), arena.allocateFrom(EXPONENT), 0);
        } catch (Throwable e) {
            throw new AssertionError(e); // setenv throws nothing
        }
    }
}
