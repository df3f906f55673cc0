package dev.torchffm.examples.service;

import com.google.flatbuffers.FlatBufferBuilder;
import com.google.flatbuffers.Table;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.apache.arrow.flatbuf.Buffer;
import org.apache.arrow.flatbuf.Endianness;
import org.apache.arrow.flatbuf.Field;
import org.apache.arrow.flatbuf.FieldNode;
import org.apache.arrow.flatbuf.FixedSizeList;
import org.apache.arrow.flatbuf.FloatingPoint;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.Precision;
import org.apache.arrow.flatbuf.RecordBatch;
import org.apache.arrow.flatbuf.Schema;
import org.apache.arrow.flatbuf.Type;
import org.apache.arrow.vector.ipc.message.IpcOption;
import org.apache.arrow.vector.ipc.message.MessageSerializer;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.jspecify.annotations.Nullable;

/**
 * Arrow's IPC stream of one column of fixed-size lists of floats, a list a row. The values of a stream of one batch are used
 * where they lie; those of later batches are moved behind them. Arrow's allocators take no part, so that a hostile stream
 * can make nothing allocate.
 */
enum ArrowFormat implements Format {
    INSTANCE;

    private static final int CONTINUATION = -1;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** The buffers of the column: its validity, its values' validity, and its values. */
    private static final int VALUES = 2;

    @Override
    public String contentType() {
        return "application/vnd.apache.arrow.stream";
    }

    @Override
    public void read(InputStream body, Rows rows) throws IOException {
        rows.addAll(body);
        try {
            readStream(rows);
        } catch (IndexOutOfBoundsException e) { // of an offset that the stream tells
            throw new IllegalArgumentException("the body is no Arrow stream, or is cut off: " + e.getMessage(), e);
        }
    }

    private static void readStream(Rows rows) {
        MemorySegment stream = rows.content();
        long start = 0;
        long bytes = 0;
        boolean described = false;
        long at = 0;
        while (at < stream.byteSize()) {
            require(stream.get(INT, at) == CONTINUATION, "at byte " + at + " no message begins");
            long length = stream.get(INT, at + 4);
            if (length == 0) {
                break; // the end of the stream
            }
            Message message = Message.getRootAsMessage(
                    stream.asSlice(at + 8, length).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN));
            MemorySegment body = stream.asSlice(at + 8 + length, message.bodyLength());
            at += 8 + length + message.bodyLength();
            if (!described) {
                requireColumn(message, rows.width());
                described = true;
                continue;
            }
            MemorySegment values = values(message, body, rows.width());
            if (bytes == 0) {
                start = values.address() - stream.address();
            } else {
                MemorySegment.copy(values, 0, stream, start + bytes, values.byteSize());
            }
            bytes += values.byteSize();
        }
        rows.narrow(start, bytes);
    }

    private static void requireColumn(Message message, long width) {
        require(message.headerType() == MessageHeader.Schema, "the first message is no schema");
        var schema = (Schema) present(message.header(new Schema()));
        require(schema.endianness() == Endianness.Little, "its numbers are big-endian");
        require(schema.fieldsLength() == 1, "it has " + schema.fieldsLength() + " columns, and must have 1");
        Field column = schema.fields(0);
        require(
                column.typeType() == Type.FixedSizeList
                        && ((FixedSizeList) present(column.type(new FixedSizeList()))).listSize() == width
                        && column.childrenLength() == 1,
                "its column is no fixed-size list of " + width);
        Field values = column.children(0);
        require(
                values.typeType() == Type.FloatingPoint
                        && ((FloatingPoint) present(values.type(new FloatingPoint()))).precision() == Precision.SINGLE
                        && values.dictionary() == null,
                "its values are no float32");
    }

    private static MemorySegment values(Message message, MemorySegment body, long width) {
        require(message.headerType() == MessageHeader.RecordBatch, "a message is no record batch");
        var batch = (RecordBatch) present(message.header(new RecordBatch()));
        require(batch.compression() == null, "a batch is compressed");
        require(batch.nodesLength() == 2 && batch.buffersLength() == VALUES + 1, "a batch has other columns");
        require(batch.nodes(0).nullCount() == 0 && batch.nodes(1).nullCount() == 0, "it has nulls");
        long row = width * Float.BYTES;
        long count = batch.nodes(0).length();
        Buffer values = batch.buffers(VALUES);
        require(count >= 0 && count <= values.length() / row, "a batch has fewer values than its rows need");
        MemorySegment part = body.asSlice(values.offset(), count * row);
        require(part.address() % Float.BYTES == 0, "its values are not aligned");
        return part;
    }

    /** A part that a message may lack. */
    private static Table present(@Nullable Table part) {
        require(part != null, "a part of a message is missing");
        return part;
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException("the body is no Arrow stream of the model's rows: " + otherwise);
        }
    }

    @Override
    public void write(Rows rows, OutputStream body) throws IOException {
        var floats = new org.apache.arrow.vector.types.pojo.Field(
                "values", FieldType.notNullable(new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE)), null);
        var column = new org.apache.arrow.vector.types.pojo.Field(
                "rows",
                FieldType.notNullable(new ArrowType.FixedSizeList(Math.toIntExact(rows.width()))),
                List.of(floats));
        writeMessage(
                body,
                MessageSerializer.serializeMetadata(
                        new org.apache.arrow.vector.types.pojo.Schema(List.of(column)), IpcOption.DEFAULT));
        writeMessage(body, batch(rows));
        rows.writeTo(body);
        body.write(new byte[padding(rows)]);
        writeMessage(body, ByteBuffer.allocate(0));
    }

    private static int padding(Rows rows) {
        return (int) (-rows.content().byteSize() & 7);
    }

    private static ByteBuffer batch(Rows rows) {
        long bytes = rows.content().byteSize();
        var builder = new FlatBufferBuilder();
        RecordBatch.startNodesVector(builder, 2); // written from the last to the first
        FieldNode.createFieldNode(builder, rows.count() * rows.width(), 0);
        FieldNode.createFieldNode(builder, rows.count(), 0);
        int nodes = builder.endVector();
        RecordBatch.startBuffersVector(builder, VALUES + 1);
        Buffer.createBuffer(builder, 0, bytes);
        Buffer.createBuffer(builder, 0, 0);
        Buffer.createBuffer(builder, 0, 0);
        int buffers = builder.endVector();
        int batch = RecordBatch.createRecordBatch(builder, rows.count(), nodes, buffers, 0, 0);
        return MessageSerializer.serializeMessage(
                builder, MessageHeader.RecordBatch, batch, bytes + padding(rows), IpcOption.DEFAULT);
    }

    /** Writes the head of a message, padded so that what follows is aligned; an empty one ends the stream. */
    private static void writeMessage(OutputStream body, ByteBuffer metadata) throws IOException {
        int length = metadata.remaining();
        int padded = length + 7 & ~7;
        var message = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN);
        message.putInt(CONTINUATION).putInt(padded).put(metadata);
        body.write(message.array());
    }
}
