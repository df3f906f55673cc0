package dev.torchffm.io;

import dev.torchffm.Mode;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/** A file that is written under a temporary name beside its path, and moved there when it is complete. */
final class NewFile {

    /** Fits a ByteBuffer, and is a multiple of every page size. */
    private static final long MAX_AT_ONCE = 1 << 30;

    private final FileChannel channel;

    private NewFile(FileChannel channel) {
        this.channel = channel;
    }

    /** What the file is to hold. */
    interface Content {
        void writeTo(NewFile file) throws IOException;
    }

    static void write(Path path, Content content) throws IOException {
        Path temporary = path.resolveSibling(".torch-ffm-" + UUID.randomUUID() + ".tmp");
        try {
            try (FileChannel channel =
                    FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                content.writeTo(new NewFile(channel));
                channel.force(true);
            }
            Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(temporary);
        }
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
