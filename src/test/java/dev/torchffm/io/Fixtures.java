package dev.torchffm.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.function.Executable;

/** The committed files, and what they hold. */
final class Fixtures {

    private static final Path FOLDER = Path.of("src/test/resources");

    private Fixtures() {}

    static Path npy(String name) {
        return FOLDER.resolve("npy").resolve(name + ".npy");
    }

    static Path safetensors(String name) {
        return FOLDER.resolve("safetensors").resolve(name + ".safetensors");
    }

    /** Checks that the elements count up in row-major order, from -2, or from 0 where the dtype is unsigned. */
    static void assertCounts(Tensor x, DType dtype, long... sizes) {
        assertEquals(dtype, x.dtype());
        assertArrayEquals(sizes, x.sizes());
        int size = dtype.byteSize();
        MemorySegment elements = MemorySegment.ofArray(new byte[Math.toIntExact(x.numel() * size)]);
        x.copyTo(elements);
        for (long i = 0; i < x.numel(); i++) {
            assertEquals(i - (dtype == DType.UINT8 ? 0 : 2), number(elements.asSlice(i * size), dtype), "element " + i);
        }
    }

    private static double number(MemorySegment element, DType dtype) {
        return switch (dtype) {
            case FLOAT32 -> element.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 0);
            case FLOAT64 -> element.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, 0);
            case FLOAT16 -> Float.float16ToFloat(element.get(ValueLayout.JAVA_SHORT_UNALIGNED, 0));
            case BFLOAT16 -> Float.intBitsToFloat(element.get(ValueLayout.JAVA_SHORT_UNALIGNED, 0) << 16);
            case INT64 -> element.get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
            case INT32 -> element.get(ValueLayout.JAVA_INT_UNALIGNED, 0);
            case INT16 -> element.get(ValueLayout.JAVA_SHORT_UNALIGNED, 0);
            case INT8, UINT8, BOOL -> element.get(ValueLayout.JAVA_BYTE, 0);
        };
    }

    static void assertSameBytes(Path expected, Path actual) throws IOException {
        assertEquals(-1, Files.mismatch(expected, actual), () -> expected + " and " + actual);
    }

    /** Checks that a file is refused by its name and with such a text. */
    static void assertRefused(Path file, String text, Executable call) {
        String message =
                assertThrows(IllegalArgumentException.class, call, text).getMessage();
        assertTrue(message.startsWith(file + ": ") && message.contains(text), message);
    }

    /** Checks that every shorter file is refused and left as it is. */
    static void assertEveryCutRefused(Path whole, Path file, Executable call) throws IOException {
        byte[] bytes = Files.readAllBytes(whole);
        for (int length = 0; length < bytes.length; length++) {
            Files.write(file, Arrays.copyOf(bytes, length));
            assertRefused(file, "it has ", call);
            assertEquals(length, Files.size(file));
        }
    }

    static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }
}
