package dev.torchffm.internal.loading;

import static dev.torchffm.internal.loading.LibtorchClient.FINE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.ChildJvm;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** System properties: which values are taken, and what a wrong one is told. Each in a JVM of its own. */
final class SettingsTest {

    @TempDir
    private Path folder = Path.of("");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-Ddev.torchffm.kernels=shmi",
                "-Ddev.torchffm.recycled=-1",
                "-Ddev.torchffm.recycled=1G",
                "-Ddev.torchffm.verify=yes",
            })
    void settingsTellAWrongValue(String option) throws Exception {
        ChildJvm.Result result = new ChildJvm(folder).option(option).run(LibtorchClient.class);
        String property = option.substring("-D".length(), option.indexOf('='));
        String value = option.substring(option.indexOf('=') + 1);
        assertEquals(3, result.exitCode(), result.output());
        assertTrue(
                result.output().contains("the system property " + property + " is \"" + value + "\", and must be "),
                result.output());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"-Ddev.torchffm.kernels=SHIM", "-Ddev.torchffm.kernels=libtorch", "-Ddev.torchffm.recycled=0"})
    void settingsTakeARightValue(String option) throws Exception {
        assertEquals(FINE, new ChildJvm(folder).option(option).run(LibtorchClient.class));
    }
}
