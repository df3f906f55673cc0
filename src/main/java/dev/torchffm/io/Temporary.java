package dev.torchffm.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A new file beside one that is to be made or replaced; deleted by closing, if it is still there. It is locked while a
 * process writes it, and named after its target, so that the next one finds and deletes what a killed process left.
 */
final class Temporary implements AutoCloseable {

    /** Those of this process: to open and close one would give its lock up. */
    private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

    private static final int MAX_TRIES = 100;

    private static final Set<StandardOpenOption> OPTIONS =
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);

    private final Path path;
    private final FileChannel channel;

    /** Makes one beside its target, with these attributes. */
    Temporary(Path target, FileAttribute<?>... attributes) throws IOException {
        String prefix = ".torch-ffm-"
                + Integer.toHexString(target.getFileName().toString().hashCode()) + "-";
        Path folder = target.toAbsolutePath().getParent().toRealPath();
        deleteLeftovers(folder, prefix);
        for (int tries = 0; tries < MAX_TRIES; tries++) {
            Path candidate = folder.resolve(prefix + UUID.randomUUID() + ".tmp");
            OWN.add(candidate);
            FileChannel created;
            try {
                created = FileChannel.open(candidate, OPTIONS, attributes);
            } catch (IOException e) {
                OWN.remove(candidate);
                throw e;
            }
            if (isLocked(created) && Files.exists(candidate)) {
                path = candidate;
                channel = created;
                return;
            }
            created.close(); // another process took it for a leftover before it was locked
            Files.deleteIfExists(candidate);
            OWN.remove(candidate);
        }
        throw new FileSystemException(target.toString(), null, "another process deletes what is written beside it");
    }

    /** Locks a file, and does not wait, so that an interrupt is left to the writing. */
    private static boolean isLocked(FileChannel created) {
        try {
            return created.tryLock() != null;
        } catch (IOException _) {
            return true; // Some file systems have no locks; there leftovers stay.
        }
    }

    Path path() {
        return path;
    }

    FileChannel channel() {
        return channel;
    }

    /** Deletes what killed processes left, where it may be deleted. */
    private static void deleteLeftovers(Path folder, String prefix) throws IOException {
        try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(folder, prefix + "*.tmp")) {
            for (Path leftover : leftovers) {
                if (!OWN.contains(leftover) && Files.isRegularFile(leftover, LinkOption.NOFOLLOW_LINKS)) {
                    deleteIfUnlocked(leftover);
                }
            }
        } catch (AccessDeniedException _) {
            // A folder that may be written and not be read.
        }
    }

    private static void deleteIfUnlocked(Path leftover) {
        try (FileChannel channel = FileChannel.open(leftover, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            if (channel.tryLock() != null) {
                Files.delete(leftover);
            }
        } catch (IOException | OverlappingFileLockException _) {
            // It was moved meanwhile, is another user's, or is being written.
        }
    }

    @Override
    public void close() throws IOException {
        try (channel) {
            Files.deleteIfExists(path);
        } finally {
            OWN.remove(path);
        }
    }
}
