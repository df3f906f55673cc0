package dev.torchffm;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Where the process's locale has a comma in numbers, schemas' defaults are read all the same. */
final class DecimalCommaTest {

    /** C's locale is that of the environment in a JVM, so that C reads 0 where it should read 0.5. */
    static final class Child {

        public static void main(String[] arguments) throws Throwable {
            var linker = Linker.nativeLinker();
            var strtod = linker.downcallHandle(
                    linker.defaultLookup().findOrThrow("strtod"), FunctionDescriptor.of(JAVA_DOUBLE, ADDRESS, ADDRESS));
            try (Arena arena = Arena.ofConfined()) {
                System.out.println((double) strtod.invokeExact(arena.allocateFrom("0.5"), MemorySegment.NULL));
            }
            Tensor x = Tensor.of(-1f, 1f);
            System.out.println(Aten.crossEntropyLoss(x, Tensor.of(0.5f, 0.5f))); // label_smoothing is 0.
            System.out.println(
                    Torch.call("aten::layer_norm", x.mul(1e-3), new long[] {2})); // eps is 1.0000000000000001e-05
            System.out.println(Torch.call("aten::rrelu", x)); // lower is 0.125, upper 0.33333333333333331
            System.out.println(Torch.call("aten::nan_to_num", Tensor.of(Float.NaN, 1.5f)));
            System.out.println(Torch.call("aten::allclose", x, x.add(1e-9))); // rtol is 1.0000000000000001e-05
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void defaultsAreReadWithAPoint(@TempDir Path folder) throws Exception {
        Path source = Files.writeString(folder.resolve("comma.src"), """
                LC_NUMERIC
                decimal_point ","
                thousands_sep "."
                grouping 3;3
                END LC_NUMERIC
                """);
        String ascii = IntStream.range(0, 128)
                .mapToObj("<U%1$04X> /x%1$02x\n"::formatted)
                .collect(Collectors.joining("", "<escape_char> /\nCHARMAP\n", "END CHARMAP\n"));
        Path characters = Files.writeString(folder.resolve("ascii"), "<code_set_name> ANSI_X3.4-1968\n" + ascii);
        Process localedef = new ProcessBuilder(
                        "localedef",
                        "--no-archive",
                        "-c",
                        "-f",
                        characters.toString(),
                        "-i",
                        source.toString(),
                        folder + "/comma")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("localedef.txt").toFile())
                .start();
        localedef.waitFor(); // it warns of what a locale of numbers alone has not
        var result = new ChildJvm(folder)
                .variable("LOCPATH", folder.toString())
                .variable("LC_ALL", "comma")
                .run(Child.class);
        assertEquals("""
                0.0
                tensor(1.1269)
                [tensor([-0.3015,  0.3015])]
                [tensor([-0.2292,  1.0000])]
                [tensor([0.0000, 1.5000])]
                [true]
                """, result.output());
    }
}
