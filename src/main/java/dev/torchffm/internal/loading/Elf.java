package dev.torchffm.internal.loading;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;

/**
 * Checks an ELF file before the system's loader maps it. The loader trusts the file's headers, and a library that is
 * cut off would end the process by SIGBUS.
 *
 * <p>Source: the System V ABI, chapters "ELF Header", "Program Header" and "Section Header".
 */
public final class Elf {

    private static final int MAGIC = 0x464c457f;
    private static final int HEADER = 64;
    private static final int PROGRAM_HEADER = 56;

    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfInt WORD = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong XWORD = ValueLayout.JAVA_LONG_UNALIGNED;

    private Elf() {}

    /**
     * Checks that every part that the headers name lies within the file.
     *
     * @throws IOException also when the file is not a 64-bit ELF library, or is cut off
     */
    public static void requireWhole(Path library) throws IOException {
        try (var channel = FileChannel.open(library);
                Arena arena = Arena.ofConfined()) {
            MemorySegment file = channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
            if (file.byteSize() < HEADER || file.get(WORD, 0) != MAGIC || file.get(HALF, 0x36) != PROGRAM_HEADER) {
                throw new IOException(library + " is not a 64-bit ELF library");
            }
            requireInside(library, file, tableEnd(file, 0x28, 0x3a, 0x3c));
            long programHeaders = file.get(XWORD, 0x20);
            requireInside(library, file, tableEnd(file, 0x20, 0x36, 0x38));
            for (int i = 0; i < Short.toUnsignedInt(file.get(HALF, 0x38)); i++) {
                long entry = programHeaders + (long) i * PROGRAM_HEADER;
                requireInside(library, file, end(file.get(XWORD, entry + 0x08), file.get(XWORD, entry + 0x20)));
            }
        }
    }

    /** Where a table of headers ends. The parameters are the places of its values in the file's header. */
    private static long tableEnd(MemorySegment file, long start, long entrySize, long entryCount) {
        long bytes =
                (long) Short.toUnsignedInt(file.get(HALF, entrySize)) * Short.toUnsignedInt(file.get(HALF, entryCount));
        return end(file.get(XWORD, start), bytes);
    }

    /** Where a part of the file ends, or -1 for a start or length that is negative or too large. */
    private static long end(long start, long length) {
        return start < 0 || length < 0 || start + length < 0 ? -1 : start + length;
    }

    private static void requireInside(Path library, MemorySegment file, long end) throws IOException {
        if (end < 0 || end > file.byteSize()) {
            throw new IOException(
                    library + " is cut off: it has " + file.byteSize() + " bytes, and its headers name " + end);
        }
    }
}
