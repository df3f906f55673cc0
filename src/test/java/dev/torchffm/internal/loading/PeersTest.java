package dev.torchffm.internal.loading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * JavaCPP's presets and DJL in one process with torch-ffm. Their jars are in target/older, which bring another libtorch,
 * and in target/same, JavaCPP's of our version. The child compiles a source file against them. No test uses memory
 * whose owner was deallocated: that is undefined, and left to the user to avoid.
 */
@Tag("soak")
final class PeersTest {

    private static final Path UNPACKED = Path.of("target", "unpacked").toAbsolutePath();

    private static final Path OURS =
            Path.of(System.getProperty(Libraries.LIBTORCH_PROPERTY)).toAbsolutePath();

    @TempDir
    private Path folder = Path.of("");

    /** A child with the jars of a folder of target, which are unpacked into a cache. */
    private ChildJvm child(String jars, Path cache) throws IOException {
        ChildJvm child = new ChildJvm(folder)
                .option("--sun-misc-unsafe-memory-access=allow")
                .option("-Dorg.bytedeco.javacpp.cachedir=" + cache)
                .option("-DDJL_CACHE_DIR=" + cache)
                .option("-Dai.djl.offline=true")
                .option("-DOPT_OUT_TRACKING=true");
        try (Stream<Path> files = Files.list(Path.of("target", jars))) {
            files.forEach(jar -> child.classPathFirst(jar.toAbsolutePath()));
        }
        return child;
    }

    private static Path source(String name) {
        return Path.of("src/test/resources/peers", name).toAbsolutePath();
    }

    private ChildJvm.Result run(String... libraries) throws Exception {
        var child = child("older", UNPACKED.resolve("older")).withoutNativeJars();
        return child.run(source("Peers.java"), libraries);
    }

    @ParameterizedTest
    @ValueSource(strings = {"JavaCPP", "DJL"})
    void torchFfmIsRefusedWhereAPeerIsFirst(String peer) throws Exception {
        ChildJvm.Result result = run(peer, "torch-ffm", peer);
        assertEquals(3, result.exitCode(), result.output());
        String works = peer + " 4.0\n";
        assertTrue(result.output().startsWith(works) && result.output().endsWith(works), result.output());
        for (String part : new String[] {
            "torch-ffm dev.torchffm.TorchException: libtorch cannot be loaded: another libtorch is loaded in this process, "
                    + UNPACKED.resolve("older"),
            "torch-ffm would load " + OURS.resolve(Platform.CURRENT.torch()),
            "leave out the library that brought it (JavaCPP's presets, DJL)",
            "let both use it by -Ddev.torchffm.libtorch=" + UNPACKED.resolve("older")
        }) {
            assertTrue(result.output().contains(part), part + " in " + result.output());
        }
    }

    /** torch-ffm cannot keep a peer from loading over it: then DJL throws, and JavaCPP's libtorch 2.10 ends the process. */
    @ParameterizedTest
    @ValueSource(strings = {"JavaCPP", "DJL"})
    void peerFailsWhereTorchFfmIsFirst(String peer) throws Exception {
        ChildJvm.Result result = run("torch-ffm", peer);
        assertTrue(result.output().startsWith("torch-ffm 4.0\n"), result.output());
        assertNotEquals(0, result.exitCode(), result.output());
        assertFalse(result.output().contains(peer + " 4.0"), result.output());
    }

    /** A child in which JavaCPP's presets of our version load torch-ffm's libtorch. */
    private ChildJvm childOverOurs() throws IOException {
        return child("same", UNPACKED.resolve("ours"))
                .option("-Dorg.bytedeco.javacpp.pathsFirst=true")
                .option("-Djava.library.path=" + OURS);
    }

    private static void assertShared(ChildJvm child, String first) throws Exception {
        ChildJvm.Result result = child.run(source("Shared.java"), first);
        assertEquals(0, result.exitCode(), result.output());
        assertTrue(result.output().endsWith("shared\n"), result.output());
    }

    @ParameterizedTest
    @ValueSource(strings = {"JavaCPP", "torch-ffm"})
    void javaCppOfOurVersionUsesTorchFfmsFolder(String first) throws Exception {
        assertShared(childOverOurs(), first);
    }

    @Test
    void eitherTensorOverOneMemoryMayGoFirst() throws Exception {
        ChildJvm.Result result = childOverOurs().run(source("Lifetimes.java"));
        assertEquals(0, result.exitCode(), result.output());
        assertTrue(result.output().endsWith("""
                a fence keeps JavaCPP's owner, and nothing else does
                JavaCPP's memory outlives our arena
                our memory outlives JavaCPP's tensor
                """), result.output());
    }

    @Test
    void torchFfmUsesJavaCppsFolderOfOurVersion() throws Exception {
        Path cache = UNPACKED.resolve("same");
        // Only unpacks: where the system has a libtorch of its own, JavaCPP's first run takes to that one and crashes.
        child("same", cache).run(source("Shared.java"), "JavaCPP");
        ChildJvm.Result refused = child("same", cache).run(source("Shared.java"), "JavaCPP");
        assertEquals(1, refused.exitCode(), refused.output());
        Matcher remedy =
                Pattern.compile("-Ddev.torchffm.libtorch=" + cache + "\\S+").matcher(refused.output());
        assertTrue(remedy.find(), refused.output());
        for (String first : new String[] {"JavaCPP", "torch-ffm"}) {
            assertShared(child("same", cache).withoutLibtorchProperty().option(remedy.group()), first);
        }
    }
}
