package dev.torchffm.internal.loading;

import static dev.torchffm.internal.loading.LibtorchClient.FINE;
import static dev.torchffm.internal.loading.LibtorchClient.fromJars;
import static dev.torchffm.internal.loading.LibtorchClient.shimIn;
import static dev.torchffm.internal.loading.LibtorchClient.unpacked;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.ChildJvm;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.TorchException;
import dev.torchffm.interop.DlPack;
import dev.torchffm.nn.MyReLU;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where libtorch is looked for, and what a failure says. Each in a JVM of its own. */
final class LibrariesTest {

    @TempDir
    private Path folder = Path.of("");

    private static Path libtorch() {
        return Path.of(System.getProperty(Libraries.LIBTORCH_PROPERTY)).toAbsolutePath();
    }

    private static String assertFails(ChildJvm child, String reason, String... arguments) throws Exception {
        ChildJvm.Result result = child.run(LibtorchClient.class, arguments);
        assertEquals(3, result.exitCode(), result.output());
        assertTrue(result.output().contains(reason), reason + " in " + result.output());
        return result.output();
    }

    /** Checks that a failure tells the places where libtorch is looked for. */
    private static void assertNotFound(ChildJvm child, String reason) throws Exception {
        String output = assertFails(child, reason);
        for (String part :
                List.of("  1. -Ddev.torchffm.libtorch", "  2. ", "LIBTORCH", "  4. ", "org.bytedeco:pytorch")) {
            assertTrue(output.contains(part), part + " in " + output);
        }
    }

    /** Calls several times without a libtorch, and prints each failure. */
    static final class Failing {
        static void main() {
            MemorySegment struct = Arena.global().allocate(128, 8);
            List<Supplier<Object>> calls = List.of(
                    () -> Tensor.of(1f),
                    () -> DlPack.importVersioned(struct, Arena.global()),
                    () -> new MyReLU(true).forward(new float[] {1f}),
                    () -> Torch.call("aten::zeros", new long[] {1}),
                    () -> Tensor.of(2f));
            for (Supplier<Object> call : calls) {
                try {
                    System.out.println(call.get());
                } catch (TorchException e) {
                    System.out.println(e.getMessage().lines().findFirst().orElseThrow());
                }
            }
        }
    }

    @Test
    void failureIsToldAtEachCall() throws Exception {
        ChildJvm.Result result = fromJars(folder).withoutNativeJars().run(Failing.class);
        List<String> lines = result.output().lines().toList();
        assertEquals(0, result.exitCode(), result.output());
        assertEquals(5, lines.size(), result.output());
        assertTrue(lines.getFirst().startsWith("libtorch cannot be loaded: libtorch was not found"), result.output());
        assertEquals(Set.of(lines.getFirst()), Set.copyOf(lines));
    }

    @Test
    void propertyComesFirst() throws Exception {
        assertNotFound(
                fromJars(folder).option("-Ddev.torchffm.libtorch=" + folder),
                "-Ddev.torchffm.libtorch is " + folder + ", and neither that folder nor its lib holds");
    }

    @Test
    void folderWithALibFolderServes() throws Exception {
        Path lib = Files.createSymbolicLink(folder.resolve("lib"), libtorch());
        var child = fromJars(folder).withoutNativeJars().option("-Ddev.torchffm.libtorch=" + folder);
        assertEquals(FINE, child.run(LibtorchClient.class));
        Files.delete(lib);
    }

    @Test
    void deniedNativeAccessNamesTheFlag() throws Exception {
        String output = assertFails(new ChildJvm(folder).deniedNativeAccess(), "--enable-native-access");
        assertFalse(output.contains("LIBTORCH"), output);
    }

    @Test
    void missingLibtorchNamesEveryRemedy() throws Exception {
        assertNotFound(fromJars(folder).withoutNativeJars(), "libtorch was not found");
    }

    /** A copy that stands for JavaCPP's or DJL's: the same library from another file. */
    private Path copied() throws IOException {
        Path other = Files.createDirectories(folder.resolve("torch/lib"));
        for (Path library : Platform.CURRENT.needed(libtorch())) {
            Files.copy(library, other.resolve(library.getFileName()));
        }
        // Where the copies of a wheel's libraries find those of CUDA.
        Files.createSymbolicLink(folder.resolve("nvidia"), libtorch().resolve("../../nvidia"));
        return other;
    }

    private static String[] librariesIn(Path folder) {
        return Platform.CURRENT.needed(folder).stream().map(Path::toString).toArray(String[]::new);
    }

    @Test
    void loadedLibtorchIsUsed() throws Exception {
        var child = fromJars(folder).withoutNativeJars();
        assertEquals(FINE, child.run(LibtorchClient.class, librariesIn(copied())));
    }

