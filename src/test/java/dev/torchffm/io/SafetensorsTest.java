package dev.torchffm.io;

import static dev.torchffm.io.Fixtures.assertCounts;
import static dev.torchffm.io.Fixtures.assertEveryCutRefused;
import static dev.torchffm.io.Fixtures.assertRefused;
import static dev.torchffm.io.Fixtures.assertSameBytes;
import static dev.torchffm.io.Fixtures.files;
import static dev.torchffm.io.Fixtures.safetensors;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.examples.IoSnippets;
import dev.torchffm.testing.TorchExtension;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel.MapMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Safetensors files as tensors, and tensors as safetensors files. */
@ExtendWith(TorchExtension.class)
final class SafetensorsTest {

    private static final Map<String, DType> DTYPES = new LinkedHashMap<>();

    static {
        DTYPES.put("i64", DType.INT64);
        DTYPES.put("f64", DType.FLOAT64);
        DTYPES.put("f32", DType.FLOAT32);
        DTYPES.put("i32", DType.INT32);
        DTYPES.put("bf16", DType.BFLOAT16);
        DTYPES.put("f16", DType.FLOAT16);
        DTYPES.put("i16", DType.INT16);
        DTYPES.put("i8", DType.INT8);
        DTYPES.put("u8", DType.UINT8);
        DTYPES.put("bool", DType.BOOL);
    }

    @TempDir
    Path folder;

    @Test
    void mapReadsEveryDtypeInTheHeadersOrder(Arena arena) throws IOException {
        Map<String, Tensor> all = Safetensors.map(safetensors("all"), MapMode.READ_ONLY, arena);
        assertEquals(DTYPES.keySet().stream().map(name -> name + ".weight").toList(), List.copyOf(all.keySet()));
        DTYPES.forEach((name, dtype) -> {
            Tensor x = all.get(name + ".weight");
            if (dtype == DType.BOOL) {
                assertArrayEquals(new boolean[] {false, true, false, true, false, true}, x.toBooleanArray());
            } else {
                assertCounts(x, dtype, 2, 3);
            }
            assertTrue(x.segment().isMapped() && x.segment().isReadOnly());
        });
        assertThrows(UnsupportedOperationException.class, all::clear);
    }

    @Test
    void mapSharesOneMappingAmongTensors(Arena arena) throws IOException {
        Map<String, Tensor> all = Safetensors.map(safetensors("all"), MapMode.PRIVATE, arena);
        assertEquals(all.get("i64.weight").dataPtr() + 48, all.get("f64.weight").dataPtr());
        assertEquals(all.get("u8.weight").dataPtr() + 6, all.get("bool.weight").dataPtr());
    }

    @Test
    void metadataIsRead() throws IOException {
        Map<String, String> metadata = Safetensors.metadata(safetensors("all"));
        assertEquals(Map.of("format", "pt", "note", "a\u001f\n\u00e9"), metadata);
        assertThrows(UnsupportedOperationException.class, metadata::clear);
        assertEquals(Map.of(), Safetensors.metadata(safetensors("shapes")));
    }

    @Test
    void saveWritesFilesToTheByte(Arena arena) throws IOException {
        Path saved = folder.resolve("saved.safetensors");
        for (String name : List.of("all", "none-but-metadata")) {
            Path file = safetensors(name);
            // Another order than that of the file.
            var tensors = new TreeMap<>(Safetensors.map(file, MapMode.READ_ONLY, arena));
            Safetensors.save(saved, tensors, Safetensors.metadata(file));
            assertSameBytes(file, saved);
        }
        for (String name : List.of("shapes", "none")) {
            Path file = safetensors(name);
            Safetensors.save(saved, new TreeMap<>(Safetensors.map(file, MapMode.READ_ONLY, arena)));
            assertSameBytes(file, saved);
        }
    }

