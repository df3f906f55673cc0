package dev.torchffm.examples.service;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** The floats one after the other, little-endian. */
enum RawFormat implements Format {
    INSTANCE;

    @Override
    public String contentType() {
        return "application/octet-stream";
    }

    @Override
    public void read(InputStream body, Rows rows) throws IOException {
        rows.addAll(body);
        long bytes = rows.content().byteSize();
        long row = rows.width() * Float.BYTES;
        if (bytes % row != 0) {
            throw new IllegalArgumentException("the body has " + bytes + " bytes, and must have a multiple of " + row
                    + ": a row is " + rows.width() + " floats of 4 bytes");
        }
    }

    @Override
    public void write(Rows rows, OutputStream body) throws IOException {
        rows.writeTo(body);
    }
}