    @Test
    void loadedLibtorchOfAnotherVersionIsRefused() throws Exception {
        Path other = Files.createDirectory(folder.resolve("other")).resolve(Platform.CURRENT.torch());
        TestLibrary.compile(other, "long aoti_torch_abi_version(void) { return 2l << 56 | 12l << 48; }");
        String reason = "the libtorch in " + other.getParent() + ", which the process has loaded already, is version"
                + " 2.12, and torch-ffm supports 2.13, 2.14, 2.15;";
        assertFails(fromJars(folder), reason, other.toString());
    }

    /** Makes a tensor, and prints which libraries of libtorch and CUDA the process has. */
    static final class Mapped {
        static void main() throws IOException {
            Tensor.of(1f);
            try (Stream<String> mappings = Files.lines(Path.of("/proc/self/maps"))) {
                System.out.println(mappings.map(line -> line.substring(line.lastIndexOf('/') + 1))
                        .filter(name -> name.startsWith("libtorch") || name.startsWith("libcu"))
                        .distinct()
                        .sorted()
                        .toList());
            }
        }
    }

    /** The first two are CUDA's, for which libtorch itself asks in a wheel. */
    @Test
    void onlyWhatIsNeededIsLoaded() throws Exception {
        ChildJvm.Result result = new ChildJvm(folder).run(Mapped.class);
        String names = result.output().replaceAll("lib(cudart|cupti)[^,]*, ", "");
        assertEquals("[" + Platform.CURRENT.torch() + ", " + Platform.CURRENT.shim() + "]\n", names);
    }

    @Test
    void missingLibraryIsNamed() throws Exception {
        Path lib = Files.createDirectories(folder.resolve("torch/lib")).toRealPath();
        Path cuda = lib.resolve("libcupti.so.13");
        TestLibrary.compile(cuda, "int cupti;", "-Wl,-soname,libcupti.so.13");
        TestLibrary.compile(lib.resolve(Platform.CURRENT.torch()), "int torch;", "-Wl,--no-as-needed", cuda.toString());
        Files.delete(cuda);
        String reason = "needs libcupti.so.13, which is neither in " + lib + ", nor in "
                + lib.resolveSibling("../nvidia").normalize() + "/*/lib, where pip puts CUDA's libraries";
        assertFails(new ChildJvm(folder).option("-Ddev.torchffm.libtorch=" + lib), reason);
    }

    @Test
    void libtorchOfAnotherIsRefused() throws Exception {
        Path other = copied();
        String[] loaded = librariesIn(other);
        ChildJvm.Result result = new ChildJvm(folder).run(LibtorchClient.class, loaded);
        assertEquals(3, result.exitCode(), result.output());
        assertTrue(result.output().contains("another libtorch is loaded in this process, " + other), result.output());
        var same = new ChildJvm(folder).option("-Ddev.torchffm.libtorch=" + other);
        assertEquals(FINE, same.run(LibtorchClient.class, loaded));
    }

    @Test
    void libtorchOfAnotherVersionedNameIsRefused() throws Exception {
        Path other = copied();
        Path torch = other.resolve(Platform.CURRENT.torch());
        Path versioned = Files.move(torch, other.resolve(Platform.CURRENT.torch() + ".1.13.0"));
        Files.createSymbolicLink(torch, versioned);
        ChildJvm.Result result = new ChildJvm(folder).run(LibtorchClient.class, librariesIn(other));
        assertEquals(3, result.exitCode(), result.output());
        String reason = "another libtorch is loaded in this process, " + versioned;
        assertTrue(result.output().contains(reason), result.output());
    }

    @Test
    void libtorchOfAnotherDeletedFileIsRefused() throws Exception {
        Path other = copied();
        String[] loaded = librariesIn(other);
        ChildJvm.Result result = new ChildJvm(folder).run(Deleting.class, loaded);
        assertEquals(3, result.exitCode(), result.output());
        assertTrue(result.output().contains("another libtorch is loaded in this process, " + other), result.output());
    }

    /** Loads libraries, deletes their files, and makes a tensor. */
    static final class Deleting {
        static void main(String[] libraries) throws IOException {
            for (String library : libraries) {
                System.load(library);
            }
            for (String library : libraries) {
                Files.delete(Path.of(library));
            }
            LibtorchClient.main(new String[0]);
        }
    }

