package dev.torchffm.internal.loading;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.Map;
import java.util.Optional;

/** Who may change a file that the process is to run: nobody but its user and root. */
final class Ownership {

    private static final int ROOT = 0;
    private static final int TYPE = 0170000;
    private static final int FOLDER = 0040000;
    private static final int STICKY = 01000;
    private static final int GROUP_WRITES = 0020;
    private static final int OTHERS_WRITE = 0002;

    private static final Path PROCESS = Path.of("/proc/self");

    private Ownership() {}

    /** Who else may change a file or a folder. */
    record Fault(Path path, String reason) {}

    /**
     * Checks a file or folder of the cache and the folders above it, behind symbolic links.
     *
     * @param cache the real path of the cache
     * @throws IOException when somebody else may change one of them; its message names it
     */
    static void require(Path file, Path cache) throws IOException {
        Optional<Fault> fault = fault(file, cache);
        if (fault.isPresent()) {
            Path path = fault.get().path();
            throw new IOException(path + " " + fault.get().reason() + ", who could make this process run any code. "
                    + (Files.isDirectory(path)
                            ? "Take that right away, by chmod or chown"
                            : "Delete it, so that it is made again"));
        }
    }

    /**
     * Who else may change a file or a folder above it, or nothing. Above the cache the owner of / is trusted as root is:
     * in a user namespace the system's folders belong to another number.
     */
    static Optional<Fault> fault(Path file, Path cache) throws IOException {
        int user = user();
        int top = (int) Files.getAttribute(cache.getRoot(), "unix:uid");
        for (Path path = file.toRealPath(); path != null; path = path.getParent()) {
            Map<String, Object> attributes = Files.readAttributes(path, "unix:uid,mode", LinkOption.NOFOLLOW_LINKS);
            int mode = (int) attributes.get("mode");
            if ((mode & GROUP_WRITES) != 0 && isOfOneUser(path)) {
                mode &= ~GROUP_WRITES;
            }
            int root = path.startsWith(cache) ? ROOT : top;
            Optional<String> reason = reason((int) attributes.get("uid"), mode, user, root);
            if (reason.isPresent()) {
                return Optional.of(new Fault(path, reason.get()));
            }
        }
        return Optional.empty();
    }

    /**
     * Why others may change a file or folder, or nothing.
     *
     * @param root one who is trusted beside the user and root
     */
    static Optional<String> reason(int owner, int mode, int user, int root) {
        if (owner != user && owner != ROOT && owner != root) {
            return Optional.of("belongs to another user, " + owner);
        }
        boolean guarded =
                (mode & TYPE) == FOLDER && (mode & STICKY) != 0; // its files are changed by their owners alone
        if (!guarded && (mode & OTHERS_WRITE) != 0) {
            return Optional.of("may be written by every user");
        }
        return !guarded && (mode & GROUP_WRITES) != 0
                ? Optional.of("may be written by the users of its group")
                : Optional.empty();
    }

    /** Whether a group is its owner's own, as many systems make one for each user. */
    private static boolean isOfOneUser(Path path) throws IOException {
        var attributes = Files.readAttributes(path, PosixFileAttributes.class);
        return attributes.group().getName().equals(attributes.owner().getName());
    }

    /** The user of this process. */
    static int user() throws IOException {
        if (Files.exists(PROCESS)) {
            return (int) Files.getAttribute(PROCESS, "unix:uid");
        }
        Path made = Files.createTempFile("torch-ffm", null);
        try {
            return (int) Files.getAttribute(made, "unix:uid");
        } finally {
            Files.delete(made);
        }
    }
}
