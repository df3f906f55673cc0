package dev.torchffm.bench;

import dev.torchffm.model.UnpackedLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** The packages of compiled models: those that {@code make} exports by Python; else the small one of the tests. */
final class Models {

    private static final Path EXPORTED = Path.of("target", "bench", "models");
    private static final Path OF_TESTS = Path.of("src", "test", "resources", "dev", "torchffm", "model");

    private Models() {}

    /** {@return those that can be measured here} */
    static Set<Operation> present() {
        Set<Operation> present = EnumSet.noneOf(Operation.class);
        for (Operation operation : Operation.values()) {
            if (operation.group == Group.MODELS && Files.exists(file(operation))) {
                present.add(operation);
            }
        }
        return present;
    }

    static Path file(Operation operation) {
        Path exported = EXPORTED.resolve(operation + ".pt2");
        String platform = System.getProperty("os.name") + " " + System.getProperty("os.arch");
        return platform.toLowerCase(Locale.ROOT).equals("linux amd64") && Files.notExists(exported)
                ? OF_TESTS.resolve(operation + ".pt2")
                : exported;
    }

    /** Puts the packages' libraries where the C program looks for them. */
    static void unpack() throws IOException {
        for (Operation operation : present()) {
            UnpackedLibrary.write(file(operation), Path.of("target", "bench", operation + ".so"));
        }
    }
}
