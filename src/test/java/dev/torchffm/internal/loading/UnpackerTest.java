package dev.torchffm.internal.loading;

import static dev.torchffm.internal.loading.LibtorchClient.FINE;
import static dev.torchffm.internal.loading.LibtorchClient.fromJars;
import static dev.torchffm.internal.loading.LibtorchClient.unpacked;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
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
