package dev.torchffm.examples.service;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Nested lists of numbers. They are read and written one by one, without an object for each. */
enum JsonFormat implements Format {
    INSTANCE;

    private static final int BUFFERS = 64;

    /** Its buffers are shared by all threads, as a virtual thread lives for one request only. */
    private static final JsonFactory JSON = JsonFactory.builder()
            .recyclerPool(JsonRecyclerPools.newBoundedPool(BUFFERS))
            .enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER)
            .disable(StreamReadFeature.AUTO_CLOSE_SOURCE) // it would wait for the rest of a wrong body
            .enable(StreamWriteFeature.USE_FAST_DOUBLE_WRITER)
            .disable(StreamWriteFeature.AUTO_CLOSE_TARGET)
            .build();

    @Override
    public String contentType() {
        return "application/json";
    }

    @Override
    public void read(InputStream body, Rows rows) throws IOException {
        try (JsonParser parser = JSON.createParser(body)) {
            parser.nextToken();
            readList(parser, rows, 0);
            if (parser.nextToken() != null) {
                throw wrong(parser, "the body goes on after its list");
            }
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(place(e.getLocation()) + e.getOriginalMessage(), e);
        }
    }

    /** Reads a list, whose first token was read; the outermost has depth 0. */
    private static void readList(JsonParser parser, Rows rows, int depth) throws IOException {
        if (!parser.isExpectedStartArrayToken()) {
            throw wrong(parser, "a list is missing, in place of which there is " + parser.currentToken());
        }
        long[] row = rows.row();
        long count = 0;
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            if (depth < row.length) {
                readList(parser, rows, depth + 1);
            } else if (token.isNumeric()) {
                rows.add(parser.getFloatValue());
            } else {
                throw wrong(parser, "a number is missing, in place of which there is " + token);
            }
            count++;
        }
        if (depth > 0 && count != row[depth - 1]) {
            throw wrong(parser, "a list has " + count + " elements, and must have " + row[depth - 1]);
        }
    }

    private static IllegalArgumentException wrong(JsonParser parser, String what) {
        return new IllegalArgumentException(place(parser.currentTokenLocation()) + what);
    }

    /** Where it is wrong; a number that is too long has no location. */
    private static String place(@Nullable JsonLocation location) {
        return location == null ? "" : "line " + location.getLineNr() + ", column " + location.getColumnNr() + ": ";
    }

    @Override
    public void write(Rows rows, OutputStream body) throws IOException {
        try (JsonGenerator generator = JSON.createGenerator(body)) {
            writeList(generator, rows.content(), 0, rows.count(), rows.row(), 0);
        }
    }

    /** Writes a list of so many elements, and returns where in the memory the next one begins. */
    private static long writeList(
            JsonGenerator generator, MemorySegment floats, long offset, long count, long[] row, int depth)
            throws IOException {
        long at = offset;
        generator.writeStartArray();
        for (long i = 0; i < count; i++) {
            if (depth < row.length) {
                at = writeList(generator, floats, at, row[depth], row, depth + 1);
            } else {
                generator.writeNumber(floats.get(Rows.FLOAT, at));
                at += Float.BYTES;
            }
        }
        generator.writeEndArray();
        return at;
    }
}
