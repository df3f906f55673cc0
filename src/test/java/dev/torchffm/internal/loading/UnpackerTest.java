package dev.torchffm.internal.loading;

import static dev.torchffm.internal.loading.LibtorchClient.FINE;
import static dev.torchffm.internal.loading.LibtorchClient.fromJars;
import static dev.torchffm.internal.loading.LibtorchClient.unpacked;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.ChildJvm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How libtorch is unpacked: once, again when incomplete, by several processes. Each in a JVM of its own. */
final class UnpackerTest {

    @TempDir
    private Path folder = Path.of("");

    @Test
    void unpackerRunsOnceAndAgainWhenIncomplete() throws Exception {
        assertEquals(FINE, fromJars(folder).run(LibtorchClient.class));
        Path torch = unpacked(folder, "libtorch_cpu.so");
        FileTime written = Files.getLastModifiedTime(torch);
        assertEquals(FINE, fromJars(folder).run(LibtorchClient.class));
        assertEquals(written, Files.getLastModifiedTime(torch));

        long whole = Files.size(unpacked(folder, "libc10.so"));
        try (var channel = FileChannel.open(unpacked(folder, "libc10.so"), StandardOpenOption.WRITE)) {
            channel.truncate(whole / 2);
        }
        Files.writeString(torch.resolveSibling("libtorch_cpu.so.part"), "half");
        assertEquals(FINE, fromJars(folder).run(LibtorchClient.class));
        assertEquals(whole, Files.size(unpacked(folder, "libc10.so")));
        assertTrue(Files.notExists(torch.resolveSibling("libtorch_cpu.so.part")));
        assertEquals(written, Files.getLastModifiedTime(torch));
    }

    private static void assertRefused(ChildJvm child, String text) throws Exception {
        ChildJvm.Result result = child.run(LibtorchClient.class);
        assertEquals(3, result.exitCode(), result.output());
        assertTrue(result.output().contains(text), result.output());
    }

    @Test
    void cacheIsReadableAndItsFilesMustBeOurs() throws Exception {
        assertEquals(FINE, fromJars(folder).umask("077").run(LibtorchClient.class));
        try (Stream<Path> files = Files.walk(folder.resolve("cache"))) {
            for (Path file : files.filter(path -> !path.endsWith(".lock")).toList()) {
                String mode = PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
                assertEquals(Files.isDirectory(file) ? "rwxr-xr-x" : "rw-r--r--", mode, file.toString());
            }
        }

        Path planted = unpacked(folder, "libgfortran.so.5");
        Files.setPosixFilePermissions(planted, PosixFilePermissions.fromString("rw-rw-rw-"));
        assertRefused(fromJars(folder), planted.toRealPath() + " may be written by every user, who could");
        Files.setPosixFilePermissions(planted, PosixFilePermissions.fromString("rw-r--r--"));
        Files.setPosixFilePermissions(planted.getParent(), PosixFilePermissions.fromString("rwxrwxrwx"));
        assertRefused(fromJars(folder), planted.getParent().toRealPath() + " may be written by every user, who could");
        Files.setPosixFilePermissions(planted.getParent(), PosixFilePermissions.fromString("rwxr-xr-x"));

        assertEquals(FINE, fromJars(folder).option("-Ddev.torchffm.verify=true").run(LibtorchClient.class));
        Path torch = unpacked(folder, "libtorch_cpu.so");
        try (var channel = FileChannel.open(torch, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(1 << 24), Files.size(torch) / 2);
        }
        assertRefused(
                fromJars(folder).option("-Ddev.torchffm.verify=true"),
                torch.toRealPath() + " has another hash than SHA256SUMS beside it says: it was changed. Delete");
    }

