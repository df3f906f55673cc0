package dev.torchffm.model;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.Torch;
import dev.torchffm.model.CompiledModel.Options;
import dev.torchffm.model.TestPackage.Entry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is no package that can run here is refused, with what it is and what to do. */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64") // as the packages are
final class ModelPackageTest {

    private static final String METADATA = ".wrapper_metadata.json";
    private static final String RECIPE = "In Python: torch._inductor.aoti_compile_and_package("
            + "torch.export.export(module.eval(), example_inputs), package_path=\"model.pt2\")";

    @TempDir
    private Path folder;

    /** Checks the text of a refusal behind the file's name. */
    private void assertRefused(String text, TestPackage made) throws IOException {
        assertRefused(text, made.write(folder));
    }

    private void assertRefused(String text, byte[] bytes) throws IOException {
        assertRefused(text, Files.write(folder.resolve("made.pt2"), bytes));
    }

    private static void assertRefused(String text, Path file) {
        var refusal = assertThrows(IllegalArgumentException.class, () -> CompiledModel.load(file));
        assertEquals(file + ": " + text, refusal.getMessage());
    }

    @Test
    void theSmallPackageIsServed() throws IOException {
        Path file = TestPackage.mlp().write(folder);
        assertTrue(Arrays.equals(TestPackage.mlp().bytes(), Files.readAllBytes(file)));
        CompiledModel.load(file).close();
    }

    // ---- what it was compiled for ----

    private static TestPackage withMetadata(String key, String is) {
        return TestPackage.mlp()
                .replaceText(METADATA, text -> text.replaceFirst("(\"" + key + "\": )\"[^\"]*\"", "$1\"" + is + "\""));
    }

    @Test
    void refusesWhatWasCompiledForAnother() throws IOException {
        assertRefused(
                "it was compiled for darwin (AOTI_PLATFORM), and this is linux, another system: compile it on Linux",
                withMetadata("AOTI_PLATFORM", "darwin"));
        assertRefused(
                "it was compiled for win32 (AOTI_PLATFORM), and this is linux, another system: compile it on Linux",
                withMetadata("AOTI_PLATFORM", "win32"));
        assertRefused(
                "it was compiled for aarch64 (AOTI_MACHINE), and this is x86_64, another processor: compile it on one like"
                        + " this",
                withMetadata("AOTI_MACHINE", "aarch64"));
        assertRefused(
                "it was compiled for cuda (AOTI_DEVICE_KEY), and this is cpu, another device: compile it with the module and"
                        + " its inputs on the CPU",
                withMetadata("AOTI_DEVICE_KEY", "cuda"));
    }

