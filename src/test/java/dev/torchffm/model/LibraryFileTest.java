package dev.torchffm.model;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The library of the small package, before and after it is prepared, read by a reader of its own. */
final class LibraryFileTest {

    private static final int PT_DYNAMIC = 2;
    private static final int PT_GNU_STACK = 0x6474e551;
    private static final int SHT_DYNSYM = 11;
    private static final int STB_WEAK = 2;
    private static final int STB_GNU_UNIQUE = 10;

    @TempDir
    private Path folder;

    private static ByteBuffer library() {
        return read(TestPackage.mlp().entry(".so").bytes());
    }

    private static ByteBuffer read(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private ByteBuffer prepared(ByteBuffer library) throws IOException {
        Path file = Files.write(folder.resolve("model.so"), library.array());
        LibraryFile.prepare(file);
        return read(Files.readAllBytes(file));
    }

    private static int programHeader(ByteBuffer library, int type) {
        int header = (int) library.getLong(0x20);
        while (library.getInt(header) != type) {
            header += 56;
        }
        return header;
    }

    private static int sectionHeader(ByteBuffer library, int type) {
        int header = (int) library.getLong(0x28);
        while (library.getInt(header + 4) != type) {
            header += 64;
        }
        return header;
    }

    /** The libraries that it needs. */
    private static List<String> needed(ByteBuffer library) {
        int symbols = sectionHeader(library, SHT_DYNSYM);
        int strings = (int) library.getLong(0x28) + 64 * library.getInt(symbols + 0x28);
        int names = (int) library.getLong(strings + 0x18);
        String text = new String(library.array(), ISO_8859_1);
        var needed = new ArrayList<String>();
        int entry = (int) library.getLong(programHeader(library, PT_DYNAMIC) + 8);
        for (; library.getLong(entry) != 0; entry += 16) {
            if (library.getLong(entry) == 1) {
                int name = names + (int) library.getLong(entry + 8);
                needed.add(text.substring(name, text.indexOf('\0', name)));
            }
        }
        return needed;
    }

    /** How many symbols have a binding. */
    private static int symbols(ByteBuffer library, int binding) {
        int section = sectionHeader(library, SHT_DYNSYM);
        int start = (int) library.getLong(section + 0x18);
        int count = 0;
        for (int symbol = start; symbol < start + library.getLong(section + 0x20); symbol += 24) {
            count += (library.get(symbol + 4) & 0xf0) >> 4 == binding ? 1 : 0;
        }
        return count;
    }

    @Test
    void takesTheExecutableFlagOffTheStack() throws IOException {
        ByteBuffer library = library();
        int flags = programHeader(library, PT_GNU_STACK) + 4;
        library.putInt(flags, 7);
        assertEquals(6, prepared(library).getInt(flags));
        library.putInt(flags, 6);
        assertEquals(6, prepared(library).getInt(flags));
    }

    @Test
    void needsNoEmptyLibtorch() throws IOException {
        List<String> before = needed(library());
        assertTrue(before.containsAll(List.of("libtorch.so", "libtorch_cpu.so")), before::toString);
        var expected = new ArrayList<>(before);
        expected.set(expected.indexOf("libtorch.so"), "libtorch_cpu.so");
        assertEquals(expected, needed(prepared(library())));
    }

    @Test
    void makesUniqueSymbolsWeak() throws IOException {
        ByteBuffer library = library();
        int unique = symbols(library, STB_GNU_UNIQUE);
        int weak = symbols(library, STB_WEAK);
        assertTrue(unique > 0, "the package has no such symbol");
        ByteBuffer prepared = prepared(library);
        assertEquals(0, symbols(prepared, STB_GNU_UNIQUE));
        assertEquals(weak + unique, symbols(prepared, STB_WEAK));
    }

    @Test
    void isPreparedOnce() throws IOException {
        ByteBuffer once = prepared(library());
        assertArrayEquals(once.array().clone(), prepared(once).array());
    }

    @Test
    void refusesWhatIsNoLibrary() throws IOException {
        Path file = folder.resolve("model.so");
        byte[] library = library().array();
        for (int length : new int[] {0, 1, 63, 64, 4096, library.length - 1}) {
            Files.write(file, Arrays.copyOf(library, length));
            assertThrows(IOException.class, () -> LibraryFile.prepare(file), "of " + length + " bytes");
        }
        Files.write(file, new byte[4096]);
        assertEquals(
                file + " is not a 64-bit ELF library",
                assertThrows(IOException.class, () -> LibraryFile.prepare(file)).getMessage());
    }

    /** Headers of any content lead to a refusal or to nothing. */
    @Test
    void survivesGarbageInItsHeaders() throws IOException {
        var random = new Random(17);
        byte[] library = library().array();
        ByteBuffer original = library();
        int[] places = {
            0,
            (int) original.getLong(0x20),
            (int) original.getLong(0x28),
            sectionHeader(original, SHT_DYNSYM),
            (int) original.getLong(programHeader(original, PT_DYNAMIC) + 8)
        };
        int refused = 0;
        for (int round = 0; round < 300; round++) {
            ByteBuffer broken = read(library.clone());
            int place = places[round % places.length] + (round % places.length == 0 ? 16 : 0);
            for (int edit = 0; edit < 4; edit++) {
                int at = Math.min(place + random.nextInt(48), library.length - 8);
                broken.putLong(at, random.nextBoolean() ? random.nextLong() : random.nextInt(1 << 20));
            }
            try {
                prepared(broken);
            } catch (IOException e) {
                refused++;
            }
        }
        assertTrue(refused > 100, refused + " are refused");
    }
}