    @Test
    void hashesAreThoseOfSha256sum() throws Exception {
        assertEquals(FINE, fromJars(folder).run(LibtorchClient.class));
        Path list = unpacked(folder, "SHA256SUMS");
        assertEquals(
                Platform.CURRENT.libraries().size(), Files.readAllLines(list).size());
        var check = new ProcessBuilder("sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS")
                .directory(list.getParent().toFile())
                .inheritIO();
        assertEquals(0, check.start().waitFor());

        Path torch = list.resolveSibling("libtorch_cpu.so");
        FileTime written = Files.getLastModifiedTime(torch);
        Files.delete(list); // as where the process was killed before the end
        assertEquals(FINE, fromJars(folder).run(LibtorchClient.class));
        assertTrue(Files.exists(list));
        assertNotEquals(written, Files.getLastModifiedTime(torch));
    }

    @Test
    void cacheWithoutAHomeIsPrivate() throws Exception {
        Path work = Files.createDirectory(folder.resolve("work"));
        var child = new ChildJvm(work)
                .withoutLibtorchProperty()
                .variable("XDG_CACHE_HOME", "")
                .option("-Duser.home=?")
                .option("-Djava.io.tmpdir=" + folder);
        assertEquals(FINE, child.run(LibtorchClient.class));
        Path cache = folder.resolve("torch-ffm-" + Ownership.user());
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(cache)));
        try (Stream<Path> files = Files.walk(cache)) {
            assertTrue(files.anyMatch(file -> file.endsWith("libtorch_cpu.so")));
        }
        try (Stream<Path> files = Files.list(work)) {
            assertTrue(files.allMatch(file -> file.toString().endsWith(".txt")), "only the child's output");
        }
    }

    @Test
    void shimOfAJarIsUnpackedAgainAndLeavesNothing() throws Exception {
        String name = "dev/torchffm/internal/" + Platform.CURRENT.name() + "/" + Platform.CURRENT.shim();
        Path built = Path.of("target/classes", name);
        Path jar = folder.resolve("shim.jar");
        try (var zip = new ZipOutputStream(Files.newOutputStream(jar))) {
            zip.putNextEntry(new ZipEntry(name));
            Files.copy(built, zip);
        }
        var child = new ChildJvm(folder)
                .classPathFirst(jar)
                .option("-Ddev.torchffm.cache=" + folder.resolve("cache"))
                .umask("077");
        assertEquals(FINE, child.run(LibtorchClient.class));
        Path shim = unpacked(folder, Platform.CURRENT.shim());
        assertEquals("rw-r--r--", PosixFilePermissions.toString(Files.getPosixFilePermissions(shim)));
        Path leftover = Files.writeString(shim.resolveSibling("killed.part"), "half");
        Files.writeString(shim, "half");
        assertEquals(FINE, child.run(LibtorchClient.class));
        assertEquals(-1, Files.mismatch(built, shim));
        assertTrue(Files.notExists(leftover));
    }

    private boolean isUnpacking() throws IOException {
        if (Files.notExists(folder.resolve("cache"))) {
            return false;
        }
        try (Stream<Path> files = Files.walk(folder.resolve("cache"))) {
            return files.anyMatch(file -> file.toString().endsWith("libtorch_cpu.so.part"));
        } catch (UncheckedIOException e) {
            return false; // A file that was moved while it was looked at.
        }
    }

    @Test
    void unpackerRunsInProcessesAtOnceAndIsKilled() throws Exception {
        Process killed = fromJars(folder).start(folder.resolve("killed.txt"), LibtorchClient.class);
        while (killed.isAlive() && !isUnpacking()) {
            killed.waitFor(1, TimeUnit.MILLISECONDS);
        }
        killed.destroyForcibly().waitFor();
        assertNotEquals(0, killed.exitValue());
        var outputs = new ArrayList<Path>();
        var processes = new ArrayList<Process>();
        for (int i = 0; i < 3; i++) {
            outputs.add(folder.resolve("output" + i));
            processes.add(fromJars(folder).start(outputs.get(i), LibtorchClient.class));
        }
        for (int i = 0; i < 3; i++) {
            assertTrue(processes.get(i).waitFor(2, TimeUnit.MINUTES));
            assertEquals(FINE.output(), Files.readString(outputs.get(i)));
        }
    }
}
