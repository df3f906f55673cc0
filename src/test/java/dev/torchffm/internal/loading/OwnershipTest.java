package dev.torchffm.internal.loading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which files and folders are trusted, and where the folder for unpacked files is. */
final class OwnershipTest {

    @TempDir
    private Path folder = Path.of("");

    private Path make(String name, String mode) throws IOException {
        Path made = Files.createDirectory(folder.resolve(name));
        return Files.setPosixFilePermissions(made, PosixFilePermissions.fromString(mode));
    }

    // ---- whose ----

    /** Modes as the system has them, in octal digits. */
    @ParameterizedTest
    @CsvSource({
        "1000, 100644, 1000, 0, ",
        "0,    100755, 1000, 0, ",
        "65534, 040755, 0, 65534, ",
        "0,    040755, 1000, 65534, ",
        "1001, 100644, 1000, 0, 'belongs to another user, 1001'",
        "1000, 100644, 0, 0, 'belongs to another user, 1000'",
        "1000, 100666, 1000, 0, may be written by every user",
        "0,    100664, 1000, 0, may be written by the users of its group",
        "0,    040755, 1000, 0, ",
        "0,    041777, 1000, 0, ",
        "65534, 041777, 0, 0, 'belongs to another user, 65534'",
        "1001, 041777, 1000, 0, 'belongs to another user, 1001'",
        "0,    040777, 1000, 0, may be written by every user",
        "0,    101666, 1000, 0, may be written by every user"
    })
    void reasonTellsWhoElseMayChangeAFile(int owner, String mode, int user, int root, String reason) {
        assertEquals(Optional.ofNullable(reason), Ownership.reason(owner, Integer.parseInt(mode, 8), user, root));
    }

    @Test
    void foldersAboveAFileCountBehindLinksToo() throws IOException {
        Path open = make("open", "rwxrwxrwx");
        Path file =
                Files.createFile(Files.createDirectory(open.resolve("inner")).resolve("file"));
        Path link = Files.createSymbolicLink(make("own", "rwxr-xr-x").resolve("link"), file);
        String reason = "may be written by every user";
        assertEquals(
                Optional.of(new Ownership.Fault(open.toRealPath(), reason)), Ownership.fault(link, link.getParent()));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertEquals(Optional.empty(), Ownership.fault(link, link.getParent()));
    }

    private static void assertAdvised(String advice, Path file, Path cache) {
        String message = assertThrows(IOException.class, () -> Ownership.require(file, cache))
                .getMessage();
        assertTrue(message.endsWith("by every user, who could make this process run any code. " + advice), message);
    }

    @Test
    void foldersAreNotToBeDeleted() throws IOException {
        Path open = make("open", "rwxrwxrwx").toRealPath();
        Path file = Files.createFile(open.resolve("file"));
        assertAdvised("Take that right away, by chmod or chown", file, open);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
        assertAdvised("Delete it, so that it is made again", file, open);
    }

    @Test
    void cachesFolderIsMadeAndUsedBehindLinks() throws IOException {
        Path cache = make("cache", "rwx------").toRealPath();
        Path link = Files.createSymbolicLink(folder.resolve("link"), cache);
        assertEquals(cache.resolve("inner"), Cache.makeFolder(link.resolve("inner")));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(cache)));
    }

    @Test
    void groupOfOneUserMayWrite() throws IOException {
        Path shared = make("shared", "rwxrwxr-x");
        boolean alone = Files.getOwner(shared)
                .getName()
                .equals(Files.readAttributes(shared, PosixFileAttributes.class)
                        .group()
                        .getName());
        assertEquals(alone, Ownership.fault(shared, shared.toRealPath()).isEmpty());
    }

    // ---- where ----

    @Test
    void cacheIsBelowTheUsersOwn() throws IOException {
        String home = make("home", "rwx------").toString();
        Path caches = folder.resolve("caches");
        assertEquals(Optional.of(Path.of(home, ".cache", "torch-ffm")), Cache.ofUser(home, null));
        assertEquals(Optional.of(Path.of(home, ".cache", "torch-ffm")), Cache.ofUser(home, ""));
        assertEquals(Optional.of(Path.of(home, ".cache", "torch-ffm")), Cache.ofUser(home, "relative"));
        assertEquals(Optional.of(caches.resolve("torch-ffm")), Cache.ofUser("?", caches.toString()));
    }

    @Test
    void cacheIsNotRelativeAndNotOpenToOthers() throws IOException {
        assertEquals(Optional.empty(), Cache.ofUser("?", ""));
        assertEquals(Optional.empty(), Cache.ofUser("", "relative"));
        assertEquals(Optional.empty(), Cache.ofUser(make("open", "rwxrwxrwx").toString(), null));
        assertEquals(Optional.empty(), Cache.ofUser("/proc/nope", null));
        assertThrows(IOException.class, () -> Cache.ofTemporary(Path.of("relative")));
    }

    @Test
    void temporaryCacheIsPrivate() throws IOException {
        Path cache = Cache.ofTemporary(folder);
        assertEquals(folder, cache.getParent());
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(cache)));
        assertEquals(cache, Cache.ofTemporary(folder)); // the next process
    }

    @ParameterizedTest
    @ValueSource(strings = {"rwx---r-x", "rwxrwxrwx", "link", "file"})
    void temporaryCacheThatIsNotPrivateIsRefused(String planted) throws IOException {
        Path cache = folder.resolve("torch-ffm-" + Ownership.user());
        switch (planted) {
            case "link" -> Files.createSymbolicLink(cache, make("private", "rwx------"));
            case "file" ->
                Files.createFile(
                        cache, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            default -> make(cache.getFileName().toString(), planted);
        }
        String message =
                assertThrows(IOException.class, () -> Cache.ofTemporary(folder)).getMessage();
        assertTrue(message.startsWith(cache + " is there"), message);
    }

    @Test
    void lackOfRoomIsToldBeforeUnpacking() throws IOException {
        Cache.requireRoom(folder, 1);
        String message = assertThrows(IOException.class, () -> Cache.requireRoom(folder, Long.MAX_VALUE))
                .getMessage();
        assertTrue(
                message.startsWith(folder + ": there is no space: 9223372036854775807 bytes are needed, and "),
                message);
    }
}
