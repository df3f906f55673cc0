package dev.torchffm.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * JavaCPP's presets and DJL in one process with torch-ffm. The jars of those that bring another libtorch lie in
 * target/older, those of the presets of ours in target/same; the child compiles a source file against them.
 */
@Tag("soak")
final class PeersTest {

    @TempDir
    private static Path unpacked = Path.of("");

    @TempDir
    private Path folder = Path.of("");

    private ChildJvm child(String jars) throws IOException {
        ChildJvm child = new ChildJvm(folder)
                .option("--sun-misc-unsafe-memory-access=allow")
                .option("-Dorg.bytedeco.javacpp.cachedir=" + unpacked.resolve("javacpp"))
                .option("-DDJL_CACHE_DIR=" + unpacked.resolve("djl"))
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
        return child("older").run(source("Peers.java"), libraries);
    }

    @ParameterizedTest
    @ValueSource(strings = {"JavaCPP", "DJL"})
    void whereAPeerIsFirstTorchFfmIsRefusedAndThePeerGoesOn(String peer) throws Exception {
        ChildJvm.Result result = run(peer, peer, "torch-ffm");
        assertEquals(3, result.exitCode(), result.output());
        Path ours = Path.of(System.getProperty(Libraries.LIBTORCH_PROPERTY)).toAbsolutePath();
        for (String part : new String[] {
            peer + " 4.0\n" + peer + " 4.0\ntorch-ffm dev.torchffm.TorchException: libtorch cannot be loaded: ",
            "another libtorch is loaded in this process, " + unpacked.toRealPath(),
            "would load " + ours.resolve(Platform.CURRENT.torch()),
            "leave out the library that brought it (JavaCPP's presets, DJL)",
            "name its folder by -Ddev.torchffm.libtorch=" + unpacked.toRealPath()
        }) {
            assertTrue(result.output().contains(part), part + " in " + result.output());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"JavaCPP", "DJL"})
    void whereTorchFfmIsFirstThePeerFails(String peer) throws Exception {
        ChildJvm.Result result = run("torch-ffm", peer);
        System.out.println(result);
        assertTrue(result.output().startsWith("torch-ffm 4.0\n"), result.output());
        assertNotEquals(0, result.exitCode(), result.output());
    }

    private static ChildJvm.Result shared(ChildJvm child, String first) throws Exception {
        return child.run(source("Shared.java"), first);
    }

    @ParameterizedTest
    @ValueSource(strings = {"JavaCPP", "torch-ffm"})
    void javaCppsPresetsOfOurVersionUseTorchFfmsFolder(String first) throws Exception {
        Path ours = Path.of(System.getProperty(Libraries.LIBTORCH_PROPERTY)).toAbsolutePath();
        var child = child("same")
                .option("-Dorg.bytedeco.javacpp.pathsFirst=true")
                .option("-Dorg.bytedeco.javacpp.platform.preloadpath=" + ours)
                .option("-Djava.library.path=" + ours);
        ChildJvm.Result result = shared(child, first);
        System.out.println(result);
        assertEquals(new ChildJvm.Result(0, "shared\n"), result);
    }

    @Test
    void torchFfmUsesTheFolderOfJavaCppsPresetsOfOurVersion() throws Exception {
        ChildJvm.Result refused = shared(child("same"), "JavaCPP");
        System.out.println(refused);
        assertEquals(1, refused.exitCode(), refused.output());
    }
}
