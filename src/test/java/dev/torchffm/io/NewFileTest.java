package dev.torchffm.io;

import static dev.torchffm.io.Fixtures.assertRefused;
import static dev.torchffm.io.Fixtures.files;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.torchffm.ChildJvm;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.testing.TorchExtension;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel.MapMode;
import java.nio.channels.Pipe;
import java.nio.file.FileSystem;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What saving replaces, keeps, refuses and leaves behind. */
@ExtendWith(TorchExtension.class)
final class NewFileTest {

    @TempDir
    private Path folder = Path.of("");

    private Path file = Path.of("");

    @BeforeEach
    void name() {
        file = folder.resolve("x.npy");
    }

    private static void assertHolds(Path file, float... values) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            assertArrayEquals(values, Npy.map(file, MapMode.READ_ONLY, arena).toFloatArray());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-------", "r--r-----", "rw-rw-rw-", "rwxr-x--x"})
    void savingKeepsTheModeOfWhatItReplaces(String mode, Arena arena) throws IOException {
        Files.createFile(file);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
        Npy.save(file, Tensor.of(arena, 1f, 2f));
        assertEquals(mode, PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        assertHolds(file, 1, 2);
        assertEquals(List.of(file), files(folder));
    }

    @Test
    void temporaryFileIsTheOwnersAlone() throws IOException {
        Files.createFile(file);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r--r--"));
        NewFile.write(file, 1, _ -> {
            Path written = files(folder).stream()
                    .filter(path -> !path.equals(file))
                    .findFirst()
                    .orElseThrow();
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(written)));
        });
        assertEquals("r--r--r--", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    }

    @ParameterizedTest
    @CsvSource({"rw-r--r--, rw-r--r--", "rw-rw-r--, rw-r--r--", "rwxr-x--x, rwx--x--x", "rw----r--, rw-------"})
    void anotherGroupGivesNobodyMore(String before, String after) {
        Set<PosixFilePermission> permissions = NewFile.inAnotherGroup(PosixFilePermissions.fromString(before));
        assertEquals(after, PosixFilePermissions.toString(permissions));
    }

    /** Needs root, who alone may give a file away. */
    @Test
    void savingKeepsTheGroupAndTheOwner(Arena arena) throws IOException {
        Files.createFile(file);
        assumeTrue(Files.getAttribute(file, "unix:uid").equals(0), "root");
        Files.setAttribute(file, "unix:uid", 1234);
        Files.setAttribute(file, "unix:gid", 5678);
        Npy.save(file, Tensor.of(arena, 1f));
        assertEquals(Map.of("uid", 1234, "gid", 5678), Files.readAttributes(file, "unix:uid,gid"));
        assertHolds(file, 1);
    }

