package dev.torchffm.internal.loading;

import java.util.List;
import java.util.Locale;

/**
 * What differs between platforms: their names and the files of the libraries.
 *
 * @param name the classifier of the native jars, such as {@code linux-x86_64}
 * @param libraries libtorch's libraries, in the order in which they are loaded
 * @param torch the library among them that holds libtorch itself
 * @param shim the shim's file name
 */
record Platform(String name, List<String> libraries, String torch, String shim) {

    static final Platform CURRENT = of(System.getProperty("os.name"), System.getProperty("os.arch"));

    static Platform of(String os, String arch) {
        String family = os.toLowerCase(Locale.ROOT);
        if (family.startsWith("linux") && (arch.equals("amd64") || arch.equals("x86_64"))) {
            return new Platform(
                    "linux-x86_64",
                    List.of(
                            "libquadmath.so.0",
                            "libgfortran.so.5",
                            "libopenblas.so.0",
                            "libgomp.so.1",
                            "libc10.so",
                            "libtorch_cpu.so",
                            "libtorch.so"),
                    "libtorch_cpu.so",
                    "libtorch_ffm.so");
        }
        if (family.startsWith("mac") && arch.equals("aarch64")) {
            return new Platform(
                    "macosx-arm64",
                    List.of(
                            "libquadmath.0.dylib",
                            "libgfortran.5.dylib",
                            "libopenblas.0.dylib",
                            "libomp.dylib",
                            "libc10.dylib",
                            "libtorch_cpu.dylib",
                            "libtorch.dylib"),
                    "libtorch_cpu.dylib",
                    "libtorch_ffm.dylib");
        }
        throw new UnsatisfiedLinkError("torch-ffm does not support os.name=" + os + ", os.arch=" + arch
                + "; it supports linux-x86_64 and macosx-arm64");
    }
}
