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
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Finds libtorch's libraries in the native jars of the class path or the module path, and unpacks them into one folder.
 *
 * <p>Each library is written to a file of another name, which is renamed once it is complete. A lock in the folder
 * keeps other processes out. So the folder stays right when many processes unpack at once, and when one is killed. A
 * file whose length differs from the jar's is unpacked again.
 */
final class Unpacker {

    /** Where the jars hold their libraries. */
    private static final List<String> FOLDERS = List.of("org/bytedeco/pytorch/", "org/bytedeco/openblas/");

    private Unpacker() {}

    /** A library in a jar. */
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
            return new Library(name, url, Files.size(file), 0);
        }

        InputStream open() throws IOException {
            var connection = url.openConnection();
            connection.setUseCaches(false);
            return connection.getInputStream();
        }

        boolean isWholeIn(Path folder) throws IOException {
            Path file = folder.resolve(name);
            return Files.isRegularFile(file) && Files.size(file) == bytes;
        }
    }

    /** Unpacks the libraries into the folder that the argument names. The build calls this. */
    static void main(String[] arguments) throws IOException {
        unpack(libraries(), Path.of(arguments[0]));
    }

    /**
     * Unpacks the libraries into a folder of the cache, unless they are there, and returns the folder, or nothing when
     * there is no native jar.
     */
    static Optional<Path> unpackInto(Path cache) throws IOException {
        List<Library> libraries = libraries();
        if (libraries.isEmpty()) {
            return Optional.empty();
        }
        var crc = new CRC32();
        libraries.forEach(library -> crc.update((library.name() + library.bytes() + library.crc()).getBytes()));
        Path folder = cache.resolve(
                "libtorch-" + Platform.CURRENT.name() + "-" + HexFormat.of().toHexDigits((int) crc.getValue()));
        unpack(libraries, folder);
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

    private static void unpack(List<Library> libraries, Path folder) throws IOException {
        if (missing(libraries, folder).isEmpty()) {
            return;
        }
        Files.createDirectories(folder);
        // The file lock keeps out other processes, the monitor other threads of this one.
        synchronized (Unpacker.class) {
            try (var channel = FileChannel.open(
                            folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    var _ = channel.lock()) {
                deleteLeftovers(folder);
                List<Library> missing = missing(libraries, folder);
                try (var progress =
                        new Progress(missing.stream().mapToLong(Library::bytes).sum())) {
                    for (Library library : missing) {
                        unpack(library, folder, progress);
                    }
                }
            }
        }
    }

    private static List<Library> missing(List<Library> libraries, Path folder) throws IOException {
        var missing = new ArrayList<Library>();
        for (Library library : libraries) {
            if (!library.isWholeIn(folder)) {
                missing.add(library);
            }
        }
        return missing;
    }

    /** Deletes files that a killed process left incomplete. Only the holder of the lock writes. */
    private static void deleteLeftovers(Path folder) throws IOException {
        try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(folder, "*.part")) {
            for (Path leftover : leftovers) {
                Files.delete(leftover);
            }
        }
    }

    private static void unpack(Library library, Path folder, Progress progress) throws IOException {
        Path part = folder.resolve(library.name() + ".part");
        try (InputStream in = library.open();
                OutputStream out = Files.newOutputStream(part)) {
            var buffer = new byte[1 << 20];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                out.write(buffer, 0, read);
                progress.add(read);
            }
        }
        if (Files.size(part) != library.bytes()) {
            throw new IOException(library.url() + " gave " + Files.size(part) + " bytes, not " + library.bytes());
        }
        Files.move(part, folder.resolve(library.name()), StandardCopyOption.ATOMIC_MOVE);
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
                System.err.printf("\rUnpacking libtorch, once: %d of %d MB (%d %%)", done >> 20, total >> 20, percent);
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
