package dev.torchffm.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.model.TestPackage.Entry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Damaged packages are refused by their name, or read. A library that is damaged is never opened. */
final class ModelFuzzTest {

    private static final String LIBRARY = "no library";
    private static final TestPackage SMALL = small();
    private static final byte[] ZIP = SMALL.bytes();
    private static final byte[] MLP_LIBRARY = TestPackage.mlp().entry(".so").bytes();

    private static final List<String> NAMES = List.of(
            "archive_version",
            "byteorder",
            "data.pkl",
            "constants.pkl",
            "code/x",
            "models/model.json",
            "../x",
            "/x",
            "a\\b",
            "",
            "data/aotinductor/",
            "data/aotinductor/model/",
            "data/aotinductor/model/a.wrapper.json",
            "data/aotinductor/model/custom_obj_0",
            "data/aotinductor/other/b.wrapper.so",
            "data/aotinductor/model/a.wrapper.cpp",
            "data/aotinductor/model/a.wrapper_metadata.json");

    /** A package whose library is none. */
    private static TestPackage small() {
        return TestPackage.mlp()
                .without(".kernel.cpp")
                .replaceText(".wrapper.cpp", _ -> "void AOTInductorModel::run_impl(\n} // AOTInductorModel::run_impl")
                .replaceText(".so", _ -> LIBRARY);
    }

    private static void read(byte[] bytes) throws IOException {
        Path file = Files.createTempFile("model", ".fuzz");
        Path library = Files.createTempFile("library", ".fuzz");
        try {
            Files.write(file, bytes);
            try (ModelPackage opened = ModelPackage.open(file)) {
                String model = opened.model(null);
                opened.requireServed(model);
                new ModelSource(opened.source(model)).mayWrite("w");
                opened.unpackLibrary(model, library);
                assertTrue(Files.size(library) <= bytes.length);
            } catch (IllegalArgumentException e) {
                assertTrue(String.valueOf(e.getMessage()).startsWith(file + ": "), e::toString);
            }
        } finally {
            Files.delete(file);
            Files.delete(library);
        }
    }

    /** Bytes of the zip are changed, and its end is cut off. */
    @FuzzTest
    void zip(FuzzedDataProvider data) throws IOException {
        byte[] bytes = ZIP.clone();
        int edits = data.consumeInt(0, 8);
        for (int i = 0; i < edits; i++) {
            // most from the end, where the directory lies
            int from = data.consumeBoolean() ? 0 : bytes.length - 1_000;
            bytes[data.consumeInt(from, bytes.length - 1)] = data.consumeByte();
        }
        read(data.consumeBoolean() ? Arrays.copyOf(bytes, data.consumeInt(0, bytes.length)) : bytes);
    }

    @FuzzTest
    void anyBytes(byte[] bytes) throws IOException {
        read(bytes);
    }

    /** Entries are added, exchanged, renamed and left out, and the directory lies. */
    @FuzzTest
    void entries(FuzzedDataProvider data) throws IOException {
        TestPackage made = SMALL.copy();
        int edits = data.consumeInt(1, 6);
        for (int i = 0; i < edits; i++) {
            byte[] content = data.consumeBytes(data.consumeInt(0, 200));
            String inner = data.pickValue(NAMES);
            String name = data.consumeBoolean() ? "mlp/" + inner : data.consumeString(30);
            switch (data.consumeInt(0, 3)) {
                case 0 -> made.add(new Entry(name, content));
                case 1 ->
                    made.add(new Entry(
                            name, content, data.pickValue(new int[] {0, 8}), data.consumeInt(), data.consumeInt()));
                case 2 -> made.replaceAny(data.consumeInt(0, 5), entry -> new Entry(entry.name(), content));
                default -> made.replaceAny(data.consumeInt(0, 5), entry -> entry.named(name));
            }
        }
        read(made.bytes());
    }

    @FuzzTest
    void metadata(byte[] json) throws IOException {
        read(SMALL.copy().replaceBytes(".wrapper_metadata.json", _ -> json).bytes());
        read(SMALL.copy()
                .add(new Entry("mlp/data/aotinductor/model/a.wrapper.json", json))
                .bytes());
    }

    @FuzzTest
    void callSpec(FuzzedDataProvider data) {
        String text = data.consumeBoolean() ? data.consumeString(500) : "[1, " + spec(data, 4) + "]";
        CallSpec spec;
        try {
            spec = CallSpec.parse(text);
        } catch (IllegalArgumentException e) {
            assertTrue(e.getMessage().startsWith("the model's call spec "), e::toString);
            return;
        }
        assertTrue(!spec.toString().isEmpty());
        Tensor x = Torch.ones(1);
        try {
            spec.flatten(list(data, x, 3), map(data, x, 3), data.consumeInt(0, 4))
                    .forEach(found -> assertEquals(x, found.tensor()));
        } catch (IllegalArgumentException e) {
            assertTrue(!e.getMessage().isEmpty());
        }
        int leaves = spec.leaves();
        assertTrue(leaves >= 0);
        Object nested = spec.unflatten(new ArrayList<@Nullable Object>(Collections.nCopies(leaves, x)));
        assertEquals(leaves, count(nested));
    }

