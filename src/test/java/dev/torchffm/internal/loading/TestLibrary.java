package dev.torchffm.internal.loading;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.torchffm.Torch;
import dev.torchffm.bindings.TorchFfm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Libraries that a test compiles. */
final class TestLibrary {

    private TestLibrary() {}

    /** A library from a line of C. */
    static void compile(Path library, String line, String... options) throws IOException, InterruptedException {
        Path source = Files.writeString(Files.createTempFile("source", ".c"), line + "\n");
        var command = new ArrayList<>(List.of("cc", "-shared", "-fPIC", "-o", library.toString(), source.toString()));
        command.addAll(List.of(options));
        assertEquals(0, new ProcessBuilder(command).inheritIO().start().waitFor());
        Files.delete(source);
    }

    /** A shim that has nothing but an ABI number. */
    static void compileShim(Path library, int abi) throws IOException, InterruptedException {
        String line = "int tffm_abi_version(int *version) { *version = " + abi + "; return 0; }";
        compile(library, line, "-Wl,-soname," + Platform.CURRENT.shim());
    }

    /** The number of these classes. */
    static int abi() {
        Torch.libtorchVersion(); // loads the shim, which the bindings ask for
        return TorchFfm.TFFM_ABI();
    }
}
