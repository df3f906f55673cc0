package dev.torchffm.io;

import static dev.torchffm.io.Fixtures.assertRefused;
import static dev.torchffm.io.Fixtures.files;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.ChildJvm;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.testing.TorchExtension;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
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
    void savingReplacesWhatALinkLeadsTo(Arena arena) throws IOException {
        Path inner = Files.createDirectory(folder.resolve("inner"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("second"));
        Files.createSymbolicLink(folder.resolve("second"), Path.of("inner", "x.npy"));
        for (float value : new float[] {1, 2}) { // the first makes it, the second replaces it
            Npy.save(link, Tensor.of(arena, value));
            assertTrue(Files.isSymbolicLink(link));
            assertHolds(inner.resolve("x.npy"), value);
            assertEquals(List.of(inner.resolve("x.npy")), files(inner));
        }
    }

    @Test
    void linksInACircleAreRefused(Arena arena) throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("link"));
        assertThrows(FileSystemException.class, () -> Npy.save(link, Tensor.of(arena, 1f)));
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
        ChildJvm.Result result = new ChildJvm(folder).maxFileBytes(1 << 20).run(Large.class, file.toString());
        assertTrue(
                Objects.requireNonNull(result.output())
                        .matches(file + ": File too large; it takes 4194432 bytes, and there is room for \\d+\\n"),
                result.output());
        assertFalse(isSaving());
        assertFalse(Files.exists(file));
    }
}
