package dev.torchffm.internal.loading;

import dev.torchffm.bindings.TorchFfm;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serial;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.CRC32;

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

    private static final String OTHER_CACHE =
            ". Another folder for unpacked files is named by -D" + CACHE_PROPERTY + "=FOLDER";

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
     * Loads everything. Nothing is lost when it is called again.
     *
     * @throws IllegalArgumentException when a system property has a wrong value
     * @throws UnsatisfiedLinkError when a library cannot be found or loaded; its message names the reason and what helps
     */
    public static void load() {
        Settings.check();
        try {
            Optional<Path> loaded = LoadedLibtorch.folder();
            Path folder = libtorch(loaded);
            LoadedLibtorch.refuseOtherThan(folder.resolve(Platform.CURRENT.torch()));
            if (loaded.isEmpty()) {
                SpinTime.shorten();
            }
            DecimalPoint.run(() -> {
                for (Path library : Platform.CURRENT.needed(folder)) {
                    SharedLibrary.load(library);
                }
            });
            checkVersion(folder, loaded.isPresent());
            Path shim = shim();
            SharedLibrary.load(shim);
            checkAbi(shim);
            if (loaded.isEmpty()) { // else failures are also those of others, such as Python
                TorchFfm.tffm_omit_backtraces();
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

    /** Refuses a shim that was not built together with these classes. */
    private static void checkAbi(Path shim) {
        if (SymbolLookup.loaderLookup().find("tffm_abi_version").isEmpty()) {
            throw otherAbi(shim, "no ABI number");
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment version = arena.allocate(ValueLayout.JAVA_INT);
            TorchFfm.tffm_abi_version(version);
            int found = version.get(ValueLayout.JAVA_INT, 0);
            if (found != TorchFfm.TFFM_ABI()) {
                throw otherAbi(
                        shim, "ABI number " + found + ", and torch-ffm's classes need number " + TorchFfm.TFFM_ABI());
            }
        }
    }

    private static UnsatisfiedLinkError otherAbi(Path shim, String found) {
        return new UnsatisfiedLinkError(
                "the shim " + shim + " has " + found + "; the shim and the classes must be built together");
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
    private static void checkVersion(Path folder, boolean wasLoaded) {
        long version = SymbolLookup.loaderLookup()
                .find("aoti_torch_abi_version")
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

    /** The shim as a file: the built one, or a copy of the one in the jar, in a folder named by its checksum. */
    private static Path shim() throws IOException {
        String platform = Platform.CURRENT.name();
        URL url = Unpacker.find("dev/torchffm/internal/" + platform + "/" + Platform.CURRENT.shim());
        if (url == null) {
            throw new UnsatisfiedLinkError("there is no shim for " + platform + ": torch-ffm's jar was built on another"
                    + " platform; build it on this one, or add the jar with the classifier " + platform);
        }
        if (url.getProtocol().equals("file")) {
            return Path.of(URI.create(url.toString()));
        }
        byte[] content;
        try (InputStream in = url.openStream()) {
            content = in.readAllBytes();
        }
        var crc = new CRC32();
        crc.update(content);
        String checksum = HexFormat.of().toHexDigits((int) crc.getValue());
        try {
            Path folder = Cache.makeFolder(Cache.folder().resolve("shim-" + platform + "-" + checksum));
            Path file = folder.resolve(Platform.CURRENT.shim());
            if (!Files.isRegularFile(file) || !Arrays.equals(Files.readAllBytes(file), content)) {
                Cache.writeAlone(folder, () -> Cache.write(file, out -> out.write(content)));
            }
            Ownership.require(file, folder.getParent());
            return file;
        } catch (IOException e) {
            throw new IOException(Reason.of(e) + OTHER_CACHE, e);
        }
    }
}
