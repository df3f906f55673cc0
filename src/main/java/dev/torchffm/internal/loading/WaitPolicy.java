package dev.torchffm.internal.loading;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;

/**
 * Lets OpenMP's threads sleep while they wait. They spin otherwise, in the way of every other thread: on a machine with
 * few free processors a small network then learns many times slower.
 */
final class WaitPolicy {

    private static final String VARIABLE = "OMP_WAIT_POLICY";

    private WaitPolicy() {}

    /**
     * Sets the variable that OpenMP reads while it is loaded, if the user has not. Java reads the environment before, once
     * a process, and so does not hand the variable to its children.
     */
    static void setPassive() {
        if (System.getenv(VARIABLE) != null) {
            return;
        }
        Linker linker = Linker.nativeLinker();
        var setenv = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("setenv"),
                FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT));
        try (Arena arena = Arena.ofConfined()) {
            // A failure leaves the default, which is slow and right.
            int _ = (int) setenv.invokeExact(arena.allocateFrom(VARIABLE), arena.allocateFrom("passive"), 0);
        } catch (Throwable e) {
            throw new AssertionError(e); // setenv throws nothing
        }
    }
}