    private static long count(@Nullable Object nested) {
        return switch (nested) {
            case Map<?, ?> map ->
                map.values().stream().mapToLong(ModelFuzzTest::count).sum();
            case List<?> list -> list.stream().mapToLong(ModelFuzzTest::count).sum();
            case null, default -> 1;
        };
    }

    /** A spec that is right, mostly. */
    private static String spec(FuzzedDataProvider data, int depth) {
        String type = data.pickValue(new String[] {
            "null", "\"builtins.tuple\"", "\"builtins.list\"", "\"builtins.dict\"", "\"collections.namedtuple\"", "1"
        });
        var children = new ArrayList<String>();
        int count = depth == 0 ? 0 : data.consumeInt(0, 3);
        for (int i = 0; i < count; i++) {
            children.add(spec(data, depth - 1));
        }
        var keys = new ArrayList<String>();
        for (int i = 0; i < count; i++) {
            keys.add("\\\"" + data.pickValue(new String[] {"a", "b", "c", "d"}) + "\\\"");
        }
        return "{\"type\": " + type + ", \"context\": \"" + keys + "\", \"children_spec\": " + children + "}";
    }

    private static List<@Nullable Object> list(FuzzedDataProvider data, Tensor x, int depth) {
        var list = new ArrayList<@Nullable Object>();
        int count = data.consumeInt(0, 3);
        for (int i = 0; i < count; i++) {
            list.add(value(data, x, depth - 1));
        }
        return list;
    }

    private static Map<String, @Nullable Object> map(FuzzedDataProvider data, Tensor x, int depth) {
        var map = new HashMap<String, @Nullable Object>();
        int count = data.consumeInt(0, 3);
        for (int i = 0; i < count; i++) {
            map.put(data.pickValue(new String[] {"a", "b", "c", "d"}), value(data, x, depth - 1));
        }
        return map;
    }

    private static @Nullable Object value(FuzzedDataProvider data, Tensor x, int depth) {
        return switch (data.consumeInt(0, depth > 0 ? 5 : 3)) {
            case 0 -> null;
            case 1 -> "text";
            case 2, 3 -> x;
            case 4 -> list(data, x, depth);
            default -> map(data, x, depth);
        };
    }

    /** Whatever else a source says, a write that stands on a line of its own is seen. */
    @FuzzTest
    void source(FuzzedDataProvider data) {
        var lines = new StringBuilder();
        int count = data.consumeInt(0, 12);
        for (int i = 0; i < count; i++) {
            lines.append(data.pickValue(new String[] {
                "    auto a = b(w);\n",
                "    auto b = std::move(a);\n",
                "    auto& w = a;\n",
                "// w\n",
                "w.reset();\n",
                "    aoti_torch_cpu_mm_out(a, w, b);\n",
                "k((const float*)(w.data_ptr()));\n",
                "\n",
                "\"",
                "//",
                "w",
                "(",
                "constants_info_[0].shape = {1, 2};\n",
                "constants_info_[0].stride = {",
                "output_handles[0] = w"
            }));
            lines.append(data.consumeString(20));
        }
        String end = "\n} // AOTInductorModel::run_impl\n";
        String before = "void AOTInductorModel::run_impl(\n" + lines;
        var read = new ModelSource(before + end);
        read.mayWrite("w");
        read.sizes(0);
        read.strides(0);
        for (String write :
                List.of("aoti_torch_zero_(w);", "auto x = w;\naoti_torch_zero_(x);", "k((float*)(w.data_ptr()));")) {
            assertTrue(new ModelSource(before + "\n    " + write + end).mayWrite("w"));
        }
    }

    /** Bytes of the library's headers and tables are changed, and its end is cut off. */
    @FuzzTest
    void library(FuzzedDataProvider data) throws IOException {
        byte[] bytes = MLP_LIBRARY.clone();
        int edits = data.consumeInt(0, 8);
        for (int i = 0; i < edits; i++) {
            int from = data.pickValue(new int[] {0, 0, 64, bytes.length - 4_000});
            bytes[data.consumeInt(from, Math.min(from + 4_000, bytes.length) - 1)] = data.consumeByte();
        }
        if (data.consumeBoolean()) {
            bytes = data.consumeBoolean()
                    ? data.consumeBytes(200)
                    : Arrays.copyOf(bytes, data.consumeInt(0, bytes.length));
        }
        Path file = Files.createTempFile("library", ".fuzz");
        try {
            Files.write(file, bytes);
            LibraryFile.prepare(file);
        } catch (IOException e) {
            assertTrue(
                    e.getMessage().startsWith(file + " ") || e.getMessage().startsWith("the library's "), e::toString);
        } finally {
            assertEquals(bytes.length, Files.size(file));
            Files.delete(file);
        }
    }
}
