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
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/** A file that is written under a temporary name beside its path, and moved there when it is complete. */
final class NewFile {

    /** Fits a ByteBuffer, and is a multiple of every page size. */
    private static final long MAX_AT_ONCE = 1 << 30;

    private static final int MAX_LINKS = 40;

    private static final FileAttribute<?> FOR_THE_OWNER =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private static final Set<PosixFilePermission> OF_THE_GROUP = EnumSet.of(
            PosixFilePermission.GROUP_READ, PosixFilePermission.GROUP_WRITE, PosixFilePermission.GROUP_EXECUTE);

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
     * @param path a new file, or a regular one that is replaced and whose mode is kept; where it is a symbolic link, so
     *     is what it leads to
     */
    static void write(Path path, long bytes, Content content) throws IOException {
        Path target = target(path);
        boolean replaced = Files.exists(target);
        try (var temporary = replaced ? new Temporary(target, FOR_THE_OWNER) : new Temporary(target)) {
            if (replaced) {
                keepAccess(target, temporary.path());
            }
            content.writeTo(new NewFile(temporary.channel()));
            temporary.channel().force(true);
            Files.move(temporary.path(), target, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException | ClosedByInterruptException e) {
            throw e;
        } catch (IOException e) {
            String room = "; it takes " + bytes + " bytes, and there is room for "
                    + Files.getFileStore(target.toAbsolutePath().getParent()).getUsableSpace();
            throw (IOException) new FileSystemException(path.toString(), null, e.getMessage() + room).initCause(e);
        }
    }

    /** The file to be made or replaced. */
    private static Path target(Path path) throws IOException {
        Path target = path;
        for (int i = 0; Files.isSymbolicLink(target); i++) {
            if (i == MAX_LINKS) {
                throw new FileSystemException(path.toString(), null, "it leads through more than 40 symbolic links");
            }
            target = target.resolveSibling(Files.readSymbolicLink(target));
        }
        if (Files.exists(target) && !Files.isRegularFile(target)) {
            throw new FileSystemException(
                    path.toString(), null, "only a regular file can be replaced, and this is a folder, a device or so");
        }
        return target;
    }

    /** Gives a new file the mode and the group of an old one. Where that group cannot be given, no group has a right. */
    private static void keepAccess(Path old, Path replacement) throws IOException {
        var before = Files.readAttributes(old, PosixFileAttributes.class);
        var view = Files.getFileAttributeView(replacement, PosixFileAttributeView.class);
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        permissions.addAll(before.permissions());
        if (!before.group().equals(view.readAttributes().group())) {
            try {
                view.setGroup(before.group());
            } catch (FileSystemException _) {
                permissions.removeAll(OF_THE_GROUP);
            }
        }
        view.setPermissions(permissions);
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
