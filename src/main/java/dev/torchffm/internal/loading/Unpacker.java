package dev.torchffm.internal.loading;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.net.JarURLConnection;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Finds libtorch's libraries in the native jars of the class path or the module path, and unpacks them into one folder.
 *
 * <p>Each library is written to a file of another name, which is renamed once it is complete and on the disk; last is
 * the list of their hashes, as {@code sha256sum} writes it. A lock in the folder keeps other processes out. So the folder
 * stays right when many processes unpack at once, and when one is killed. A file whose length differs from the jar's is
 * unpacked again.
 */
final class Unpacker {

    /** Where the jars hold their libraries. */
    private static final List<String> FOLDERS = List.of("org/bytedeco/pytorch/", "org/bytedeco/openblas/");

    private static final String HASHES = "SHA256SUMS";

    private Unpacker() {}

    /** The checksum of a library that lies in no jar. */
    private static final long UNKNOWN = -1;

    /** A library in a jar, with its CRC-32. */
    private record Library(String name, URL url, long bytes, long crc) {

        static Library of(String name, URL url) throws IOException {
            if (url.openConnection() instanceof JarURLConnection jar) {
                jar.setUseCaches(false);
                try (var file = jar.getJarFile()) {
                    var entry = file.getJarEntry(jar.getEntryName());
                    return new Library(name, url, entry.getSize(), entry.getCrc());
                }
            }
            var file = Path.of(URI.create(url.toString()));
            return new Library(name, url, Files.size(file), UNKNOWN);
        }

        InputStream open() throws IOException {
            return Unpacker.open(url);
        }

        boolean isWholeIn(Path folder) throws IOException {
            Path file = folder.resolve(name);
            return Files.isRegularFile(file) && Files.size(file) == bytes;
        }
    }

    /** Unpacks the libraries into the folder that the argument names. The build calls this. */
    static void main(String[] arguments) throws IOException {
        Path folder = Files.createDirectories(Path.of(arguments[0]));
        unpack(libraries(), folder);
    }

    /**
     * Unpacks the libraries into a folder of the cache, unless they are there, and returns the folder, or nothing when
     * there is no native jar.
     *
     * @throws IOException also when somebody else may change one, or a hash is to be verified and differs
     */
    static Optional<Path> unpackInto(Path cache) throws IOException {
        List<Library> libraries = libraries();
        if (libraries.isEmpty()) {
            return Optional.empty();
        }
        var crc = new CRC32();
        libraries.forEach(library -> crc.update((library.name() + library.bytes() + library.crc()).getBytes()));
        Path folder = Cache.makeFolder(cache.resolve(
                "libtorch-" + Platform.CURRENT.name() + "-" + HexFormat.of().toHexDigits((int) crc.getValue())));
        unpack(libraries, folder);
        for (Library library : libraries) {
            Ownership.require(folder.resolve(library.name()), folder.getParent());
        }
        if (Settings.VERIFY) {
            verify(libraries, folder);
        }
        return Optional.of(folder);
    }

    private static List<Library> libraries() throws IOException {
        var found = new ArrayList<Library>();
        for (String name : Platform.CURRENT.libraries()) {
            for (String folder : FOLDERS) {
                URL url = find(folder + Platform.CURRENT.name() + "/" + name);
                if (url != null) {
                    found.add(Library.of(name, url));
                    break;
                }
            }
        }
        boolean complete = found.stream().anyMatch(library -> library.name().equals(Platform.CURRENT.torch()));
        return complete ? found : List.of();
    }

    /**
     * Looks on the class path, then in the native jars on the module path, which need not be modules of the running
     * program.
     */
    static @Nullable URL find(String resource) throws IOException {
        URL onClassPath = Unpacker.class.getClassLoader().getResource(resource);
        if (onClassPath != null) {
            return onClassPath;
        }
        for (String entry : System.getProperty("jdk.module.path", "").split(File.pathSeparator)) {
            if (entry.isEmpty()) {
                continue;
            }
            for (ModuleReference module : ModuleFinder.of(Path.of(entry)).findAll()) {
                String name = module.descriptor().name();
                if (name.startsWith("org.bytedeco.") || name.equals("dev.torchffm.shim")) {
                    try (var reader = module.open()) {
                        Optional<URI> uri = reader.find(resource);
                        if (uri.isPresent()) {
                            return uri.get().toURL();
                        }
                    }
                }
            }
        }
        return null;
    }

