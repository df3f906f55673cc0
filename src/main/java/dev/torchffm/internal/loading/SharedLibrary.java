package dev.torchffm.internal.loading;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One that this process has loaded, for all class loaders and until it ends: libtorch cannot be unloaded. Java's own way,
 * {@code System.load}, gives a library to one class loader only.
 *
 * @param handle what the system's loader knows it by
 */
record SharedLibrary(MemorySegment handle) {

    /** What the system's loader says of a library that another one needs. */
    private static final Pattern MISSING = Pattern.compile("(\\S+): cannot open shared object file");

    /**
     * Loads a library.
     *
     * @throws UnsatisfiedLinkError when it cannot be loaded; its message names what is missing and the remedy
     * @throws IOException when that fails, and may not fail again
     * @throws IllegalStateException when the process is ending
     */
    static SharedLibrary load(Path library) throws IOException {
        Path real = library.toRealPath();
        if (Platform.CURRENT.name().startsWith("linux")) {
            Elf.requireWhole(real);
        }
        var loaded = new CountDownLatch(1);
        Thread end = waiting(loaded);
        try {
            Runtime.getRuntime().addShutdownHook(end);
        } catch (IllegalStateException e) {
            throw new IllegalStateException("the process is ending", e);
        }
        try {
            MemorySegment handle = SystemLoader.open(real.toString());
            if (handle.address() == 0) {
                throw refused(real, SystemLoader.failure());
            }
            return new SharedLibrary(handle);
        } finally {
            loaded.countDown();
            removeHook(end);
        }
    }

    /** Where the process ends meanwhile, libraries that are half made would be unmade: so its end waits. */
    private static Thread waiting(CountDownLatch loaded) {
        return new Thread(() -> {
            try {
                loaded.await();
            } catch (InterruptedException _) {
                // Nobody knows this thread.
            }
        });
    }

    /** A hook would keep this class loader for as long as the process lives. */
    private static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException _) {
            // The process is ending.
        }
    }

    /** The one of a name that the process has loaded, whoever did. */
    static Optional<SharedLibrary> loaded(String name) {
        MemorySegment handle = SystemLoader.loaded(name);
        return handle.address() == 0 ? Optional.empty() : Optional.of(new SharedLibrary(handle));
    }

    /** A function of it, or of a library that it needs. */
    Optional<MemorySegment> find(String function) {
        MemorySegment found = SystemLoader.find(handle, function);
        return found.address() == 0 ? Optional.empty() : Optional.of(found);
    }

    private static UnsatisfiedLinkError refused(Path library, String reason) throws IOException {
        Matcher missing = MISSING.matcher(reason);
        if (missing.find()) {
            return new UnsatisfiedLinkError(needs(library, missing.group(1)));
        }
        // It may pass, as a lack of memory does.
        throw new IOException((reason.startsWith(library.toString()) ? "" : library + ": ")
                + reason
                + (reason.contains("failed to map segment")
                        ? ": the file system of " + library.getParent() + " may be mounted noexec"
                        : ""));
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
}