    @Test
    void mapReadsEmptyTensorsAndScalars(Arena arena) throws IOException {
        Map<String, Tensor> shapes = Safetensors.map(safetensors("shapes"), MapMode.READ_ONLY, arena);
        assertCounts(shapes.get("a.empty"), DType.FLOAT32, 2, 0, 3);
        assertCounts(shapes.get("b"), DType.FLOAT32, 4);
        assertCounts(shapes.get("\u00e9"), DType.FLOAT32);
        assertCounts(shapes.get("\ud83d\ude00"), DType.FLOAT32, 3);
        assertEquals(Map.of(), Safetensors.map(safetensors("none"), MapMode.READ_ONLY, arena));
    }

    @Test
    void saveWritesRowMajorOrder(Arena arena) throws IOException {
        MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_FLOAT, -2, 1, -1, 2, 0, 3);
        Tensor columns = Tensor.fromSegment(arena, memory, DType.FLOAT32, new long[] {2, 3}, new long[] {1, 2}, 0);
        Path file = folder.resolve("x.safetensors");
        Safetensors.save(file, Map.of("x", columns, "y", columns));
        Map<String, Tensor> read = Safetensors.map(file, MapMode.READ_ONLY, arena);
        assertCounts(read.get("x"), DType.FLOAT32, 2, 3);
        assertCounts(read.get("y"), DType.FLOAT32, 2, 3);
    }

    // ---- the three modes ----

    @Test
    void mapWritesWhereItsModeSays(Arena arena) throws IOException {
        Path original = safetensors("shapes");
        Path file = Files.copy(original, folder.resolve("x.safetensors"));
        Tensor readOnly = Safetensors.map(file, MapMode.READ_ONLY, arena).get("b");
        assertThrows(IllegalArgumentException.class, () -> readOnly.clamp_(0, 1));
        Tensor own = Safetensors.map(file, MapMode.PRIVATE, arena).get("b");
        assertArrayEquals(new float[] {0, 0, 0, 1}, own.clamp_(0, 1).toFloatArray());
        assertSameBytes(original, file);
        Tensor shared = Safetensors.map(file, MapMode.READ_WRITE, arena).get("b");
        shared.clamp_(0, 1);
        shared.segment().force();
        Map<String, Tensor> anew = Safetensors.map(file, MapMode.READ_ONLY, arena);
        assertArrayEquals(new float[] {0, 0, 0, 1}, anew.get("b").toFloatArray());
        assertCounts(anew.get("\ud83d\ude00"), DType.FLOAT32, 3);
    }

    @Test
    void mapCopiesOrRefusesMisalignedTensors(Arena arena) throws IOException {
        Path file = safetensors("misaligned");
        Map<String, Tensor> readOnly = Safetensors.map(file, MapMode.READ_ONLY, arena);
        assertTrue(readOnly.get("byte").segment().isMapped());
        assertFalse(readOnly.get("floats").segment().isMapped());
        assertTrue(readOnly.get("floats").segment().isReadOnly());
        assertCounts(readOnly.get("floats"), DType.FLOAT32, 3);
        assertCounts(readOnly.get("bytes"), DType.INT8, 2);
        Tensor own = Safetensors.map(file, MapMode.PRIVATE, arena).get("floats");
        assertArrayEquals(new float[] {0, 0, 0}, own.clamp_(0, null).toFloatArray());
        assertRefused(file, "must begin at a multiple of 4", () -> Safetensors.map(file, MapMode.READ_WRITE, arena));
    }

    @Test
    void snippetHolds(Arena arena) throws IOException {
        Path in = folder.resolve("in.safetensors");
        Path out = folder.resolve("out.safetensors");
        Safetensors.save(in, Map.of("weight", Tensor.of(arena, -2f, 0.5f, 2f)));
        IoSnippets.safetensors(in, out);
        assertArrayEquals(
                new float[] {-1, 0.5f, 1},
                Safetensors.map(out, MapMode.READ_ONLY, arena).get("weight").toFloatArray());
        assertEquals(Map.of("format", "pt"), Safetensors.metadata(out));
    }

    // ---- lifetimes ----

    @Test
    void mapEndsWithItsArenaAndNotWithTheFile() throws IOException {
        Path file = Files.copy(safetensors("all"), folder.resolve("x.safetensors"));
        Arena arena = Arena.ofConfined();
        Map<String, Tensor> all = Safetensors.map(file, MapMode.READ_ONLY, arena);
        Files.delete(file);
        assertCounts(all.get("f64.weight"), DType.FLOAT64, 2, 3);
        arena.close();
        all.values().forEach(x -> assertThrows(IllegalStateException.class, x::dataPtr));
        Path other = Files.copy(safetensors("none"), folder.resolve("y.safetensors"));
        assertThrows(IllegalStateException.class, () -> Safetensors.save(other, all));
        assertSameBytes(safetensors("none"), other);
        assertEquals(List.of(other), files(folder));
    }

    @Test
    void saveReplacesAMappedFileByItsOwnTensors(Arena arena) throws IOException {
        Path file = Files.copy(safetensors("shapes"), folder.resolve("x.safetensors"));
        Map<String, Tensor> shapes = Safetensors.map(file, MapMode.READ_WRITE, arena);
        Safetensors.save(file, shapes);
        assertSameBytes(safetensors("shapes"), file);
        assertEquals(List.of(file), files(folder));
    }

    @Test
    void saveRefusesBadNamesAndTexts(Arena arena) throws IOException {
        Path file = folder.resolve("x.safetensors");
        Tensor x = Tensor.of(arena, 1f);
        assertThrows(IllegalArgumentException.class, () -> Safetensors.save(file, Map.of("__metadata__", x)));
        assertThrows(IllegalArgumentException.class, () -> Safetensors.save(file, Map.of("\ud83d", x)));
        assertThrows(
                IllegalArgumentException.class, () -> Safetensors.save(file, Map.of("x", x), Map.of("a", "\ude00")));
        assertThrows(NullPointerException.class, () -> Safetensors.save(file, Map.of("x", x), null));
        assertEquals(List.of(), files(folder));
    }

    // ---- refused ----

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'x':{'dtype':'F7','shape':[8],'data_offsets':[0,8]}} | has the dtype \"F7\", and must have one of I64",
                "{'x':{'dtype':'U16','shape':[8],'data_offsets':[0,8]}} | take 16 bytes",
                "{'x':{'dtype':'U64','shape':[2147483648,4294967296],'data_offsets':[0,0]}} | less than 2^63",
                "{'x':{'dtype':'F6_E2M3','shape':[3,3],'data_offsets':[0,8]}} | has 9 elements of F6_E2M3, and must",
                "{'x':{'dtype':'U16','shape':[4],'data_offsets':[0,8]},'x':{}} | its header has the key \"x\" twice",
                "{'x':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'x':{}} | its header has the key \"x\" twice",
                "{'x':{'dtype':'F32','dtype':'F32','shape':[2],'data_offsets':[0,8]}} | key \"dtype\" twice",
                "{'x':{'dtype':'F32','shape':[2],'shape':[2],'data_offsets':[0,8]}} | key \"shape\" twice",
                "{'x':{'dtype':'F32','shape':[2],'data_offsets':[0,8],'data_offsets':[0,8]}} | key \"data_offsets\" twice",
                "{'__metadata__':null,'__metadata__':{}} | key \"__metadata__\" twice",
                "{'x':{},'\\u0078':{}} | must have a dtype",
                "{'__metadata__':{'a':'1','a':'2'},'x':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | __metadata__ has the key \"a\" twice",
                "{'__metadata__':{'a':1},'x':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | must be a JSON string",
                "{'__metadata__':[],'x':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | must be a JSON object",
                "{'x':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}} | begin where the one before it ends, at 0",
                "{'x':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}} | and the tensors take 4",
                "{'x':{'dtype':'F32','shape':[3],'data_offsets':[0,12]}} | it has 8 bytes after its header",
                "{'x':{'dtype':'F32','shape':[2],'data_offsets':[0,4]}} | take 8 bytes",
                "{'x':{'dtype':'F32','shape':[2],'data_offsets':[8,0]}} | take 8 bytes",
                "{'x':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'y':{'dtype':'U8','shape':[4],'data_offsets':[4,8]}}"
                        + " | begin where the one before it ends, at 8",
                "{'x':{'dtype':'U8','shape':[2],'data_offsets':[0,2]},'y':{'dtype':'U8','shape':[2],'data_offsets':[6,8]}}"
                        + " | begin where the one before it ends, at 2",
                "{'x':{'dtype':'F32','shape':[-2],'data_offsets':[0,8]}} | integers of 0 or more",
                "{'x':{'dtype':'F32','shape':[2.0],'data_offsets':[0,8]}} | integers of 0 or more",
                "{'x':{'dtype':'F32','shape':2,'data_offsets':[0,8]}} | must be a JSON array",
                "{'x':{'dtype':'F32','shape':[9223372036854775808],'data_offsets':[0,8]}} | out of range",
                "{'x':{'dtype':'F32','shape':[2147483648,4294967296],'data_offsets':[0,0]}} | less than 2^63",
                "{'x':{'dtype':'F32','shape':[2],'data_offsets':[0,8,8]}} | more than 2 numbers",
                "{'x':{'dtype':'F32','shape':[2],'data_offsets':[8]}} | two data_offsets",
                "{'x':{'dtype':'F32','shape':[2]}} | two data_offsets",
                "{'x':{'dtype':'F32','shape':[-0],'data_offsets':[0,0]}} | has \"-0\", and must have integers of 0 or more",
                "{'x':{'dtype':'F32','shape':[2],'data_offsets':[-0,8]}} | has \"-0\", and must have integers of 0 or more",
                "{'x':{'dtype':'F32','shape':[2],'data_offsets':[0,8],'y':1e999}} | in the range of a double",
                "{'x':{'dtype':'F32','shape':[2],'data_offsets':[0,8],'y':['\\udc00']}} | must be Unicode",
                "{'x':{'dtype':'F32','shape':[2],'data_offsets':[0,8],'y':[1,]}} | its header must be valid JSON",
                "{'x':['F32',[2],[0,8]]} | must be a JSON object",
                "{'x':{'dtype':{'F32':null},'shape':[2],'data_offsets':[0,8]}} | must be a JSON string",
                "{'x':[]} | must be a JSON object",
                "{'x':{'dtype':'F32','shape':[[[[2]]]],'data_offsets':[0,8]}} | shape has \"[\"",
                "{'x':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}} | its header",
                "{'x':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}{} | must end with the JSON object",
                "{'x':{'dtype':'F32','shape':[2],'data_offsets':[0,8]} | its header",
                "{'\\ud83d':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | Broken surrogate pair",
                "{x:1} | its header",
                "[] | its header is \"[\", and must be a JSON object",
                "`` | its header is \"\", and must be a JSON object",
                "1 | its header is \"1\", and must be a JSON object"
            })
    void headerThatIsBadIsRefused(String json, String text, Arena arena) throws IOException {
        Path file = write(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8), 8);
        assertRefused(file, text, () -> Safetensors.map(file, MapMode.READ_ONLY, arena));
        assertRefused(file, text, () -> Safetensors.metadata(file));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                " \t\r\n{'x':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}",
                "{'__metadata__':null,'x':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}",
                "{'x':{'y':1,'dtype':'F32','shape':[2],'':{'a':[1e9,-0,null,true,'b'],'a':1},'data_offsets':[0,8],'y':2}}",
                "{'x':{'dtype':'F32','shape':[2],'data_offsets':[0,8],'y':123456789012345678901234567890}}"
            })
    void headerIsReadAsThePythonPackageReadsIt(String json, Arena arena) throws IOException {
        Path file = write(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8), 8);
        Map<String, Tensor> tensors = Safetensors.map(file, MapMode.READ_ONLY, arena);
        assertEquals(Set.of("x"), tensors.keySet());
        assertArrayEquals(new float[2], tensors.get("x").toFloatArray());
        assertEquals(Map.of(), Safetensors.metadata(file));
    }

    @ParameterizedTest
    @CsvSource({
        "F4, 16",
        "F6_E2M3, 4",
        "F6_E3M2, 4",
        "F8_E4M3, 8",
        "F8_E4M3FNUZ, 8",
        "F8_E5M2, 8",
        "F8_E5M2FNUZ, 8",
        "F8_E8M0, 8",
        "U16, 4",
        "U32, 2",
        "U64, 1",
        "C64, 1"
    })
    void mapReadsTheRestOfAFileWithOtherDtypes(String dtype, int elements, Arena arena) throws IOException {
        int bytes = dtype.startsWith("F6") ? 3 : 8;
        String json =
                "{'__metadata__':{'a':'b'},'x':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'other':{'dtype':'"
                        + dtype + "','shape':[" + elements + "],'data_offsets':[8," + (8 + bytes) + "]}}";
        Path file = write(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8), 8 + bytes);
        assertEquals(Map.of("a", "b"), Safetensors.metadata(file));
        Map<String, Tensor> tensors = Safetensors.map(file, MapMode.READ_ONLY, arena);
        assertEquals(Set.of("x"), tensors.keySet());
        assertArrayEquals(new float[2], tensors.get("x").toFloatArray());
        assertRefused(file, "the tensor \"other\" has the dtype " + dtype + ",", () -> tensors.get("other"));
        assertNull(tensors.get("none"));
        assertFalse(tensors.containsKey("other"));
        assertNull(tensors.getOrDefault("other", null));
    }

    @Test
    void mapSkipsValuesAsDeepAsPythonAndNoDeeper(Arena arena) throws IOException {
        for (String[] pair : new String[][] {{"[", "]"}, {"{\"a\":", "}"}}) {
            assertEquals(
                    Set.of("x"),
                    Safetensors.map(write(deep(pair, 125)), MapMode.READ_ONLY, arena)
                            .keySet());
            Path deeper = write(deep(pair, 126));
            assertRefused(deeper, "nesting depth", () -> Safetensors.map(deeper, MapMode.READ_ONLY, arena));
        }
    }

    private static String deep(String[] pair, int depth) {
        return "{\"x\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0],\"y\":" + pair[0].repeat(depth - 1)
                + "[]" + pair[1].repeat(depth - 1) + "}}";
    }

    @Test
    void mapTakes64DimensionsAndNoMore(Arena arena) throws IOException {
        Path most = write(ones(64), 1);
        assertEquals(
                64, Safetensors.map(most, MapMode.READ_ONLY, arena).get("x").dim());
        Path more = write(ones(65), 1);
        assertRefused(more, "more than 64 numbers", () -> Safetensors.map(more, MapMode.READ_ONLY, arena));
    }

    private static byte[] ones(int dim) {
        return ("{\"x\":{\"dtype\":\"U8\",\"shape\":[1" + ",1".repeat(dim - 1) + "],\"data_offsets\":[0,1]}}")
                .getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void mapReadsDataOfAnotherOrder(Arena arena) throws IOException {
        String json = "{\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
                + "\"a\":{\"shape\":[0],\"data_offsets\":[0,0],\"dtype\":\"F32\"} } \n";
        Path file = write(json.getBytes(StandardCharsets.UTF_8), 2);
        assertEquals(
                List.of("b", "a"),
                List.copyOf(Safetensors.map(file, MapMode.READ_WRITE, arena).keySet()));
    }

    @Test
    void mapRefusesAFileThatIsCutOrGoesOn(Arena arena) throws IOException {
        Path file = folder.resolve("cut");
        Path whole = safetensors("shapes");
        assertEveryCutRefused(whole, file, () -> Safetensors.map(file, MapMode.READ_WRITE, arena));
        byte[] bytes = Files.readAllBytes(whole);
        Files.write(file, Arrays.copyOf(bytes, bytes.length + 1));
        assertRefused(file, "and the tensors take", () -> Safetensors.map(file, MapMode.READ_WRITE, arena));
        assertEquals(bytes.length + 1, Files.size(file));
    }

    @ParameterizedTest
    @ValueSource(longs = {100_000_001, Long.MAX_VALUE, Long.MIN_VALUE, -1})
    void headerThatIsTooLongIsRefusedByItsLength(long length, Arena arena) throws IOException {
        byte[] bytes = ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(length)
                .array();
        Path file = Files.write(folder.resolve("x.safetensors"), bytes);
        assertRefused(
                file,
                Long.toUnsignedString(length) + " bytes, and may have 100000000",
                () -> Safetensors.map(file, MapMode.READ_ONLY, arena));
    }

    @Test
    void mapTakesSoManyTensorsAndTextsAndNoMore(Arena arena) throws IOException {
        int most = SafetensorsHeader.MAX_ENTRIES;
        String empty = "{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}";
        Path tensors = write(object(most, empty));
        assertEquals(most, Safetensors.map(tensors, MapMode.READ_ONLY, arena).size());
        Path texts = write("{\"__metadata__\":" + object(most, "\"\"") + "}");
        assertEquals(most, Safetensors.metadata(texts).size());
        Path hostile = write(object(1_700_000, empty)); // nearly the longest header
        assertRefused(hostile, "more than 262144 tensors", () -> Safetensors.map(hostile, MapMode.READ_ONLY, arena));
        Path moreTexts = write("{\"__metadata__\":" + object(most + 1, "\"\"") + "}");
        assertRefused(moreTexts, "more than 262144 texts", () -> Safetensors.metadata(moreTexts));
        String zeros = String.join(",", Collections.nCopies(64, "0"));
        Path shapes = write(object(most, empty.replace("[0]", "[" + zeros + "]")));
        assertRefused(shapes, "more than 1048576 dimensions", () -> Safetensors.map(shapes, MapMode.READ_ONLY, arena));
        Tensor x = Tensor.of(arena, 1f);
        Map<String, Tensor> unsaved = new TreeMap<>();
        for (int i = 0; i <= most; i++) {
            unsaved.put(Integer.toString(i), x);
        }
        Path file = folder.resolve("unsaved");
        assertThrows(IllegalArgumentException.class, () -> Safetensors.save(file, unsaved));
        assertFalse(Files.exists(file));
    }

    @Test
    void saveAndMapTakeLongNamesAndTexts(Arena arena) throws IOException {
        String name = "n".repeat(60_000);
        Map<String, String> metadata = Map.of(name, "t".repeat(21_000_000));
        Path file = folder.resolve("long");
        Safetensors.save(file, Map.of(name, Tensor.of(arena, 1f)), metadata);
        assertEquals(
                Set.of(name), Safetensors.map(file, MapMode.READ_ONLY, arena).keySet());
        assertEquals(metadata, Safetensors.metadata(file));
    }

    /** A JSON object of so many names with one value. */
    private static String object(int count, String value) {
        return IntStream.range(0, count)
                .mapToObj(i -> "\"" + Integer.toString(i, Character.MAX_RADIX) + "\":" + value)
                .collect(Collectors.joining(",", "{", "}"));
    }

    private Path write(String header) throws IOException {
        return write(header.getBytes(StandardCharsets.UTF_8), 0);
    }

    @Test
    void mapRefusesAFileThatChangesMeanwhile(Arena arena) throws IOException {
        for (int length : new int[] {7, 9}) {
            for (MapMode mode : List.of(MapMode.READ_ONLY, MapMode.PRIVATE, MapMode.READ_WRITE)) {
                Path path = Files.write(folder.resolve("x"), new byte[8]);
                try (TensorFile file = TensorFile.open(path, mode)) {
                    Files.write(path, new byte[length]);
                    var stored = new TensorEntry("x", DType.UINT8, new long[] {8}, false, 0, 8);
                    assertRefused(
                            path, "it has " + length + " bytes, and had 8", () -> file.map(List.of(stored), arena));
                }
                assertEquals(length, Files.size(path));
            }
        }
    }

    @Test
    void headerThatIsNotUtf8IsRefused(Arena arena) throws IOException {
        Path file = write(new byte[] {'{', '"', (byte) 0xC0, (byte) 0x80, '"'}, 0);
        assertRefused(file, "UTF-8", () -> Safetensors.map(file, MapMode.READ_ONLY, arena));
    }

    /** A file with any bytes as its header, and so many zeros as data. */
    private Path write(byte[] header, int data) throws IOException {
        byte[] bytes = ByteBuffer.allocate(8 + header.length + data)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length)
                .put(header)
                .array();
        return Files.write(Files.createTempFile(folder, "made", ".safetensors"), bytes);
    }
}