    /** What a resource has. A jar that Java kept open would stay so after its class loader. */
    static InputStream open(URL resource) throws IOException {
        var connection = resource.openConnection();
        connection.setUseCaches(false);
        return connection.getInputStream();
    }

    private static void unpack(List<Library> libraries, Path folder) throws IOException {
        if (missing(libraries, folder).isEmpty()) {
            return;
        }
        Cache.writeAlone(folder, () -> {
            List<Library> missing = missing(libraries, folder);
            long bytes = missing.stream().mapToLong(Library::bytes).sum();
            Cache.requireRoom(folder, bytes);
            var hashes = new TreeMap<>(hashes(folder));
            try (var progress = new Progress(bytes)) {
                for (Library library : missing) {
                    hashes.put(library.name(), unpack(library, folder, progress));
                }
            } catch (IOException e) {
                throw new IOException(
                        folder + ": " + Reason.of(e) + ". All libraries take " + bytes + " bytes there", e);
            }
            if (!missing.isEmpty()) {
                write(hashes, folder);
            }
        });
    }

    /** The hashes, by library, of a folder; none where it is not complete. */
    private static Map<String, String> hashes(Path folder) throws IOException {
        Path list = folder.resolve(HASHES);
        if (Files.notExists(list)) {
            return Map.of();
        }
        try (Stream<String> lines = Files.lines(list)) {
            return lines.map(line -> line.split("  ", 2))
                    .filter(words -> words.length == 2)
                    .collect(Collectors.toMap(words -> words[1], words -> words[0]));
        }
    }

    private static void write(Map<String, String> hashes, Path folder) throws IOException {
        var lines = new StringBuilder();
        hashes.forEach(
                (name, hash) -> lines.append(hash).append("  ").append(name).append('\n'));
        byte[] bytes = lines.toString().getBytes(StandardCharsets.UTF_8);
        Cache.write(folder.resolve(HASHES), out -> out.write(bytes));
    }

    private static void verify(List<Library> libraries, Path folder) throws IOException {
        Map<String, String> hashes = hashes(folder);
        for (Library library : libraries) {
            var hash = sha256();
            try (var in = new DigestInputStream(Files.newInputStream(folder.resolve(library.name())), hash)) {
                in.transferTo(OutputStream.nullOutputStream());
            }
            if (!HexFormat.of().formatHex(hash.digest()).equals(hashes.get(library.name()))) {
                throw new IOException(folder.resolve(library.name()) + " has another hash than " + HASHES
                        + " beside it says: it was changed. Delete " + folder + ", so that it is unpacked again");
            }
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e); // every JDK has it
        }
    }

    private static List<Library> missing(List<Library> libraries, Path folder) throws IOException {
        var missing = new ArrayList<Library>();
        boolean complete = Files.exists(folder.resolve(HASHES));
        for (Library library : libraries) {
            if (!complete || !library.isWholeIn(folder)) {
                missing.add(library);
            }
        }
        return missing;
    }

    /** Unpacks a library, and returns its hash. */
    private static String unpack(Library library, Path folder, Progress progress) throws IOException {
        var hash = sha256();
        var crc = new CRC32();
        Cache.write(folder.resolve(library.name()), out -> {
            long written = 0;
            try (InputStream in = library.open()) {
                var buffer = new byte[1 << 20];
                for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                    out.write(buffer, 0, read);
                    hash.update(buffer, 0, read);
                    crc.update(buffer, 0, read);
                    progress.add(read);
                    written += read;
                }
            }
            if (written != library.bytes() || library.crc() != UNKNOWN && library.crc() != crc.getValue()) {
                throw new IOException(library.url() + " is damaged: it has " + written + " bytes of checksum "
                        + crc.getValue() + ", and names " + library.bytes() + " of " + library.crc());
            }
        });
        return HexFormat.of().formatHex(hash.digest());
    }

    /** A line on the terminal, if there is one, that shows the progress. */
    private static final class Progress implements AutoCloseable {
        private final boolean shown =
                System.console() != null && System.console().isTerminal();
        private final long total;
        private long done;
        private int percent = -1;

        Progress(long total) {
            this.total = total;
        }

        void add(int bytes) {
            done += bytes;
            int now = (int) (done * 100 / total);
            if (shown && now != percent) {
                percent = now;
                System.err.printf(
                        Locale.ROOT,
                        "\rUnpacking libtorch, once: %d of %d MB (%d %%)",
                        done >> 20,
                        total >> 20,
                        percent);
            }
        }

        @Override
        public void close() {
            if (shown && percent >= 0) {
                System.err.println();
            }
        }
    }
}
