package dev.torchffm.internal.loading;

import java.io.IOException;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Loads one file, and says what a failure means. */
final class SharedLibrary {

    /** What the system's loader says of a library that another one needs. */
    private static final Pattern MISSING = Pattern.compile("(\\S+): cannot open shared object file");

    /** Held while the system's loader works. */
    private static final Object LOADER = new Object();

    private static boolean ending;

    static {
        // Where the process ends meanwhile, libraries that are half made would be unmade.
        try {
            Runtime.getRuntime().addShutdownHook(new Thread(SharedLibrary::end));
        } catch (IllegalStateException _) {
            end(); // It is ending already.
        }
    }

    private SharedLibrary() {}

    private static void end() {
        synchronized (LOADER) {
            ending = true;
        }
    }

    /**
     * Loads a library.
     *
     * @throws UnsatisfiedLinkError when it cannot be loaded; its message names what is missing and the remedy
     * @throws IOException when that fails, and may not fail again
     * @throws IllegalStateException when the process is ending
     */
    static void load(Path library) throws IOException {
        Path real = library.toRealPath();
        if (Platform.CURRENT.name().startsWith("linux")) {
            Elf.requireWhole(real);
        }
        try {
            synchronized (LOADER) {
                if (ending) {
                    throw new IllegalStateException("the process is ending");
                }
                System.load(real.toString());
            }
        } catch (UnsatisfiedLinkError e) {
            String text = String.valueOf(e.getMessage());
            Matcher missing = MISSING.matcher(text);
            if (text.contains("another classloader")) {
                throw failure(
                        "another class loader of this process has loaded " + real + ", and only one may: put torch-ffm"
                                + " where all its users find it, on the class path of the application or the server",
                        e);
            }
            if (missing.find()) {
                throw failure(needs(real, missing.group(1)), e);
            }
            // It may pass, as a lack of memory does.
            throw new IOException(
                    text.contains("failed to map segment")
                            ? text + ": the file system of " + real.getParent() + " may be mounted noexec"
                            : text,
                    e);
        }
    }

    /** Folders of CUDA's libraries are known to a wheel's libraries themselves. */
    private static String needs(Path library, String missing) {
        Path folder = library.getParent();
        Path pip = folder.resolve("../../nvidia").normalize();
        return library + " needs " + missing + ", which is neither in " + folder + ", nor in " + pip
                + "/*/lib, where pip puts CUDA's libraries beside PyTorch's, nor in LD_LIBRARY_PATH or the system's"
                + " folders. Name PyTorch's torch/lib where pip has put it, or copy " + missing + " into " + folder
                + ", or take a libtorch without CUDA";
    }

    private static UnsatisfiedLinkError failure(String reason, UnsatisfiedLinkError cause) {
        var failure = new UnsatisfiedLinkError(reason);
        failure.initCause(cause);
        return failure;
    }
}
