package dev.torchffm.io;

import static dev.torchffm.io.Fixtures.assertCounts;
import static dev.torchffm.io.Fixtures.assertEveryCutRefused;
import static dev.torchffm.io.Fixtures.assertRefused;
import static dev.torchffm.io.Fixtures.assertSameBytes;
import static dev.torchffm.io.Fixtures.files;
import static dev.torchffm.io.Fixtures.npy;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.examples.IoSnippets;
import dev.torchffm.testing.TorchExtension;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** NumPy's files as tensors, and tensors as NumPy's files. */
@ExtendWith(TorchExtension.class)
final class NpyTest {

    private static final String DICT = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "f2, FLOAT16",
        "f4, FLOAT32",
        "f8, FLOAT64",
        "i1, INT8",
        "u1, UINT8",
        "i2, INT16",
        "i4, INT32",
        "i8, INT64"
    })
    void mapAndSaveKeepEveryDtypeInBothOrders(String name, DType dtype, Arena arena) throws IOException {
        Tensor rows = Npy.map(npy(name + "-c"), MapMode.READ_ONLY, arena);
        assertCounts(rows, dtype, 2, 3);
        assertArrayEquals(new long[] {3, 1}, rows.strides());
        Tensor columns = Npy.map(npy(name + "-f"), MapMode.READ_ONLY, arena);
        assertCounts(columns, dtype, 2, 3);
        assertArrayEquals(new long[] {1, 2}, columns.strides());
        assertSavedAs(npy(name + "-c"), rows);
        assertSavedAs(npy(name + "-f"), columns);
    }

    @Test
    void mapAndSaveKeepBools(Arena arena) throws IOException {
        for (String name : List.of("b1-c", "b1-f")) {
            Tensor x = Npy.map(npy(name), MapMode.READ_ONLY, arena);
            assertEquals(DType.BOOL, x.dtype());
            assertArrayEquals(new boolean[] {false, true, true, true, true, true}, x.toBooleanArray());
            assertSavedAs(npy(name), x);
        }
    }

    @Test
    void mapAndSaveKeepEveryShape(Arena arena) throws IOException {
        assertShape("scalar", DType.FLOAT64, arena);
        assertShape("one", DType.INT32, arena, 1);
        assertShape("vector", DType.FLOAT32, arena, 7);
        assertShape("column", DType.FLOAT32, arena, 5, 1);
        assertShape("empty", DType.FLOAT32, arena, 2, 0, 3);
        assertShape("empty-vector", DType.INT64, arena, 0);
        assertShape("deep-c", DType.INT16, arena, 2, 1, 3, 2, 1, 2, 1, 2);
        assertShape("deep-f", DType.INT16, arena, 2, 1, 3, 2, 1, 2, 1, 2);
    }

    private void assertShape(String name, DType dtype, Arena arena, long... sizes) throws IOException {
        for (MapMode mode : List.of(MapMode.READ_ONLY, MapMode.PRIVATE)) {
            Tensor x = Npy.map(copy(name), mode, arena);
            assertCounts(x, dtype, sizes);
            assertSavedAs(npy(name), x);
        }
    }

    private void assertSavedAs(Path expected, Tensor x) throws IOException {
        Path saved = folder.resolve("saved.npy");
        Npy.save(saved, x);
        assertSameBytes(expected, saved);
    }

    @Test
    void mapReadsEveryFormatVersion(Arena arena) throws IOException {
        for (int version = 1; version <= 3; version++) {
            assertCounts(Npy.map(npy("version" + version), MapMode.READ_ONLY, arena), DType.FLOAT32, 2, 3);
        }
    }

    @Test
    void saveWritesATensorWithGapsInRowMajorOrder(Arena arena) throws IOException {
        MemorySegment memory = arena.allocate(4 * 64, 64);
        for (int i = 0; i < 6; i++) {
            memory.setAtIndex(ValueLayout.JAVA_FLOAT, 5 + i / 3 * 20 + i % 3 * 4, i - 2);
        }
        assertSavedAs(
                npy("f4-c"),
                Tensor.fromSegment(arena, memory, DType.FLOAT32, new long[] {2, 3}, new long[] {20, 4}, 5));
    }

    @Test
    void saveTakesATensorThatRequiresGradients(Arena arena) throws IOException {
        Tensor x = Npy.map(copy("f4-f"), MapMode.PRIVATE, arena).requiresGrad_(true);
        assertSavedAs(npy("f4-f"), x);
        Tensor gaps = (Tensor)
                Torch.call(arena, "aten::slice.Tensor", x, 1, 0, null, 2).getFirst();
        Npy.save(folder.resolve("gaps.npy"), gaps);
        assertArrayEquals(
                new float[] {-2, 0, 1, 3},
                Npy.map(folder.resolve("gaps.npy"), MapMode.READ_ONLY, arena).toFloatArray());
    }

    // ---- the three modes ----

    @Test
    void mapReadOnlyIsOverTheFileAndNeverWritten(Arena arena) throws IOException {
        Tensor x = Npy.map(npy("f4-c"), MapMode.READ_ONLY, arena);
        assertTrue(x.segment().isMapped() && x.segment().isReadOnly());
        assertThrows(IllegalArgumentException.class, () -> x.clamp_(0, 1));
        assertArrayEquals(new float[] {0, 0, 0, 1, 1, 1}, x.clamp(0, 1).toFloatArray());
    }

    @Test
    void mapPrivateKeepsWritesInMemory(Arena arena) throws IOException {
        Path file = copy("f4-f");
        Tensor x = Npy.map(file, MapMode.PRIVATE, arena);
        assertTrue(x.segment().isMapped());
        assertArrayEquals(new float[] {0, 0, 0, 1, 1, 1}, x.clamp_(0, 1).toFloatArray());
        assertSameBytes(npy("f4-f"), file);
    }

    @ParameterizedTest
    @ValueSource(strings = {"<u1", ">u1", "=u1", "|u1"})
    void mapTakesBytesOfEveryOrder(String descr, Arena arena) throws IOException {
        Path file = write(1, "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (2,), }", new byte[] {3, 4});
        assertEquals(
                "tensor([3, 4], dtype=torch.uint8)",
                Npy.map(file, MapMode.READ_ONLY, arena).toString());
    }

    @Test
    void mapReadWriteWritesTheFile(Arena arena) throws IOException {
        Path file = copy("f4-c");
        Tensor x = Npy.map(file, MapMode.READ_WRITE, arena);
        x.clamp_(0, 1);
        x.segment().force();
        byte[] expected = Files.readAllBytes(npy("f4-c"));
        ByteBuffer.wrap(expected)
                .order(ByteOrder.LITTLE_ENDIAN)
                .position(128)
                .putFloat(0)
                .putFloat(0)
                .putFloat(0)
                .putFloat(1)
                .putFloat(1)
                .putFloat(1);
        assertArrayEquals(expected, Files.readAllBytes(file));
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            ByteBuffer number =
                    ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(0, 42);
            channel.write(number, 128 + 4);
        }
        assertEquals(42f, x.toFloatArray()[1], "the tensor has what the file has");
    }

    @Test
    void snippetHolds(Arena arena) throws IOException {
        Path file = copy("f4-c");
        IoSnippets.npy(file);
        assertArrayEquals(
                new float[] {0, 0, 0, 1, 2, 3},
                Npy.map(file, MapMode.READ_ONLY, arena).toFloatArray());
    }

    @Test
    void mapCopiesOrRefusesMisalignedElements(Arena arena) throws IOException {
        Path file = write(1, "{'descr': '<f4', 'fortran_order': True, 'shape': (1,) }", new byte[] {0, 0, 0, 64});
        byte[] before = Files.readAllBytes(file);
        assertTrue((before.length - 4) % 4 != 0);
        Tensor readOnly = Npy.map(file, MapMode.READ_ONLY, arena);
        assertEquals(2f, readOnly.item());
        assertThrows(IllegalArgumentException.class, () -> readOnly.clamp_(0, 1));
        assertEquals(1f, Npy.map(file, MapMode.PRIVATE, arena).clamp_(0, 1).item());
        assertArrayEquals(before, Files.readAllBytes(file));
        assertRefused(file, "must begin at a multiple of 4", () -> Npy.map(file, MapMode.READ_WRITE, arena));
    }

    @Test
    void mapTakesMoreThanTwoGibibytes(Arena arena) throws IOException {
        long count = (1L << 31) + 3;
        byte[] start = new NpyHeader(DType.UINT8, false, new long[] {count}).toBytes();
        Path path = folder.resolve("large.npy");
        try (var file = new RandomAccessFile(path.toFile(), "rw")) {
            file.write(start);
            file.setLength(start.length + count); // a hole, where the file system has such
            file.seek(start.length + count - 1);
            file.write(42);
        }
        Tensor x = Npy.map(path, MapMode.READ_ONLY, arena);
        assertEquals(count, x.numel());
        assertEquals(42, x.segment().get(ValueLayout.JAVA_BYTE, count - 1));
    }

    // ---- lifetimes ----

    @Test
    void mapEndsWithItsArena() throws IOException {
        Arena arena = Arena.ofConfined();
        Tensor x = Npy.map(npy("f4-c"), MapMode.READ_ONLY, arena);
        MemorySegment elements = x.segment();
        arena.close();
        assertThrows(IllegalStateException.class, x::toFloatArray);
        assertThrows(IllegalStateException.class, () -> elements.get(ValueLayout.JAVA_FLOAT, 0));
        assertThrows(IllegalStateException.class, () -> Npy.save(folder.resolve("x.npy"), x));
        assertThrows(IllegalStateException.class, () -> Npy.map(npy("f4-c"), MapMode.READ_ONLY, arena));
        assertEquals(List.of(), files(folder));
    }

    @Test
    void mapReadsADeletedFile(Arena arena) throws IOException {
        Path file = copy("f4-c");
        Tensor x = Npy.map(file, MapMode.READ_ONLY, arena);
        Files.delete(file);
        assertCounts(x, DType.FLOAT32, 2, 3);
    }

    @Test
    void saveReplacesAMappedFileAndTheTensorStays(Arena arena) throws IOException {
        Path file = copy("f4-c");
        Tensor x = Npy.map(file, MapMode.READ_WRITE, arena);
        Npy.save(file, x.clamp(0, 1));
        assertCounts(x, DType.FLOAT32, 2, 3);
        Npy.save(file, x);
        assertSameBytes(npy("f4-c"), file);
    }

    @Test
    void saveLeavesTheFolderAsItWasWhereItFails(Arena arena) throws IOException {
        Path file = copy("f4-c");
        Tensor x = Torch.ones(arena, DType.BFLOAT16, 2);
        assertTrue(assertThrows(IllegalArgumentException.class, () -> Npy.save(file, x))
                .getMessage()
                .contains("BFLOAT16"));
        Path full = Files.createDirectory(folder.resolve("full"));
        Files.createFile(full.resolve("file"));
        assertThrows(IOException.class, () -> Npy.save(full, Tensor.of(arena, 1f)));
        assertThrows(IOException.class, () -> Npy.save(folder.resolve("none/x.npy"), Tensor.of(arena, 1f)));
        assertEquals(2, files(folder).size());
        assertSameBytes(npy("f4-c"), file);
    }

    // ---- refused ----

    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            quoteCharacter = '`',
            value = {
                "f4-big # descr is \">f4\", and must be one of <f4",
                "u4 # descr is \"<u4\"",
                "c8 # descr is \"<c8\"",
                "U3 # descr is \"<U3\"",
                "M8s # descr is \"<M8[s]\"",
                "O # descr is \"|O\"",
                "V6 # descr is \"|V6\"",
                "struct # descr is a list"
            })
    void mapRefusesOtherDtypesByName(String name, String text, Arena arena) {
        Path file = npy("refused-" + name);
        assertRefused(file, text, () -> Npy.map(file, MapMode.READ_ONLY, arena));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2, -3), } | size \"-3\", and a size must be",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775808,), } | of 0 or more and less than 2^63",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2147483648, 4294967296), } | less than 2^63",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4611686018427387904), } | less than 2^63",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (6), } | must be a tuple",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2 3), } | a comma or ')'",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (,), } | an integer",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3.0), } | a comma or ')'",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (02, 3), } | at character 51, and there must be an integer",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2_, 3), } | an integer",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2__0, 3), } | an integer",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (0x, 3), } | an integer",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (0b2, 3), } | an integer",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2l, 3), } | an integer",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (--2, 3), } | an integer",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (True, 3), } | size \"true\"",
                "{'descr': '<f4', 'fortran_order': False, 'shape': ((2,), 3), } | a size must be an integer",
                "{'descr': '<f4', 'fortran_order': False, 'shape': [2, 3], } | must be a tuple",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'x': 1} | and no other",
                "{'descr': '<f4', 'fortran_order': False, 'descr': '<f4', 'shape': (2, 3)} | \"descr\" twice",
                "{'descr': '<f4', 'shape': (2, 3)} | must have the keys descr, fortran_order and shape",
                "{} | must have the keys",
                "{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 3), } | True or False",
                "{'descr': '<f4', 'fortran_order': Truex, 'shape': (2, 3), } | must be '}'",
                "{'descr': '<f4' 'fortran_order': False, 'shape': (2, 3), } | must be '}'",
                "{'descr': '<f\\x34', 'fortran_order': False, 'shape': (2, 3), } | has no backslash",
                "{'descr': '<f4 | a string that ends",
                "{'descr': b'<f4', 'fortran_order': False, 'shape': (2, 3), } | a string, an integer",
                "{'descr': ('<f4', (2,)), 'fortran_order': False, 'shape': (2, 3), } | descr is a list or the like",
                "{'descr': '', 'fortran_order': False, 'shape': (2, 3), } | descr is \"\"",
                "{'descr': '<float32', 'fortran_order': False, 'shape': (2, 3), } | descr is \"<float32\"",
                "{'descr': '=u4', 'fortran_order': False, 'shape': (2, 3), } | descr is \"=u4\"",
                "{'descr': '=', 'fortran_order': False, 'shape': (2, 3), } | descr is \"=\"",
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } () | the end of the header",
                "dict() | must be '{'"
            })
    void headerThatIsNoSuchDictIsRefused(String dict, String text, Arena arena) throws IOException {
        Path file = write(1, dict, new byte[24]);
        assertRefused(file, text, () -> Npy.map(file, MapMode.READ_ONLY, arena));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"shape\":(2,3),\"fortran_order\":False,\"descr\":\"=f4\"}",
                "  { 'fortran_order' : False ,\n'descr' :'<f4', 'shape' : ( 2, 3, ) } \n\n",
                "{u'descr': U'<f4', 'fortran_order': (False), 'shape': (((+2), 0x_3,))}",
                "{'descr': ('f4'), 'fortran_order': False, 'shape': (0b0_1_0, 0O3)}",
                DICT
            })
    void headerIsReadAsPythonReadsIt(String dict, Arena arena) throws IOException {
        for (int version = 1; version <= 3; version++) {
            assertArrayEquals(
                    new float[6],
                    Npy.map(write(version, dict, new byte[24]), MapMode.PRIVATE, arena)
                            .toFloatArray());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "FLOAT16; f2 e =e |f2 half float16",
                "FLOAT32; f4 f <f =f4 |f4 single float32",
                "FLOAT64; f8 d |d =f8 float double float64",
                "INT8; i1 b <b >i1 byte int8",
                "UINT8; u1 B >B =u1 ubyte uint8",
                "INT16; i2 h <h |i2 short int16",
                "INT32; i4 i =i |i4 intc int32",
                "INT64; i8 l q p n <q |n =i8 int int_ long longlong intp int64",
                "BOOL; b1 ? |? >? <b1 bool bool_"
            })
    void mapTakesEveryNameOfADtype(DType dtype, String names, Arena arena) throws IOException {
        for (String name : names.split(" ")) {
            Path file = write(1, "{'descr': '" + name + "', 'fortran_order': False, 'shape': (1,)}", new byte[8]);
            assertEquals(dtype, Npy.map(file, MapMode.READ_ONLY, arena).dtype(), name);
        }
    }

    @Test
    void mapTakesPython2sIntegersInItsVersions(Arena arena) throws IOException {
        String dict = "{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 0x3L)}";
        for (int version = 1; version <= 2; version++) {
            Tensor x = Npy.map(write(version, dict, new byte[24]), MapMode.READ_ONLY, arena);
            assertArrayEquals(new long[] {2, 3}, x.sizes());
        }
        Path file = write(3, dict, new byte[24]);
        assertRefused(file, "an integer", () -> Npy.map(file, MapMode.READ_ONLY, arena));
    }

    @Test
    void headerMayNestAsDeepAsPythonAndNoDeeper(Arena arena) throws IOException {
        Path most = write(1, nested(199), new byte[8]);
        assertArrayEquals(
                new long[] {2}, Npy.map(most, MapMode.READ_ONLY, arena).sizes());
        for (int depth : new int[] {200, 4_900}) {
            Path more = write(1, nested(depth), new byte[8]);
            assertRefused(more, "fewer brackets", () -> Npy.map(more, MapMode.READ_ONLY, arena));
        }
        Path digits = write(
                1, "{'descr': '<f4', 'fortran_order': False, 'shape': (" + "9".repeat(9_900) + ",)}", new byte[8]);
        assertRefused(digits, "less than 2^63", () -> Npy.map(digits, MapMode.READ_ONLY, arena));
    }

    /** A shape in so many brackets. */
    private static String nested(int depth) {
        return "{'descr': '<f4', 'fortran_order': False, 'shape': " + "(".repeat(depth) + "2," + ")".repeat(depth)
                + "}";
    }

    @Test
    void mapLeavesWhatFollowsTheArrayAlone(Arena arena) throws IOException {
        byte[] bytes = Files.readAllBytes(npy("version2"));
        Path file = Files.write(folder.resolve("longer"), Arrays.copyOf(bytes, bytes.length + 5));
        Tensor x = Npy.map(file, MapMode.READ_WRITE, arena);
        assertCounts(x, DType.FLOAT32, 2, 3);
        assertEquals(24, x.segment().byteSize());
        x.clamp_(7, 7);
        x.segment().force();
        byte[] after = Files.readAllBytes(file);
        assertArrayEquals(new byte[5], Arrays.copyOfRange(after, bytes.length, after.length));
    }

    @Test
    void mapTakes64DimensionsAndNoMore(Arena arena) throws IOException {
        Path most = write(1, ones(64), new byte[1]);
        assertEquals(64, Npy.map(most, MapMode.READ_ONLY, arena).dim());
        Path more = write(1, ones(65), new byte[1]);
        assertRefused(more, "more than 64 dimensions", () -> Npy.map(more, MapMode.READ_ONLY, arena));
    }

    private static String ones(int dim) {
        return "{'descr': '|i1', 'fortran_order': True, 'shape': (" + "1, ".repeat(dim) + ")}";
    }

    @Test
    void mapRefusesAFileThatIsCut(Arena arena) throws IOException {
        Path file = folder.resolve("cut");
        assertEveryCutRefused(npy("version2"), file, () -> Npy.map(file, MapMode.READ_WRITE, arena));
    }

    @Test
    void mapRefusesABadStart(Arena arena) throws IOException {
        Path magic = folder.resolve("magic.npy");
        Files.writeString(magic, "not from NumPy");
        assertRefused(magic, "must", () -> Npy.map(magic, MapMode.READ_ONLY, arena));
        Path version = write(4, DICT, new byte[24]);
        assertRefused(version, "format version 4.0", () -> Npy.map(version, MapMode.READ_ONLY, arena));
        Path length = write(2, " ".repeat(10_001), new byte[0]);
        assertRefused(length, "10001 bytes, and may have 10000", () -> Npy.map(length, MapMode.READ_ONLY, arena));
        String otherDigit = new String("\u0662".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        Path digit = write(3, DICT.replace("2", "2" + otherDigit), new byte[24]);
        assertRefused(digit, "a comma or ')'", () -> Npy.map(digit, MapMode.READ_ONLY, arena));
        Path broken = write(1, "{'descr': '<f\n4'}", new byte[0]);
        assertRefused(broken, "ends in its line", () -> Npy.map(broken, MapMode.READ_ONLY, arena));
        Path utf8 = write(3, "\u00ff", new byte[0]);
        assertRefused(utf8, "UTF-8", () -> Npy.map(utf8, MapMode.READ_ONLY, arena));
    }

    @Test
    void mapAndSaveRefuseBadArguments(Arena arena) throws IOException {
        Path path = npy("f4-c");
        assertThrows(NullPointerException.class, () -> Npy.map(null, MapMode.READ_ONLY, arena));
        assertThrows(NullPointerException.class, () -> Npy.map(path, null, arena));
        assertThrows(NullPointerException.class, () -> Npy.map(path, MapMode.READ_ONLY, null));
        assertThrows(NullPointerException.class, () -> Npy.save(folder.resolve("x"), null));
        assertThrows(IOException.class, () -> Npy.map(folder.resolve("none"), MapMode.READ_ONLY, arena));
        assertFalse(Files.exists(folder.resolve("x")));
    }

    private Path copy(String name) throws IOException {
        Path file = Files.createTempFile(folder, name, ".npy");
        Files.copy(npy(name), file, StandardCopyOption.REPLACE_EXISTING);
        return file;
    }

    /** A file of a format version with any text as its header. */
    private Path write(int version, String header, byte[] data) throws IOException {
        byte[] text = header.getBytes(StandardCharsets.ISO_8859_1);
        ByteBuffer bytes = ByteBuffer.allocate(12 + text.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(NpyHeader.MAGIC).put((byte) version).put((byte) 0);
        if (version == 1) {
            bytes.putShort((short) text.length);
        } else {
            bytes.putInt(text.length);
        }
        bytes.put(text).put(data).flip();
        var content = new byte[bytes.remaining()];
        bytes.get(content);
        return Files.write(Files.createTempFile(folder, "made", ".npy"), content);
    }
}
