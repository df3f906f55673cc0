package dev.torchffm.io;

import dev.torchffm.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** A file of tensors: its header is read and checked, then the whole is mapped once. */
final class TensorFile implements AutoCloseable {

    /** The most dimensions that a tensor has. */
    static final int MAX_DIM = 64;

    private static final int MAX_QUOTE = 60;

    private final Path path;
    private final MapMode mode;
    private final FileChannel channel;
    private final long size;

    private TensorFile(Path path, MapMode mode, FileChannel channel) throws IOException {
        this.path = path;
        this.mode = mode;
        this.channel = channel;
        size = channel.size();
    }

    static TensorFile open(Path path, MapMode mode) throws IOException {
        Objects.requireNonNull(path, "path");
        Set<StandardOpenOption> options = options(Objects.requireNonNull(mode, "mode"));
        requireOnDefaultFileSystem(path);
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            throw new IllegalArgumentException(path + ": it is a folder, a device or so, and must be a regular file");
        }
        FileChannel channel = FileChannel.open(path, options);
        try {
            return new TensorFile(path, mode, channel);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** Others, such as that of a zip, map no files, and have no locks nor modes. */
    static void requireOnDefaultFileSystem(Path path) {
        if (path.getFileSystem() != FileSystems.getDefault()) {
            throw new IllegalArgumentException(
                    "path is " + path.toUri() + ", and must be of the default file system, not of one such as a zip's");
        }
    }

    private static Set<StandardOpenOption> options(MapMode mode) {
        if (mode == MapMode.READ_ONLY) {
            return Set.of(StandardOpenOption.READ);
        }
        if (mode == MapMode.PRIVATE || mode == MapMode.READ_WRITE) {
            return Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE);
        }
        throw new IllegalArgumentException("mode is " + mode + ", and must be READ_ONLY, PRIVATE or READ_WRITE");
    }

    long size() {
        return size;
    }

    /** Reads bytes of the file, which is refused if it ends before them. */
    byte[] read(long position, int count, String what) throws IOException {
        if (count > size - position) {
            throw refused("it has " + size + " bytes, and " + what + " reaches to " + (position + count));
        }
        ByteBuffer bytes = ByteBuffer.allocate(count);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, position + bytes.position()) < 0) {
                throw refused("it became shorter while it was read");
            }
        }
        return bytes.array();
    }

    String decode(byte[] bytes, Charset charset) {
        try {
            return charset.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw refused("its header must be " + charset + ", and is not", e);
        }
    }

    /** The number of bytes of the elements, which must fit a long. */
    long bytes(String name, int elementSize, long[] sizes) {
        boolean empty = false;
        long bytes = elementSize;
        for (long size : sizes) {
            empty |= size == 0;
            long factor = Math.max(1, size); // as in Tensor, the other sizes must not overflow beside a 0
            if (bytes > Long.MAX_VALUE / factor) {
                throw refused(name + " has the shape " + Arrays.toString(sizes)
                        + ", and its product in bytes must be less than 2^63");
            }
            bytes *= factor;
        }
        return empty ? 0 : bytes;
    }

    /** Tensors over one mapping of the file, in their order. */
    List<Tensor> map(Collection<TensorEntry> entries, Arena arena) throws IOException {
        for (TensorEntry entry : entries) {
            if (mode == MapMode.READ_WRITE && entry.bytes() > 0 && !entry.isAligned()) {
                throw refused(
                        entry + " begins at byte " + entry.start() + ", and to be mapped READ_WRITE it must begin at"
                                + " a multiple of " + entry.dtype().byteSize() + ": map it PRIVATE, or save it again");
            }
        }
        if (channel.size() != size) { // a writable mapping would lengthen the file
            throw refused("it has " + channel.size() + " bytes, and had " + size + " when it was opened");
        }
        MemorySegment file = channel.map(mode, 0, size, arena);
        var tensors = new ArrayList<Tensor>(entries.size());
        for (TensorEntry entry : entries) {
            MemorySegment memory = memory(entry, file, arena);
            try {
                tensors.add(Tensor.fromSegment(arena, memory, entry.dtype(), entry.sizes(), entry.strides(), 0));
            } catch (IllegalArgumentException e) {
                throw refused(entry + ": " + e.getMessage(), e); // a shape that a tensor cannot have, with a size of 0
            }
        }
        return tensors;
    }

    private MemorySegment memory(TensorEntry entry, MemorySegment file, Arena arena) throws IOException {
        MemorySegment mapped = file.asSlice(entry.start(), entry.bytes());
        if (entry.isAligned()) {
            return mapped;
        }
        MemorySegment copy;
        try {
            copy = arena.allocate(entry.bytes(), entry.dtype().byteSize()).copyFrom(mapped);
        } catch (OutOfMemoryError e) {
            throw new IOException(
                    path + ": " + entry + " begins at byte " + entry.start()
                            + ", which is not a multiple of its element"
                            + " size, so it must be copied, and there is no memory for the copy: save it again",
                    e);
        }
        return mode == MapMode.READ_ONLY ? copy.asReadOnly() : copy;
    }

    /** An exception that names the file, for the caller to throw. */
    IllegalArgumentException refused(String rule) {
        return new IllegalArgumentException(path + ": " + rule);
    }

    IllegalArgumentException refused(String rule, Throwable cause) {
        return new IllegalArgumentException(path + ": " + rule, cause);
    }

    /** A text of the file, quoted and shortened for a message. */
    static String quote(String text) {
        return '"' + (text.length() <= MAX_QUOTE ? text : text.substring(0, MAX_QUOTE) + "…") + '"';
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
