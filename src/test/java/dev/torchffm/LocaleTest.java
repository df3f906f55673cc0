package dev.torchffm;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** `make locale-test` runs other tests in a locale; these say that the locale is in force in their JVM. */
@EnabledIfEnvironmentVariable(named = "LC_ALL", matches = "(de_DE|tr_TR)\\.UTF-8")
final class LocaleTest {

    @Test
    void numbersHaveACommaInC() throws Throwable {
        var linker = Linker.nativeLinker();
        var strtod = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("strtod"), FunctionDescriptor.of(JAVA_DOUBLE, ADDRESS, ADDRESS));
        try (Arena arena = Arena.ofConfined()) {
            assertEquals(0.5, (double) strtod.invokeExact(arena.allocateFrom("0,5"), MemorySegment.NULL));
        }
    }

    @Test
    void numbersHaveACommaInJava() {
        assertEquals("0,5", String.format("%.1f", 0.5));
        assertEquals(Locale.getDefault().getLanguage().equals("tr") ? "İ" : "I", "i".toUpperCase());
    }

    /** Whatever the locale, libtorch and torch-ffm read and write numbers with a point. */
    @Test
    void numbersOfTensorsHaveAPoint() {
        assertEquals("tensor([0.5000, 1.2500])", Tensor.of(0.5f, 1.25f).toString());
    }
}
