package dev.torchffm.io;

import dev.torchffm.Mode;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A file that is written under a temporary name beside its path, and moved there when it is complete. */
final class NewFile {

    /** Fits a ByteBuffer, and is a multiple of every page size. */
    private static final long MAX_AT_ONCE = 1 << 30;

    private static final FileAttribute<?> FOR_THE_OWNER =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final FileChannel channel;

    private NewFile(FileChannel channel) {
        this.channel = channel;
    }

    /** What the file is to hold. */
    interface Content {
        void writeTo(NewFile file) throws IOException;
    }

    /**
     * Writes a file of so many bytes.
     *
     * @param path a new file; a regular one, which is replaced and whose mode, group and owner are kept where that may be;
     *     or a symbolic link to a regular file or to nothing, which is replaced itself: whoever made it does not choose what
     *     is written
     */
    static void write(Path path, long bytes, Content content) throws IOException {
        TensorFile.requireOnDefaultFileSystem(path);
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            throw new FileSystemException(
                    path.toString(), null, "only a regular file can be replaced, and this is a folder, a device or so");
        }
        Optional<PosixFileAttributes> replaced = Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)
                ? Optional.of(Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS))
                : Optional.empty();
        try (var temporary = replaced.isPresent() ? new Temporary(path, FOR_THE_OWNER) : new Temporary(path)) {
            content.writeTo(new NewFile(temporary.channel()));
            temporary.channel().force(true);
            if (replaced.isPresent()) { // last, as no leftover can be locked and deleted that may not be written
                keepAccess(replaced.get(), temporary.path());
            }
            Files.move(temporary.path(), path, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException | ClosedByInterruptException e) {
            throw e;
        } catch (IOException e) {
            String room = "; it takes " + bytes + " bytes, and there is room for "
                    + Files.getFileStore(path.toAbsolutePath().getParent()).getUsableSpace();
            throw (IOException) new FileSystemException(path.toString(), null, e.getMessage() + room).initCause(e);
        }
    }

    /** Gives a new file the mode, the group and, as root may, the owner of an old one. */
    private static void keepAccess(PosixFileAttributes before, Path replacement) throws IOException {
        var view = Files.getFileAttributeView(replacement, PosixFileAttributeView.class);
        var made = view.readAttributes();
        Set<PosixFilePermission> permissions = before.permissions();
        if (!before.group().equals(made.group())) {
            try {
                view.setGroup(before.group());
            } catch (FileSystemException _) {
                permissions = inAnotherGroup(permissions);
            }
        }
        view.setPermissions(permissions);
        if (!before.owner().equals(made.owner())) {
            try {
                view.setOwner(before.owner());
            } catch (FileSystemException _) {
                // It is this user's.
            }
        }
    }

    /** A mode for a file whose group changes: nobody gets a right that he lacked as one of the group or of the others. */
    static Set<PosixFilePermission> inAnotherGroup(Set<PosixFilePermission> permissions) {
        var kept = new HashSet<>(permissions);
        for (String right : List.of("READ", "WRITE", "EXECUTE")) {
            var both = List.of(
                    PosixFilePermission.valueOf("GROUP_" + right), PosixFilePermission.valueOf("OTHERS_" + right));
            if (!permissions.containsAll(both)) {
                kept.removeAll(both);
            }
        }
        return kept;
    }

    void append(byte[] bytes) throws IOException {
        append(ByteBuffer.wrap(bytes));
    }

    void append(MemorySegment bytes) throws IOException {
        for (long start = 0; start < bytes.byteSize(); start += MAX_AT_ONCE) {
            append(bytes.asSlice(start, Math.min(MAX_AT_ONCE, bytes.byteSize() - start))
                    .asByteBuffer());
        }
    }

    /** The elements in row-major order. */
    void append(Tensor tensor) throws IOException {
        if (tensor.isContiguous()) {
            append(tensor.segment());
            return;
        }
        try (Mode _ = Torch.noGrad();
                Arena arena = Arena.ofConfined()) {
            append(tensor.in(arena).contiguous().segment());
        }
    }

    private void append(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
