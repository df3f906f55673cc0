package dev.torchffm.internal.loading;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What differs between platforms: their names and the files of the libraries.
 *
 * @param name the classifier of the native jars, such as {@code linux-x86_64}
 * @param openblas OpenBLAS and, before it, what it needs
 * @param libtorch the library that holds libtorch itself and, before it, what it needs
 * @param umbrella the library that holds nothing, and needs all of libtorch, with CUDA's libraries where there are some
 * @param shim the shim's file name
 */
record Platform(String name, List<String> openblas, List<String> libtorch, String umbrella, String shim) {

    static final Platform CURRENT = of(System.getProperty("os.name"), System.getProperty("os.arch"));

    static Platform of(String os, String arch) {
        String family = os.toLowerCase(Locale.ROOT);
        if (family.startsWith("linux") && (arch.equals("amd64") || arch.equals("x86_64"))) {
            return new Platform(
                    "linux-x86_64",
                    List.of("libquadmath.so.0", "libgfortran.so.5", "libopenblas.so.0"),
                    List.of("libgomp.so.1", "libc10.so", "libtorch_cpu.so"),
                    "libtorch.so",
                    "libtorch_ffm.so");
        }
        if (family.startsWith("mac") && arch.equals("aarch64")) {
            return new Platform(
                    "macosx-arm64",
                    List.of("libquadmath.0.dylib", "libgfortran.5.dylib", "libopenblas.0.dylib"),
                    List.of("libomp.dylib", "libc10.dylib", "libtorch_cpu.dylib"),
                    "libtorch.dylib",
                    "libtorch_ffm.dylib");
        }
        throw new UnsatisfiedLinkError("torch-ffm does not support os.name=" + os + ", os.arch=" + arch
                + "; it supports linux-x86_64 and macosx-arm64");
    }

    /** The library that holds libtorch itself. */
    String torch() {
        return libtorch.getLast();
    }

    /** All libraries, also the one that only other users of libtorch ask for. */
    List<String> libraries() {
        return Stream.of(openblas, libtorch, List.of(umbrella))
                .flatMap(List::stream)
                .toList();
    }

    /**
     * The libraries of a folder that must be loaded, in this order. A libtorch without OpenBLAS may lie beside some that
     * OpenBLAS would need, which are for others.
     */
    List<Path> needed(Path folder) {
        boolean hasOpenblas = Files.exists(folder.resolve(openblas.getLast()));
        return Stream.concat(hasOpenblas ? openblas.stream() : Stream.empty(), libtorch.stream())
                .map(folder::resolve)
                .filter(Files::exists)
                .toList();
    }
}
