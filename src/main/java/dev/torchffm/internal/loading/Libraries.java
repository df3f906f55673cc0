package dev.torchffm.internal.loading;

import dev.torchffm.bindings.TorchFfm;
import java.io.IOException;
import java.io.Serial;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Finds libtorch and the shim and loads them.
 *
 * <p>libtorch is looked for in this order: the system property {@code dev.torchffm.libtorch}, the environment variable
 * {@code LIBTORCH}, the process, which may have loaded one already, the native jars on the class path or the module
 * path. The first that is given is used; if it has no libtorch, loading fails and the others are not tried.
 */
public final class Libraries {

    static final String LIBTORCH_PROPERTY = "dev.torchffm.libtorch";
    static final String LIBTORCH_VARIABLE = "LIBTORCH";
    static final String CACHE_PROPERTY = "dev.torchffm.cache";
    static final String ANY_VERSION_PROPERTY = "dev.torchffm.anyVersion";

    /** The versions, major and minor, whose C++ entry points the shim calls: they are the same in each. */
    private static final List<String> VERSIONS = List.of("2.13", "2.14", "2.15");

    private static final String PLACES = String.format(
            Locale.ROOT, """
            libtorch is looked for in this order:
              1. -D%s=FOLDER, a folder with the libraries of libtorch
                 (%s), or its parent;
              2. the environment variable %s, likewise;
              3. the process: one that is loaded already, such as Python's, on Linux;
              4. the native jars org.bytedeco:pytorch and org.bytedeco:openblas with the classifier of the
                 platform on the class path or the module path. They are unpacked once into a folder of the
                 user's cache, or into that of -D%s=FOLDER.""", LIBTORCH_PROPERTY, String.join(", ", VERSIONS), LIBTORCH_VARIABLE, CACHE_PROPERTY);

    static final String OTHER_CACHE = ". Another folder for unpacked files is named by -D" + CACHE_PROPERTY + "=FOLDER";

    /** One for all class loaders, as a string in a class file is: two must not load at once. */
    static final Object PROCESS = "dev.torchffm.internal.loading";

    private Libraries() {}

    /** A failure for which it helps to know the places. */
    private static final class NotFound extends Exception {
        @Serial
        private static final long serialVersionUID = 1;

        NotFound(String reason) {
            super(reason);
        }
    }

    /**
     * Loads everything, or takes what the process has: one shim and one libtorch serve all its class loaders. Nothing is
     * lost when it is called again.
     *
     * @throws IllegalArgumentException when a system property has a wrong value
     * @throws UnsatisfiedLinkError when a library cannot be found or loaded; its message names the reason and what helps
     */
    public static void load() {
        Settings.check();
        try {
            MemorySegment.NULL.reinterpret(0); // refused where native access is denied
            synchronized (PROCESS) {
                if (!Shim.isLoaded()) {
                    loadAll();
                }
            }
        } catch (NotFound e) {
            throw failure(e.getMessage() + "\n" + PLACES, e);
        } catch (IllegalCallerException e) {
            throw failure(
                    "native access is denied; allow it by --enable-native-access=ALL-UNNAMED, or dev.torchffm on the"
                            + " module path: " + e.getMessage(),
                    e);
        } catch (IOException | RuntimeException | LinkageError | VirtualMachineError e) {
            throw failure(e instanceof ExceptionInInitializerError && e.getCause() != null ? e.getCause() : e);
        }
    }

    private static void loadAll() throws IOException, NotFound {
        Optional<Path> loaded = LoadedLibtorch.folder();
        Path folder = libtorch(loaded);
        LoadedLibtorch.refuseOtherThan(folder.resolve(Platform.CURRENT.torch()));
        if (loaded.isEmpty()) {
            SpinTime.shorten();
        }
        var libraries = new ArrayList<SharedLibrary>();
        DecimalPoint.run(() -> {
            for (Path library : Platform.CURRENT.needed(folder)) {
                libraries.add(SharedLibrary.load(library));
            }
        });
        checkVersion(libraries.getLast(), folder, loaded.isPresent());
        Shim.load();
        if (loaded.isEmpty()) { // else failures are also those of others, such as Python
            TorchFfm.tffm_omit_backtraces();
        }
    }

    /** What {@link #load} throws for a cause. */
    public static UnsatisfiedLinkError failure(Throwable cause) {
        return failure(Reason.of(cause), cause);
    }

    /** Whether a failure may pass: one of files, or of memory. */
    public static boolean mayPass(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof IOException || cause instanceof VirtualMachineError) {
                return true;
            }
        }
        return false;
    }

    private static UnsatisfiedLinkError failure(String reason, Throwable cause) {
        var failure = new UnsatisfiedLinkError("libtorch cannot be loaded: " + reason);
        failure.initCause(cause);
        return failure;
    }

    private static Path libtorch(Optional<Path> loaded) throws IOException, NotFound {
        String property = System.getProperty(LIBTORCH_PROPERTY);
        if (property != null && !property.isBlank()) {
            return named("-D" + LIBTORCH_PROPERTY, property);
        }
        String variable = System.getenv(LIBTORCH_VARIABLE);
        if (variable != null && !variable.isBlank()) {
            return named(LIBTORCH_VARIABLE, variable);
        }
        if (loaded.isPresent()) {
            return loaded.get();
        }
        Optional<Path> unpacked;
        try {
            unpacked = Unpacker.unpackInto(Cache.folder());
        } catch (IOException e) {
            throw new IOException(Reason.of(e) + OTHER_CACHE, e);
        }
        return unpacked.orElseThrow(
                () -> new NotFound("libtorch was not found: nothing names a folder, and no native jar for "
                        + Platform.CURRENT.name() + " is on the class path or the module path"));
    }

    private static Path named(String source, String folder) throws NotFound {
        for (Path candidate : new Path[] {Path.of(folder), Path.of(folder, "lib")}) {
            if (Files.isRegularFile(candidate.resolve(Platform.CURRENT.torch()))) {
                return candidate;
            }
        }
        throw new NotFound(
                source + " is " + folder + ", and neither that folder nor its lib holds " + Platform.CURRENT.torch());
    }

    /** Refuses a libtorch of another version before the shim is loaded, which relies on their C++ types. */
    private static void checkVersion(SharedLibrary libtorch, Path folder, boolean wasLoaded) {
        long version = libtorch.find("aoti_torch_abi_version")
                .map(symbol -> {
                    try {
                        return (long) Linker.nativeLinker()
                                .downcallHandle(symbol, FunctionDescriptor.of(ValueLayout.JAVA_LONG))
                                .invokeExact();
                    } catch (Throwable e) {
                        throw new AssertionError(e);
                    }
                })
                .orElse(0L);
        String found = version == 0 ? "older than 2.9" : (version >>> 56) + "." + (version >>> 48 & 0xff);
        if (!VERSIONS.contains(found) && !Boolean.getBoolean(ANY_VERSION_PROPERTY)) {
            throw new UnsatisfiedLinkError("the libtorch in " + folder
                    + (wasLoaded ? ", which the process has loaded already," : "") + " is version " + found
                    + ", and torch-ffm supports " + String.join(", ", VERSIONS) + "; -D" + ANY_VERSION_PROPERTY
                    + "=true tries it all the same, and may crash the process. "
                    + (wasLoaded
                            ? LoadedLibtorch.REMEDY
                            : "Another libtorch is named by -D" + LIBTORCH_PROPERTY + "=FOLDER"));
        }
    }
}
