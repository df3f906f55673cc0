package dev.torchffm.internal.loading;

import static dev.torchffm.internal.loading.LibtorchClient.FINE;
import static dev.torchffm.internal.loading.LibtorchClient.fromJars;
import static dev.torchffm.internal.loading.LibtorchClient.unpacked;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.ChildJvm;
import dev.torchffm.Tensor;
import dev.torchffm.TorchException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Loading on threads in any state, failures that pass, and what they say. Each in a JVM of its own. */
final class LoadingTest {

    @TempDir
    private Path folder = Path.of("");

    /** Makes the first tensor on an interrupted thread. */
    static final class Interrupted {
        static void main() {
            Thread.currentThread().interrupt();
            LibtorchClient.main(new String[0]);
            System.out.println(Thread.interrupted());
        }
    }

    @Test
    void interruptedThreadLoadsAndStaysInterrupted() throws Exception {
        ChildJvm.Result result = fromJars(folder).run(Interrupted.class);
        assertEquals(FINE.output() + "true\n", result.output());
    }

    /** Prints a failure, takes its cause away, and makes a tensor. */
    static final class Again {
        static void main(String[] blocking) throws IOException {
            try {
                Tensor.of(1f);
            } catch (TorchException e) {
                System.out.println(e.getMessage());
            }
            Files.delete(Path.of(blocking[0]));
            LibtorchClient.main(new String[0]);
        }
    }

    @Test
    void failureOfFilesIsNotKept() throws Exception {
        Path cache = Files.createFile(folder.resolve("cache"));
        ChildJvm.Result result = fromJars(folder).variable("LC_ALL", "C").run(Again.class, cache.toString());
        String unpacked = result.output().replaceAll("(?s)^.*(" + cache + "/libtorch-[\\w-]+).*$", "$1");
        assertEquals(
                "libtorch cannot be loaded: " + unpacked
                        + ": Not a directory. Another folder for unpacked files is named by -Ddev.torchffm.cache=FOLDER\n"
                        + FINE.output(),
                result.output());
    }

    @Test
    void refusalOfAFileIsNotKept() throws Exception {
        assertEquals(FINE, fromJars(folder).run(LibtorchClient.class));
        Path planted = unpacked(folder, "libgfortran.so.5");
        Files.setPosixFilePermissions(planted, PosixFilePermissions.fromString("rw-rw-rw-"));
        String output = fromJars(folder).run(Again.class, planted.toString()).output();
        assertTrue(output.contains("Delete it, so that it is made again. Another folder for unpacked files"), output);
        assertTrue(output.endsWith(FINE.output()), output);
    }

    @Test
    void failuresOfFilesAndMemoryMayPass() {
        UnsatisfiedLinkError noThread = Libraries.failure(new OutOfMemoryError("unable to create native thread"));
        assertEquals(
                "libtorch cannot be loaded: the JVM has no room: unable to create native thread",
                noThread.getMessage());
        assertTrue(Libraries.mayPass(noThread));
        assertTrue(Libraries.mayPass(new UnsatisfiedLinkError().initCause(new IOException())));
        assertFalse(Libraries.mayPass(new UnsatisfiedLinkError()));
        assertFalse(Libraries.mayPass(new IllegalArgumentException()));
    }

    // ---- the end of the process ----

    /** Ends while another thread loads libtorch. */
    static final class Ending {
        static void main(String[] way) throws IOException {
            Thread.ofPlatform().daemon().start(() -> {
                try {
                    Tensor.of(1f);
                } catch (TorchException e) {
                    if (!e.getMessage().endsWith("the process is ending")) {
                        throw e;
                    }
                }
            });
            while (!isLoading()) {
                Thread.onSpinWait();
            }
            if (way[0].equals("exit")) {
                System.exit(0);
            }
        }

        private static boolean isLoading() throws IOException {
            try (Stream<String> mappings = Files.lines(Path.of("/proc/self/maps"))) {
                return mappings.anyMatch(line -> line.endsWith(Platform.CURRENT.torch()));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"exit", "return"})
    void processMayEndWhileItLoads(String way) throws Exception {
        for (int i = 0; i < 4; i++) {
            assertEquals(new ChildJvm.Result(0, ""), new ChildJvm(folder).run(Ending.class, way));
        }
    }

    /** Makes the first tensor when the process ends. */
    static final class AtTheEnd {
        static void main() {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                try {
                    System.out.println(Tensor.of(1f));
                } catch (TorchException e) {
                    System.out.println(e.getMessage());
                }
            }));
        }
    }

    @Test
    void processThatEndsLoadsNothing() throws Exception {
        ChildJvm.Result result = new ChildJvm(folder).run(AtTheEnd.class);
        assertEquals(new ChildJvm.Result(0, "libtorch cannot be loaded: the process is ending\n"), result);
    }

    // ---- what failures say ----

    private static String line(ChildJvm child) throws Exception {
        ChildJvm.Result result = child.run(LibtorchClient.class);
        assertEquals(3, result.exitCode(), result.output());
        assertEquals(1, result.output().lines().count(), result.output());
        return result.output();
    }

    @Test
    void reasonsNameTheFile() {
        for (IOException e : List.of(
                new NoSuchFileException("/f"), new AccessDeniedException("/f"), new FileAlreadyExistsException("/f"))) {
            assertTrue(Reason.of(e).matches("/f:? .*\\w{4}.*"), Reason.of(e));
        }
        assertEquals("/f: Not a directory", Reason.of(new FileSystemException("/f", null, "Not a directory")));
        assertEquals("java.io.IOException", Reason.of(new IOException()));
        assertEquals("the JVM has no room: heap", Reason.of(new OutOfMemoryError("heap")));
    }

    @Test
    void cacheThatCannotBeMadeIsNamed() throws Exception {
        String line = line(fromJars(folder).option("-Ddev.torchffm.cache=/proc/nope"));
        assertTrue(line.contains("cannot be loaded: /proc/nope"), line);
        assertTrue(line.contains(": there is no such file or folder, and none can be made there. Another"), line);
    }

    @Test
    void cacheWithoutRoomIsToldItsBytes() throws Exception {
        String line = line(fromJars(folder).variable("LC_ALL", "C").maxFileBytes(1 << 20));
        assertTrue(line.contains("/cache/libtorch-" + Platform.CURRENT.name()), line);
        assertTrue(
                line.matches("(?s).*: File too large\\. All libraries take \\d{9} bytes there\\. Another folder.*"),
                line);
    }

    /** Prints the stack trace of a failure. */
    static final class Tracing {
        static void main() {
            try {
                Tensor.of(1f);
            } catch (TorchException e) {
                var trace = new StringWriter();
                e.printStackTrace(new PrintWriter(trace));
                System.out.println(trace);
            }
        }
    }

    @Test
    void stackTraceHasTheRemediesOnce() throws Exception {
        String trace = fromJars(folder).withoutNativeJars().run(Tracing.class).output();
        assertEquals(2, trace.split("libtorch is looked for in this order", -1).length, trace);
    }
}
