package dev.torchffm.internal.loading;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Runs something while numbers have a decimal point on this thread: libtorch reads its schemas' defaults while it is
 * loaded, and with a comma in the process's locale it would take 0 for 0.125.
 */
final class DecimalPoint {

    private static final Linker LINKER = Linker.nativeLinker();

    private DecimalPoint() {}

    /** What loads libtorch. */
    @FunctionalInterface
    interface Action {
        void run() throws IOException;
    }

    private static MethodHandle function(String name, FunctionDescriptor type) {
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), type);
    }

    /** The first field of {@code struct lconv} is the decimal point. */
    private static boolean isSet() throws Throwable {
        var convention = (MemorySegment)
                function("localeconv", FunctionDescriptor.of(ADDRESS)).invokeExact();
        return convention
                        .reinterpret(ADDRESS.byteSize())
                        .get(ADDRESS, 0)
                        .reinterpret(1)
                        .get(ValueLayout.JAVA_BYTE, 0)
                == '.';
    }

    static void run(Action action) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            if (isSet()) {
                action.run();
                return;
            }
            var newLocale = function("newlocale", FunctionDescriptor.of(ADDRESS, JAVA_INT, ADDRESS, ADDRESS));
            var useLocale = function("uselocale", FunctionDescriptor.of(ADDRESS, ADDRESS));
            int numeric = Platform.CURRENT.name().startsWith("linux") ? 1 << 1 : 1 << 4; // LC_NUMERIC_MASK
            var c = (MemorySegment) newLocale.invokeExact(
                    numeric, arena.allocateFrom("C"), MemorySegment.NULL); // never freed, once a process
            var before = (MemorySegment) useLocale.invokeExact(c);
            try {
                action.run();
            } finally {
                before = (MemorySegment) useLocale.invokeExact(before);
            }
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e); // these functions throw nothing
        }
    }
}