    @Test
    void savingReplacesALinkItself(Arena arena) throws IOException {
        Path precious = Files.writeString(folder.resolve("precious"), "precious");
        for (String target : List.of("precious", "nothing", "x.npy")) { // the last leads to itself
            Files.createSymbolicLink(file, Path.of(target));
            Npy.save(file, Tensor.of(arena, 1f, 2f));
            assertTrue(Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS));
            assertHolds(file, 1, 2);
            Files.delete(file);
        }
        assertEquals("precious", Files.readString(precious));
        assertEquals(List.of(precious), files(folder));
    }

    @Test
    void filesInAZipAreRefused(Arena arena) throws IOException {
        Tensor x = Tensor.of(arena, 1f);
        try (FileSystem zip = FileSystems.newFileSystem(folder.resolve("x.zip"), Map.of("create", "true"))) {
            Path inside = zip.getPath("x.npy");
            for (var call : List.<Executable>of(
                    () -> Npy.save(inside, x),
                    () -> Safetensors.save(inside, Map.of("x", x)),
                    () -> Npy.map(inside, MapMode.READ_ONLY, arena),
                    () -> Safetensors.metadata(inside))) {
                String message =
                        assertThrows(IllegalArgumentException.class, call).getMessage();
                assertTrue(message.startsWith("path is jar:file:"), message);
                assertTrue(message.contains("x.npy, and must be of the default file system"), message);
            }
        }
    }

    @Test
    void interruptedSaveSaysSoAndLeavesNothing(Arena arena) throws IOException {
        Npy.save(file, Tensor.of(arena, 1f));
        Thread.currentThread().interrupt();
        assertThrows(ClosedByInterruptException.class, () -> Npy.save(file, Tensor.of(arena, 2f)));
        assertTrue(Thread.interrupted());
        assertEquals(List.of(file), files(folder));
        assertHolds(file, 1);
    }

    private Path fifo() throws Exception {
        Path fifo = folder.resolve("fifo");
        assertEquals(0, new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor());
        return fifo;
    }

    @Test
    void irregularFilesAreNeitherSavedNorMapped(Arena arena) throws Exception {
        Path fifo = fifo();
        Path link = Files.createSymbolicLink(folder.resolve("link"), fifo);
        Path device = Files.createSymbolicLink(folder.resolve("device"), Path.of("/dev/null"));
        Tensor x = Tensor.of(arena, 1f);
        for (Path path : List.of(fifo, link, device, folder)) {
            for (var saving :
                    List.<Executable>of(() -> Npy.save(path, x), () -> Safetensors.save(path, Map.of("x", x)))) {
                String message = assertThrows(FileSystemException.class, saving).getMessage();
                assertTrue(message.startsWith(path + ": only a regular file"), message);
            }
            assertRefused(path, "must be a regular file", () -> Npy.map(path, MapMode.READ_ONLY, arena));
            assertRefused(path, "must be a regular file", () -> Safetensors.map(path, MapMode.READ_WRITE, arena));
            assertRefused(path, "must be a regular file", () -> Safetensors.metadata(path));
        }
        assertFalse(Files.isRegularFile(fifo, LinkOption.NOFOLLOW_LINKS));
        assertTrue(Files.isSymbolicLink(device));
    }

    private static Path openPipe() throws IOException {
        for (Path path : files(Path.of("/proc/self/fd"))) {
            if (Files.isSymbolicLink(path)
                    && Files.readSymbolicLink(path).toString().startsWith("pipe:")) {
                return path;
            }
        }
        throw new AssertionError("no pipe is open");
    }

    /** As /dev/stdout is where the output goes into a pipe. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void openPipeIsRefused(Arena arena) throws IOException {
        Pipe pipe = Pipe.open();
        try (var _ = pipe.source();
                var _ = pipe.sink()) {
            Path path = openPipe();
            String message = assertThrows(FileSystemException.class, () -> Npy.save(path, Tensor.of(arena, 1f)))
                    .getMessage();
            assertTrue(message.startsWith(path + ": only a regular file"), message);
        }
    }

    // ---- leftovers ----

    /** Saves again and again. */
    static final class Saving {
        static void main(String[] paths) throws IOException {
            Tensor x = Torch.zeros(1 << 24);
            while (true) {
                Npy.save(Path.of(paths[0]), x);
            }
        }
    }

    private boolean isSaving() throws IOException {
        return files(folder).stream().anyMatch(path -> path.toString().endsWith(".tmp"));
    }

    @Test
    void nextSaveDeletesWhatAKilledOneLeft(Arena arena) throws Exception {
        Tensor x = Tensor.of(arena, 1f);
        for (int tries = 0; tries < 50 && files(folder).size() < 3; tries++) { // the file, the output, what is left
            Process saving = new ChildJvm(folder).start(folder.resolve("output.txt"), Saving.class, file.toString());
            while (saving.isAlive() && !isSaving()) {
                saving.waitFor(1, TimeUnit.MILLISECONDS);
            }
            saving.destroyForcibly().waitFor();
            Files.deleteIfExists(file);
            Npy.save(folder.resolve("other.npy"), x); // leaves the file's leftover alone
        }
        assertTrue(isSaving(), "nothing is left, so nothing is tested");
        Npy.save(file, x);
        assertFalse(isSaving());
        assertHolds(file, 1);
    }

    /** Waits until it is told to go on, while it saves. */
    static final class Waiting {
        static void main(String[] paths) throws IOException {
            NewFile.write(Path.of(paths[0]), 1, file -> {
                Files.createFile(Path.of(paths[1]));
                System.in.read();
                file.append(new byte[1]);
            });
        }
    }

    @Test
    void savesOfOneFileAtOnceLeaveEachOther(Arena arena) throws Exception {
        Path begun = folder.resolve("begun");
        Process waiting = new ChildJvm(folder)
                .start(folder.resolve("output.txt"), Waiting.class, file.toString(), begun.toString());
        while (waiting.isAlive() && Files.notExists(begun)) {
            waiting.waitFor(1, TimeUnit.MILLISECONDS);
        }
        NewFile.write(file, 2, outer -> {
            Npy.save(file, Tensor.of(arena, 1f, 2f));
            assertHolds(file, 1, 2);
            outer.append(new byte[2]);
        });
        assertEquals(2, Files.size(file));
        waiting.getOutputStream().close();
        assertEquals(0, waiting.waitFor());
        assertEquals(1, Files.size(file));
        assertFalse(isSaving());
    }

    // ---- no space ----

    /** Saves 4 MB, and prints why it cannot. */
    static final class Large {
        static void main(String[] paths) {
            try {
                Npy.save(Path.of(paths[0]), Torch.zeros(1 << 20));
            } catch (IOException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    @Test
    void failureToWriteNamesTheFileAndItsBytes() throws Exception {
        ChildJvm.Result result = new ChildJvm(folder)
                .variable("LC_ALL", "C") // the system's text
                .maxFileBytes(1 << 20)
                .run(Large.class, file.toString());
        assertTrue(
                Objects.requireNonNull(result.output())
                        .matches(file + ": File too large; it takes 4194432 bytes, and there is room for \\d+\\n"),
                result.output());
        assertFalse(isSaving());
        assertFalse(Files.exists(file));
    }
}