    /** Maps a file, whose name need not be text, and makes a tensor. */
    static final class Mapping {
        static void main(String[] folders) throws IOException {
            try (var files = Files.newDirectoryStream(Path.of(folders[0]));
                    var channel = FileChannel.open(files.iterator().next())) {
                channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.global());
            }
            LibtorchClient.main(new String[0]);
        }
    }

    @Test
    void mappedFileMayHaveAnyName() throws Exception {
        Path named = Files.createDirectory(folder.resolve("named"));
        String write = "printf torch > $'libtorch\\xff\\n.bin'";
        assertEquals(
                0,
                new ProcessBuilder("bash", "-c", write)
                        .directory(named.toFile())
                        .start()
                        .waitFor());
        assertEquals(FINE, new ChildJvm(folder).run(Mapping.class, named.toString()));
    }

    @Test
    void loadedLibtorchMayHaveAnyName() {
        Path file = LoadedLibtorch.file("7f00-7f01 r--p 0 08:01 1   /a b/\u00ff/libtorch_cpu.so (deleted)");
        assertEquals(Path.of("/a b"), file.getParent().getParent());
        assertEquals("libtorch_cpu.so", file.getFileName().toString());
        assertFalse(Files.exists(file));
    }

    /** A folder in which another file, the first bytes of a library, has libtorch's name. */
    private Path posing(Path library, long bytes) throws IOException {
        Path poser = Files.createDirectory(folder.resolve("poser")).resolve(Platform.CURRENT.torch());
        try (var whole = FileChannel.open(library);
                var part = FileChannel.open(poser, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            whole.transferTo(0, bytes, part);
        }
        return poser;
    }

    private void assertRefused(Path poser, String reason) throws Exception {
        assertFails(new ChildJvm(folder).option("-Ddev.torchffm.libtorch=" + poser.getParent()), reason);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.000001, 0.01, 0.5, 0.99})
    void truncatedLibtorchIsRefused(double share) throws Exception {
        Path torch = libtorch().resolve(Platform.CURRENT.torch());
        assertRefused(posing(torch, (long) (Files.size(torch) * share)), "is cut off");
    }

    @Test
    void libraryWithoutItsLastByteIsRefused() throws Exception {
        Path shim = shimIn(Path.of("target/classes").toAbsolutePath());
        assertRefused(posing(shim, Files.size(shim) - 1), "is cut off");
    }

    @Test
    void fileThatIsNoLibraryIsRefused() throws Exception {
        assertRefused(posing(Path.of("pom.xml"), Files.size(Path.of("pom.xml"))), "is not a 64-bit ELF library");
        Files.delete(folder.resolve("poser").resolve(Platform.CURRENT.torch()));
        Files.delete(folder.resolve("poser"));
        assertRefused(posing(Path.of("pom.xml"), 0), "is not a 64-bit ELF library");
    }

    @Test
    void libraryUnderLibtorchsNameIsRefused() throws Exception {
        Path other = libtorch().resolve("libc10.so");
        assertRefused(
                posing(other, Files.size(other)),
                "is version older than 2.9, and torch-ffm supports 2.13, 2.14, 2.15;");
    }

    @Test
    void shimWithoutAnAbiNumberIsRefused() throws Exception {
        Path classes = folder.resolve("classes");
        Path shim = Files.copy(libtorch().resolve("libgomp.so.1"), shimIn(classes));
        String reason = "the shim " + shim + " has no ABI number; the shim and the classes must be built together";
        assertFails(new ChildJvm(folder).classPathFirst(classes), reason);
    }

    @Test
    void shimOfAnotherAbiIsRefused() throws Exception {
        Path classes = folder.resolve("classes");
        Path shim = shimIn(classes);
        int other = TestLibrary.abi() + 1;
        TestLibrary.compileShim(shim, other);
        String reason = "the shim " + shim + " has ABI number " + other + ", and torch-ffm's classes need number "
                + TestLibrary.abi() + "; the shim and the classes must be built together";
        assertFails(new ChildJvm(folder).classPathFirst(classes), reason);
    }

    /** JavaCPP's own libtorch 2.10, in a folder. */
    private Path older() throws Exception {
        Path jar =
                Path.of("target/older/pytorch-2.10.0-1.5.13-linux-x86_64.jar").toAbsolutePath();
        ChildJvm.Result refused = fromJars(folder).classPathFirst(jar).run(LibtorchClient.class);
        assertEquals(3, refused.exitCode(), refused.output());
        String reason = "is version 2.10, and torch-ffm supports 2.13, 2.14, 2.15";
        assertTrue(refused.output().contains(reason), refused.output());
        return unpacked(folder, Platform.CURRENT.torch()).getParent();
    }

    @Test
    @Tag("soak")
    void olderLibtorchIsRefused() throws Exception {
        var child = new ChildJvm(folder).option("-Ddev.torchffm.libtorch=" + older());
        assertFails(child, "is version 2.10, and torch-ffm supports 2.13, 2.14, 2.15");
    }

    @Test
    @Tag("soak")
    void olderLibtorchLoadedFirstIsRefused() throws Exception {
        Path older = older();
        assertFails(new ChildJvm(folder), "another libtorch is loaded in this process, " + older, librariesIn(older));
    }
}
