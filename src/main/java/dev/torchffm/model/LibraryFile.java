package dev.torchffm.model;

import dev.torchffm.internal.loading.Elf;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Prepares the unpacked library of a model for the system's loader.
 *
 * <p>Source: the System V ABI, chapters "Program Header", "Dynamic Section" and "Symbol Table".
 */
final class LibraryFile {

    private static final int PROGRAM_HEADER = 56;
    private static final int PT_LOAD = 1;
    private static final int PT_DYNAMIC = 2;
    private static final int PT_GNU_STACK = 0x6474e551;
    private static final int EXECUTABLE = 1;

    private static final int DYNAMIC_ENTRY = 16;
    private static final long DT_NEEDED = 1;
    private static final long DT_STRTAB = 5;

    private static final int SECTION_HEADER = 64;
    private static final int SHT_DYNSYM = 11;
    private static final int SYMBOL = 24;
    private static final int STB_WEAK = 2;
    private static final int STB_GNU_UNIQUE = 10;

    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfInt WORD = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong XWORD = ValueLayout.JAVA_LONG_UNALIGNED;

    private final MemorySegment file;

    private LibraryFile(MemorySegment file) {
        this.file = file;
    }

    /**
     * Mends a library.
     *
     * @throws IOException also when it is not a 64-bit ELF library, or is cut off
     */
    static void prepare(Path library) throws IOException {
        Elf.requireWhole(library);
        try (var channel = FileChannel.open(library, StandardOpenOption.READ, StandardOpenOption.WRITE);
                Arena arena = Arena.ofConfined()) {
            var file = new LibraryFile(channel.map(MapMode.READ_WRITE, 0, channel.size(), arena));
            file.forbidExecutableStack();
            file.needNoEmptyLibtorch();
            file.letItBeClosed();
        } catch (IndexOutOfBoundsException e) {
            throw new IOException("the library's headers lead out of it", e);
        }
    }

    private interface Header {
        void visit(long header);
    }

    private void forEachProgramHeader(int type, Header visitor) {
        long start = file.get(XWORD, 0x20);
        for (int i = 0; i < Short.toUnsignedInt(file.get(HALF, 0x38)); i++) {
            long header = start + (long) i * PROGRAM_HEADER;
            if (file.get(WORD, header) == type) {
                visitor.visit(header);
            }
        }
    }

    /** Newer systems refuse a library that asks for one. */
    private void forbidExecutableStack() {
        forEachProgramHeader(PT_GNU_STACK, header -> {
            long flags = header + 0x04;
            file.set(WORD, flags, file.get(WORD, flags) & ~EXECUTABLE);
        });
    }

    /** libtorch.so holds nothing, and pulls in CUDA's libraries where there are some: libtorch_cpu.so is named twice. */
    private void needNoEmptyLibtorch() {
        forEachProgramHeader(PT_DYNAMIC, header -> {
            long start = file.get(XWORD, header + 0x08);
            long end = start + file.get(XWORD, header + 0x20);
            long names = 0;
            for (long entry = start; entry + DYNAMIC_ENTRY <= end; entry += DYNAMIC_ENTRY) {
                if (file.get(XWORD, entry) == DT_STRTAB) {
                    names = fileOffset(file.get(XWORD, entry + 8));
                }
            }
            long libtorch = -1;
            long libtorchCpu = -1;
            for (long entry = start; entry + DYNAMIC_ENTRY <= end; entry += DYNAMIC_ENTRY) {
                if (file.get(XWORD, entry) == DT_NEEDED) {
                    switch (file.getString(names + file.get(XWORD, entry + 8))) {
                        case "libtorch.so" -> libtorch = entry;
                        case "libtorch_cpu.so" -> libtorchCpu = entry;
                        default -> {}
                    }
                }
            }
            if (libtorch >= 0 && libtorchCpu >= 0) {
                file.set(XWORD, libtorch + 8, file.get(XWORD, libtorchCpu + 8));
            }
        });
    }

    private long fileOffset(long address) {
        long[] offset = {address};
        forEachProgramHeader(PT_LOAD, header -> {
            long start = file.get(XWORD, header + 0x10);
            if (address >= start && address < start + file.get(XWORD, header + 0x20)) {
                offset[0] = address - start + file.get(XWORD, header + 0x08);
            }
        });
        return offset[0];
    }

    /** A symbol that is unique in the process keeps its library open for ever; those of a model are its own. */
    private void letItBeClosed() {
        long start = file.get(XWORD, 0x28);
        for (int i = 0; i < Short.toUnsignedInt(file.get(HALF, 0x3c)); i++) {
            long section = start + (long) i * SECTION_HEADER;
            if (file.get(WORD, section + 0x04) != SHT_DYNSYM) {
                continue;
            }
            long symbols = file.get(XWORD, section + 0x18);
            long end = symbols + file.get(XWORD, section + 0x20);
            for (long symbol = symbols; symbol + SYMBOL <= end; symbol += SYMBOL) {
                int info = file.get(BYTE, symbol + 4);
                if ((info & 0xf0) >> 4 == STB_GNU_UNIQUE) {
                    file.set(BYTE, symbol + 4, (byte) (STB_WEAK << 4 | info & 0xf));
                }
            }
        }
    }
}
