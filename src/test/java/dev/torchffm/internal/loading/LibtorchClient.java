package dev.torchffm.internal.loading;

import dev.torchffm.ChildJvm;
import dev.torchffm.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Makes a tensor, or prints why it cannot: for a JVM of its own. */
public final class LibtorchClient {

    /** What it prints where all is well. */
    static final ChildJvm.Result FINE = new ChildJvm.Result(0, "tensor([1., 0.])\n");

    private LibtorchClient() {}

    public static void main(String[] arguments) {
        for (String library : arguments) {
            System.load(library);
        }
        try {
            System.out.println(Tensor.of(1f, -2f).relu());
        } catch (RuntimeException e) {
            System.out.println(e);
            System.exit(3);
        }
    }

    /** A JVM that unpacks libtorch's jars into the folder. */
    static ChildJvm fromJars(Path folder) {
        return new ChildJvm(folder).withoutLibtorchProperty().option("-Ddev.torchffm.cache=" + folder.resolve("cache"));
    }

    /** Where a folder on the class path has the shim. */
    static Path shimIn(Path classes) throws IOException {
        Path platform = classes.resolve("dev/torchffm/internal").resolve(Platform.CURRENT.name());
        return Files.createDirectories(platform).resolve(Platform.CURRENT.shim());
    }

    /** Where such a JVM has put a library. */
    static Path unpacked(Path folder, String library) throws IOException {
        try (Stream<Path> files = Files.walk(folder.resolve("cache"))) {
            return files.filter(file -> file.endsWith(library)).findFirst().orElseThrow();
        }
    }
}
