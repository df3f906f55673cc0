package dev.torchffm.examples.service;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** The rows of one request, later those of its answer, in a block that grows as they come. */
final class Rows implements AutoCloseable {

    /** Little-endian, as on the wire, and as on every processor that is served. */
    static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final int CHUNK = 8192;

    private final Blocks blocks;
    private Blocks.Block block;
    private long[] row;
    private long width;
    /** The part of the block that holds the rows. */
    private long start;

    private long end;

    /** No rows yet, each to have these sizes. */
    Rows(Blocks blocks, long... row) {
        this.blocks = blocks;
        this.row = row.clone();
        this.width = width(row);
        this.block = blocks.take(0);
    }

    void add(float value) {
        reserve(end + Float.BYTES);
        block.memory().set(FLOAT, end, value);
        end += Float.BYTES;
    }

    void add(MemorySegment rows) {
        reserve(end + rows.byteSize());
        MemorySegment.copy(rows, 0, block.memory(), end, rows.byteSize());
        end += rows.byteSize();
    }

    /** Adds all bytes of a body. */
    void addAll(InputStream body) throws IOException {
        byte[] chunk = new byte[CHUNK]; // the JDK's server reads into arrays only
        for (int n = body.read(chunk); n >= 0; n = body.read(chunk)) {
            reserve(end + n);
            MemorySegment.copy(chunk, 0, block.memory(), ValueLayout.JAVA_BYTE, end, n);
            end += n;
        }
    }

    /** Moves to a larger block when this one is full. */
    private void reserve(long bytes) {
        if (bytes > block.memory().byteSize()) {
            Blocks.Block larger = blocks.take(bytes);
            larger.memory().copyFrom(block.memory());
            blocks.giveBack(block);
            block = larger;
        }
    }

    /** Takes this part of the content for the rows. */
    void narrow(long offset, long bytes) {
        MemorySegment part = content().asSlice(offset, bytes);
        start = part.address() - block.memory().address();
        end = start + bytes;
    }

    /** Takes other rows in the place of these. */
    void replace(MemorySegment rows, long... sizes) {
        end = 0;
        reserve(rows.byteSize());
        block.memory().copyFrom(rows);
        start = 0;
        end = rows.byteSize();
        row = sizes;
        width = width(sizes);
    }

    /** What was added, or the rows. */
    MemorySegment content() {
        return block.memory().asSlice(start, end - start);
    }

    /** The sizes of a row. */
    long[] row() {
        return row;
    }

    /** How many floats a row has. */
    long width() {
        return width;
    }

    static long width(long... row) {
        long width = 1;
        for (long size : row) {
            width = Math.multiplyExact(width, size);
        }
        return width;
    }

    /** How many rows. */
    long count() {
        return (end - start) / (width * Float.BYTES);
    }

    /** These rows as a tensor over their memory; the arena is of its handle, and of results. */
    Tensor tensor(Arena arena) {
        long[] sizes = new long[row.length + 1];
        long[] strides = new long[sizes.length];
        long step = 1;
        for (int i = row.length; i > 0; i--) {
            sizes[i] = row[i - 1];
            strides[i] = step;
            step *= sizes[i];
        }
        sizes[0] = count();
        strides[0] = step;
        return Tensor.fromSegment(arena, content(), DType.FLOAT32, sizes, strides, 0);
    }

    /** Writes the floats as bytes. */
    void writeTo(OutputStream out) throws IOException {
        byte[] chunk = new byte[(int) Math.min(CHUNK, end - start)];
        for (long at = start; at < end; at += chunk.length) {
            int n = (int) Math.min(chunk.length, end - at);
            MemorySegment.copy(block.memory(), ValueLayout.JAVA_BYTE, at, chunk, 0, n);
            out.write(chunk, 0, n);
        }
    }

    /** Gives the block back. */
    @Override
    public void close() {
        blocks.giveBack(block);
    }
}
