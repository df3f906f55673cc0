package dev.torchffm.internal.loading;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The folder for unpacked files, and how a file comes into it: others may read it, and not write it. */
final class Cache {

    private static final Set<PosixFilePermission> FOLDER = PosixFilePermissions.fromString("rwxr-xr-x");
    private static final Set<PosixFilePermission> PRIVATE = PosixFilePermissions.fromString("rwx------");
    private static final Set<PosixFilePermission> FILE = PosixFilePermissions.fromString("rw-r--r--");

    private Cache() {}

    /** The property's, or one in the user's folder for caches, or, where that does not serve, a private one. */
    static Path folder() throws IOException {
        String property = System.getProperty(Libraries.CACHE_PROPERTY);
        if (property != null && !property.isBlank()) {
            return Path.of(property).toAbsolutePath();
        }
        Optional<Path> user = ofUser(System.getProperty("user.home"), System.getenv("XDG_CACHE_HOME"));
        return user.isPresent() ? user.get() : ofTemporary(Path.of(System.getProperty("java.io.tmpdir")));
    }

    /** A folder below the user's own, if that is known, can be written, and by nobody else. */
    static Optional<Path> ofUser(String home, @Nullable String cacheHome) throws IOException {
        boolean isMac = Platform.CURRENT.name().startsWith("mac");
        Optional<Path> ofHome = Optional.of(Path.of(home))
                .filter(Files::isDirectory)
                .map(folder -> folder.resolve(isMac ? "Library/Caches" : ".cache"));
        Optional<Path> caches = Stream.concat(
                        Stream.of(Path.of(cacheHome == null || isMac ? "" : cacheHome)), ofHome.stream())
                .filter(Path::isAbsolute)
                .findFirst();
        if (caches.isEmpty()) {
            return Optional.empty();
        }
        Path cache = caches.get().resolve("torch-ffm");
        Path existing = cache;
        while (!Files.exists(existing)) {
            existing = existing.getParent();
        }
        boolean serves = existing.equals(cache) || Files.isWritable(existing);
        return serves && Ownership.fault(existing, existing.toRealPath()).isEmpty()
                ? Optional.of(cache)
                : Optional.empty();
    }

    /** A folder of this user alone below one that all users share. */
    static Path ofTemporary(Path temporary) throws IOException {
        if (!temporary.isAbsolute()) {
            throw new IOException("the system property java.io.tmpdir is \"" + temporary
                    + "\", and must be absolute where" + " the user has no folder for caches");
        }
        int user = Ownership.user();
        Path folder = temporary.resolve("torch-ffm-" + user);
        try {
            Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(PRIVATE));
        } catch (FileAlreadyExistsException _) {
            // Checked below.
        }
        var attributes = Files.readAttributes(folder, "unix:uid,permissions,isDirectory", LinkOption.NOFOLLOW_LINKS);
        if (!attributes.get("isDirectory").equals(true)
                || !attributes.get("uid").equals(user)
                || !attributes.get("permissions").equals(PRIVATE)) {
            throw new IOException(folder + " is there, and is no folder of this user alone, rwx------");
        }
        return folder;
    }

    /**
     * Makes a folder in the cache, if it is not there, and checks that nobody else may write it. What follows is done
     * behind symbolic links, as others may have made these.
     *
     * @return its real path
     */
    static Path makeFolder(Path folder) throws IOException {
        boolean isNew = Files.notExists(folder);
        boolean isCacheNew = Files.notExists(folder.getParent());
        Files.createDirectories(folder, PosixFilePermissions.asFileAttribute(FOLDER));
        Path real = folder.toRealPath();
        Ownership.require(real, real.getParent());
        if (isNew) { // The umask may have taken rights away.
            Files.setPosixFilePermissions(real, FOLDER);
        }
        if (isCacheNew) {
            Files.setPosixFilePermissions(real.getParent(), FOLDER);
        }
        return real;
    }

    /** Where the bytes of a new file go. */
    interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    /** What one thread of one process does at a time. */
    interface Work {
        void run() throws IOException;
    }

    /** Works alone in a folder of the cache, after deleting what a killed process left incomplete there. */
    static void writeAlone(Path folder, Work work) throws IOException {
        // The file lock keeps out other processes, the monitor other threads and class loaders of this one.
        synchronized (Libraries.PROCESS) {
            try (var channel = FileChannel.open(
                            folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    var _ = channel.lock();
                    var leftovers = Files.newDirectoryStream(folder, "*.part")) {
                for (Path leftover : leftovers) {
                    Files.delete(leftover);
                }
                work.run();
            }
        }
    }

    /** Writes a file under another name, which it keeps until it is complete and on the disk; for the work alone. */
    static void write(Path file, Content content) throws IOException {
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try (var channel = FileChannel.open(
                part,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(FILE))) {
            Files.setPosixFilePermissions(part, FILE); // The umask may have taken rights away.
            content.writeTo(Channels.newOutputStream(channel));
            channel.force(true);
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    /** Checks that so many bytes can be written. */
    static void requireRoom(Path folder, long bytes) throws IOException {
        long free = Files.getFileStore(folder).getUsableSpace();
        if (free < bytes) {
            throw new IOException(
                    folder + ": there is no space: " + bytes + " bytes are needed, and " + free + " are free");
        }
    }
}
