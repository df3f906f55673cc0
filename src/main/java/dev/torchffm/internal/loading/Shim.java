package dev.torchffm.internal.loading;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.torchffm.bindings.TorchFfm;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.zip.CRC32;

/**
 * The shim, one a process. {@link TorchFfm} finds it among the libraries that are loaded by the name that it bears in
 * itself, so that class must not be initialised before.
 */
final class Shim {

    private static final String NAME = Platform.CURRENT.shim();

    private static final String ABI = "tffm_abi_version";

    private Shim() {}

    /** Takes the one that the process has, if it has one. */
    static boolean isLoaded() {
        Optional<SharedLibrary> shim = SharedLibrary.loaded(NAME);
        if (shim.isEmpty()) {
            return false;
        }
        OptionalInt abi = abi(shim.get());
        if (abi.isEmpty() || abi.getAsInt() != TorchFfm.TFFM_ABI()) {
            throw new UnsatisfiedLinkError("this process has loaded the shim "
                    + shim.get().find(ABI).map(SystemLoader::file).orElse(NAME) + ", which has " + text(abi)
                    + ", and torch-ffm's classes in " + classes() + " need number " + TorchFfm.TFFM_ABI()
                    + "; all class loaders of a process share one shim: let them have the same torch-ffm, and start"
                    + " the process again where it was exchanged");
        }
        return true;
    }

    /** Loads this torch-ffm's own. */
    static void load() throws IOException {
        Path file = file();
        SharedLibrary shim = SharedLibrary.load(file);
        OptionalInt abi = abi(shim);
        if (abi.isEmpty() || SharedLibrary.loaded(NAME).isEmpty()) {
            throw otherBuild(file, abi.isEmpty() ? text(abi) : "another name in itself");
        }
        if (abi.getAsInt() != TorchFfm.TFFM_ABI()) {
            throw otherBuild(file, text(abi) + ", and torch-ffm's classes need number " + TorchFfm.TFFM_ABI());
        }
    }

    private static UnsatisfiedLinkError otherBuild(Path file, String found) {
        return new UnsatisfiedLinkError(
                "the shim " + file + " has " + found + "; the shim and the classes must be built together");
    }

    private static String text(OptionalInt abi) {
        return abi.isPresent() ? "ABI number " + abi.getAsInt() : "no ABI number";
    }

    private static OptionalInt abi(SharedLibrary shim) {
        Optional<MemorySegment> function = shim.find(ABI);
        if (function.isEmpty()) {
            return OptionalInt.empty();
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment version = arena.allocate(JAVA_INT);
            int _ = (int) Linker.nativeLinker()
                    .downcallHandle(function.get(), FunctionDescriptor.of(JAVA_INT, ADDRESS))
                    .invokeExact(version);
            return OptionalInt.of(version.get(JAVA_INT, 0));
        } catch (Throwable e) {
            throw new AssertionError(e); // it throws nothing
        }
    }

    /** Where these classes lie. */
    private static String classes() {
        return String.valueOf(Shim.class.getResource("Shim.class")).replaceAll("!?/dev/torchffm/.*|^(jar:)?file:", "");
    }

    /** The shim as a file: the built one, or a copy of the one in the jar, in a folder named by its checksum. */
    private static Path file() throws IOException {
        String platform = Platform.CURRENT.name();
        URL url = Unpacker.find("dev/torchffm/internal/" + platform + "/" + NAME);
        if (url == null) {
            throw new UnsatisfiedLinkError("there is no shim for " + platform + ": torch-ffm's jar was built on another"
                    + " platform; build it on this one, or add the jar with the classifier " + platform);
        }
        if (url.getProtocol().equals("file")) {
            return Path.of(URI.create(url.toString()));
        }
        byte[] content;
        try (InputStream in = Unpacker.open(url)) {
            content = in.readAllBytes();
        }
        var crc = new CRC32();
        crc.update(content);
        String checksum = HexFormat.of().toHexDigits((int) crc.getValue());
        try {
            Path folder = Cache.makeFolder(Cache.folder().resolve("shim-" + platform + "-" + checksum));
            Path file = folder.resolve(NAME);
            if (!Files.isRegularFile(file) || !Arrays.equals(Files.readAllBytes(file), content)) {
                Cache.writeAlone(folder, () -> Cache.write(file, out -> out.write(content)));
            }
            Ownership.require(file, folder.getParent());
            return file;
        } catch (IOException e) {
            throw new IOException(Reason.of(e) + Libraries.OTHER_CACHE, e);
        }
    }
}
