package dev.torchffm.examples.service;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How rows are written on the wire. */
interface Format {

    /** The format of a request, which its answer has too. Arrow's classes are loaded at the first request of Arrow's. */
    static Format of(@Nullable String contentType) {
        String type = contentType == null ? "" : contentType.split(";", 2)[0].strip();
        return switch (type.toLowerCase(Locale.ROOT)) {
            case "application/json" -> JsonFormat.INSTANCE;
            case "application/octet-stream" -> RawFormat.INSTANCE;
            case "application/vnd.apache.arrow.stream" -> ArrowFormat.INSTANCE;
            default ->
                throw new Refusal(
                        415,
                        "Content-Type is \"" + type + "\", and must be application/json, application/octet-stream or"
                                + " application/vnd.apache.arrow.stream");
        };
    }

    /** Its name in the answer. */
    String contentType();

    /**
     * Reads a body.
     *
     * @throws IllegalArgumentException when it holds no rows of these sizes: the text says why
     */
    void read(InputStream body, Rows rows) throws IOException;

    void write(Rows rows, OutputStream body) throws IOException;
}