    @Test
    void refusesOtherSystems() {
        ModelPackage.requireLinux("Linux");
        for (String system : new String[] {"Mac OS X", "Windows 11"}) {
            var refusal = assertThrows(IllegalArgumentException.class, () -> ModelPackage.requireLinux(system));
            assertEquals("compiled models run on Linux only, and this is " + system, refusal.getMessage());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"AVX9", "AVX9 INVALID_VEC_ISA", "INVALID_VEC_ISA AVX9", " AVX9"})
    void refusesInstructionsThatTheProcessorLacks(String isa) throws IOException {
        assertRefused(
                "its model \"model\" was compiled for processors with " + isa
                        + ", and this one lacks AVX9: compile it here, or"
                        + " for any by inductor_configs={\"cpp.march\": \"x86-64\", \"cpp.simdlen\": 1}",
                withMetadata("AOTI_CPU_ISA", isa));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "INVALID_VEC_ISA", " "})
    void takesCodeForEveryProcessor(String isa) throws IOException {
        CompiledModel.load(withMetadata("AOTI_CPU_ISA", isa).write(folder)).close();
    }

    @Test
    void refusesBrokenMetadata() throws IOException {
        String name = TestPackage.mlp().entry(METADATA).name().replaceFirst("^[^/]*/", "");
        Map<String, String> texts = Map.of(
                "[]", "must be a JSON object",
                "1", "must be a JSON object",
                "", "is no JSON: it ends too early",
                "{} {}", "is no JSON: there is more after the end, at 3",
                "{\"a\": 1, \"a\": 2}", "is no JSON: Duplicate field 'a'",
                "{\"a\"", "is no JSON: Unexpected end-of-input within/between Object entries");
        for (Map.Entry<String, String> entry : texts.entrySet()) {
            assertRefused(
                    "its " + quoted(name) + " " + entry.getValue(),
                    TestPackage.mlp().replaceText(METADATA, _ -> entry.getKey()));
        }
        assertRefused(
                "its " + quoted(name)
                        + " is no JSON: Document nesting depth (1001) exceeds the maximum allowed (1000, from"
                        + " `StreamReadConstraints.getMaxNestingDepth()`)",
                TestPackage.mlp().replaceText(METADATA, _ -> "[".repeat(500_000)));
        assertRefused(
                "its " + quoted(name) + " has 1048577 bytes, and must have at most 1048576",
                TestPackage.mlp().replaceText(METADATA, _ -> " ".repeat((1 << 20) + 1)));
        assertRefused(
                "its model \"model\" has no metadata: a PyTorch older than 2.6 has compiled it",
                TestPackage.mlp().without(METADATA));
    }

    /** As the messages show a name. */
    private static String quoted(String name) {
        return '"' + (name.length() <= 80 ? name : name.substring(0, 80) + "…") + '"';
    }

    // ---- what only PyTorch can run ----

    @Test
    void refusesTheProxyExecutor() throws IOException {
        String nodes = "{\"nodes\": [{\"name\": \"buf0\", \"node\": {\"target\": \"my::twice\", \"inputs\": []}},"
                + " {\"node\": {\"target\": \"aten::_linalg_eigh\"}}, {}, 1]}";
        assertRefused(
                "its model \"model\" calls aten::_linalg_eigh, my::twice by PyTorch's proxy executor, which is C++ only: use"
                        + " operators that have a C function, or give a custom one such a function by"
                        + " aot_inductor.custom_ops_to_c_shims",
                TestPackage.mlp().add(TestPackage.MODEL + "abc.wrapper.json", nodes));
        CompiledModel.load(TestPackage.mlp()
                        .add(TestPackage.MODEL + "abc.wrapper.json", "{\"nodes\": []}")
                        .write(folder))
                .close();
    }

    @Test
    void refusesObjectsOfTorchbind() throws IOException {
        assertRefused(
                "its model \"model\" has torchbind objects, such as custom_obj_0, which only PyTorch can make: export a module"
                        + " without them",
                TestPackage.mlp().add(TestPackage.MODEL + "custom_obj_0", "x"));
    }

    @Test
    void refusesWeightsInAFileOfTheirOwn() throws IOException {
        assertRefused(
                "its model \"model\" has its weights in a file of their own: compile it without"
                        + " aot_inductor.package_constants_on_disk_format; weights of a safetensors file are given to load",
                TestPackage.mlp().add(TestPackage.MODEL + "abc.wrapper_weights.blob", "x"));
    }

    @Test
    void refusesAModelWithoutALibraryOrWithTwo() throws IOException {
        assertRefused(
                "its model \"model\" has no library: compile it without aot_inductor.package_cpp_only. " + RECIPE,
                TestPackage.mlp().without(".so"));
        TestPackage two = TestPackage.mlp();
        String name = two.entry(".so").name().replaceFirst("^[^/]*/", "");
        assertRefused(
                "its model \"model\" has two files that end with .so, " + quoted(name) + " and "
                        + quoted(TestPackage.MODEL + "abc.so"),
                two.add(TestPackage.MODEL + "abc.so", "x"));
    }

    @Test
    void refusesAGraph() throws IOException {
        assertRefused(
                "it was written by torch.export.save, and has a graph and no library. In Python:"
                        + " torch._inductor.aoti_compile_and_package(torch.export.load(\"made.pt2\"),"
                        + " package_path=\"compiled.pt2\")",
                TestPackage.mlp().withoutModel().add("models/model.json", "{}"));
        assertRefused(
                "it has no model in data/aotinductor/. " + RECIPE,
                TestPackage.mlp().withoutModel());
    }

    @Test
    void refusesTorchScript() throws IOException {
        String text = "it is a TorchScript file, which PyTorch has given up: export the module instead. " + RECIPE;
        for (String name : new String[] {"constants.pkl", "code/__torch__.py"}) {
            var script = new TestPackage().add("data.pkl", "x").add(name, "x").add("version", "3");
            assertRefused(text, script);
            var packed = new Entry("mlp/code/packed.py", new byte[1], ZipEntry.DEFLATED, 0, 9);
            assertRefused(text, script.add(packed)); // as PyTorch writes its source
        }
    }

    @Test
    void refusesPickles() throws IOException {
        String text = "it is a pickle, as torch.save writes it: load it in Python and compile it. " + RECIPE;
        assertRefused(
                text,
                new TestPackage()
                        .add("data.pkl", "x")
                        .add("byteorder", "little")
                        .add("version", "3"));
        assertRefused(text, new byte[] {(byte) 0x80, 2, (byte) 0x8a});
    }

    // ---- what is no package, or a hostile one ----

    @Test
    void refusesWhatIsNoZip() throws IOException {
        for (byte[] bytes : new byte[][] {{}, {0x80 - 1}, "PK".getBytes(UTF_8), new byte[1000]}) {
            var refusal = assertThrows(
                    IllegalArgumentException.class,
                    () -> CompiledModel.load(Files.write(folder.resolve("made.pt2"), bytes)));
            String is = folder.resolve("made.pt2") + ": it is no zip, or cut off (";
            assertTrue(refusal.getMessage().startsWith(is), refusal::getMessage);
            assertTrue(refusal.getMessage().endsWith("), and a .pt2 package is one"), refusal::getMessage);
        }
        assertRefused("it has no archive_version, and so is no .pt2 package. " + RECIPE, new TestPackage());
    }

    @Test
    void refusesWhatIsCutOff() throws IOException {
        byte[] bytes = TestPackage.mlp().bytes();
        for (int length = 1; length < bytes.length; length += bytes.length / 50) {
            assertRefused(
                    "it is no zip, or cut off (zip END header not found), and a .pt2 package is one",
                    Arrays.copyOf(bytes, length));
        }
    }

    @Test
    void refusesFilesThatCannotBeRead() throws IOException {
        assertRefused("it is a folder, a device or so, and must be a regular file", folder);
        assertRefused("it is a folder, a device or so, and must be a regular file", Path.of("/dev/null"));
        Path missing = folder.resolve("missing.pt2");
        assertEquals(
                missing.toString(),
                assertThrows(NoSuchFileException.class, () -> CompiledModel.load(missing))
                        .getMessage());
        Path zip = TestPackage.mlp().write(folder);
        try (var system = FileSystems.newFileSystem(zip)) {
            assertRefused(
                    "it must be of the default file system, not of one such as a zip's",
                    system.getPath("/mlp/data/model.pt2"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mlp/../../evil",
                "../evil",
                "mlp/..",
                "..",
                "/etc/passwd",
                "mlp\\..\\evil",
                "C:\\evil/x",
                "outside",
                "",
                "mlp/\0/x"
            })
    void refusesNamesThatLeadOut(String name) throws IOException {
        String shown = name.replace("\0", "\\0");
        assertRefused(
                "it has an entry with the name \"" + shown + "\", and names must lie in one folder",
                TestPackage.mlp().add(new Entry(name, new byte[1])));
    }

    @Test
    void refusesPackedEntries() throws IOException {
        var packed = new ByteArrayOutputStream();
        try (var out = new DeflaterOutputStream(packed, new Deflater(9, true))) {
            out.write(new byte[1 << 20]);
        }
        assertRefused(
                "its entry \"bomb\" is packed, and PyTorch writes all as they are",
                TestPackage.mlp().add(new Entry("mlp/bomb", packed.toByteArray(), ZipEntry.DEFLATED, 0, 1 << 20)));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2, 1 << 30, Integer.MAX_VALUE, -1, -2})
    void refusesSizesThatAreNotTheFiles(int size) throws IOException {
        TestPackage made = TestPackage.mlp().add(new Entry("mlp/long", new byte[1], ZipEntry.STORED, 0, size));
        Path file = made.write(folder);
        var refusal = assertThrows(IllegalArgumentException.class, () -> CompiledModel.load(file));
        assertTrue(refusal.getMessage().startsWith(file + ": it"), refusal::getMessage);
    }

    @Test
    void refusesNamesThatComeTwice() throws IOException {
        TestPackage same = TestPackage.mlp();
        assertRefused("it has \"archive_version\" twice", same.add(same.entry("archive_version")));
        assertRefused(
                "it has \"archive_version\" twice",
                TestPackage.mlp().add(new Entry("other/archive_version", "0".getBytes(UTF_8))));
    }

    @Test
    void refusesDamagedEntries() throws IOException {
        for (String ending : new String[] {"archive_version", METADATA, ".wrapper.cpp", ".so"}) {
            TestPackage made = TestPackage.mlp();
            String name = made.entry(ending).name().replaceFirst("^[^/]*/", "");
            assertRefused(
                    "its " + quoted(name) + " has another checksum than the zip says: the file is damaged",
                    made.replace(
                            ending,
                            entry -> new Entry(
                                    entry.name(), entry.bytes(), entry.method(), ~entry.crc(), entry.bytes().length)));
        }
    }

    @Test
    void refusesEntriesThatAreNotWhereTheZipSays() throws IOException {
        for (String ending : new String[] {"archive_version", ".wrapper.cpp", ".so"}) {
            TestPackage made = TestPackage.mlp();
            byte[] bytes = made.bytes();
            String name = made.entry(ending).name();
            int header = new String(bytes, ISO_8859_1).indexOf(name) - 30;
            bytes[header] = 'Q';
            String text = "its " + quoted(name.replaceFirst("^[^/]*/", "")) + " cannot be read: ";
            assertRefused(text + "ZipFile invalid LOC header (bad signature)", bytes);
            int offset = new String(bytes, ISO_8859_1).lastIndexOf(name) - 4;
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(offset, bytes.length - 10);
            assertRefused(text + "the zip leads beyond its end", bytes);
        }
    }

    @Test
    void refusesOtherFormats() throws IOException {
        assertRefused(
                "its archive_version is \"1\", and must be 0: a newer PyTorch has written it",
                TestPackage.mlp().replaceText("archive_version", _ -> "1"));
        assertRefused(
                "its byteorder is \"big\", and must be little",
                TestPackage.mlp().replaceText("byteorder", _ -> "big"));
    }

    // ---- several models ----

    @Test
    void choosesTheModelByItsName() throws IOException {
        Path two = TestPackage.mlp().addModel("other").write(folder);
        for (Options options : new Options[] {
            Options.instances(1),
            Options.instances(1).model("model"),
            Options.instances(1).model("other")
        }) {
            try (CompiledModel model = CompiledModel.load(two, options)) {
                String name = options.model() == null ? "model" : options.model();
                assertTrue(model.toString().startsWith("CompiledModel(" + name + " of made.pt2"), model::toString);
                assertEquals(1, model.run(Torch.ones(2, 16)).size());
            }
        }
        var refusal = assertThrows(
                IllegalArgumentException.class,
                () -> CompiledModel.load(two, Options.instances(1).model("mod")));
        assertEquals(two + ": it has no model \"mod\", but [model, other]", refusal.getMessage());
    }

    @Test
    void severalModelsWithoutADefaultMustBeNamed() throws IOException {
        TestPackage made = TestPackage.mlp().addModel("a").addModel("b").withoutModel();
        assertRefused("it has the models [a, b]: name one by Options.model", made);
    }

    // ---- the library ----

    private static byte[] patched(byte[] library, String from, String to) {
        String text = new String(library, ISO_8859_1);
        assertTrue(text.contains(from), from);
        return text.replace(from, to).getBytes(ISO_8859_1);
    }

    @Test
    void aLibtorchThatLacksAFunctionIsNamed() throws IOException {
        assertRefused(
                "its model \"model\" cannot be loaded: model.so: undefined symbol: aoti_torch_empty_stridex: a newer PyTorch"
                        + " than libtorch " + Torch.libtorchVersion() + " has compiled it; take that one's libtorch, or"
                        + " compile it with this version",
                TestPackage.mlp()
                        .replaceBytes(
                                ".so",
                                library -> patched(
                                        library, "\0aoti_torch_empty_strided\0", "\0aoti_torch_empty_stridex\0")));
    }

    /** As the system's loader says it of a folder that is mounted noexec. */
    @Test
    void aFolderWithoutExecutionIsNamed() throws IOException {
        try (ModelPackage opened = ModelPackage.open(TestPackage.MLP)) {
            String text = "model.so: failed to map segment from shared object";
            assertEquals(
                    TestPackage.MLP + ": its model \"model\" cannot be loaded: " + text
                            + ": the temporary folder may be"
                            + " mounted noexec; name another by -Djava.io.tmpdir=FOLDER",
                    opened.notLoaded("model", text, new IOException(text)).getMessage());
        }
    }

    @Test
    void aLibraryThatIsNoModelIsRefused() throws IOException {
        assertRefused(
                "its model \"model\" cannot be loaded: the library has no AOTInductorModelContainerRun",
                TestPackage.mlp()
                        .replaceBytes(
                                ".so",
                                library -> patched(
                                        library,
                                        "\0AOTInductorModelContainerRun\0",
                                        "\0AOTInductorModelContainerRum\0")));
    }

    @Test
    void aLibraryThatIsCutOffIsRefused() throws IOException {
        byte[] library = TestPackage.mlp().entry(".so").bytes();
        int half = library.length / 2;
        TestPackage cut = TestPackage.mlp().replaceBytes(".so", bytes -> Arrays.copyOf(bytes, half));
        Path file = cut.write(folder);
        var refusal = assertThrows(IllegalArgumentException.class, () -> CompiledModel.load(file));
        String text = file + ": its model \"model\" cannot be loaded: model.so is cut off: it has " + half
                + " bytes, and its headers name ";
        assertTrue(refusal.getMessage().startsWith(text), refusal::getMessage);
        for (int length : new int[] {0, 1, 63}) {
            assertRefused(
                    "its model \"model\" cannot be loaded: model.so is not a 64-bit ELF library",
                    TestPackage.mlp().replaceBytes(".so", bytes -> Arrays.copyOf(bytes, length)));
        }
    }
}
