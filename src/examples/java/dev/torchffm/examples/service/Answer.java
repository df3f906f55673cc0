package dev.torchffm.examples.service;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;

/**
 * The body of an answer. A short one is sent with its length, as one packet; a long one in chunks as it comes, so that none
 * needs more memory than this.
 */
final class Answer extends OutputStream {

    private static final int SHORT = 4096;

    private final HttpExchange exchange;
    private final byte[] start = new byte[SHORT];
    private int length;
    private boolean chunked;

    Answer(HttpExchange exchange) {
        this.exchange = exchange;
    }

    @Override
    public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int count) throws IOException {
        if (!chunked && length + count > SHORT) {
            exchange.sendResponseHeaders(200, 0); // the JDK's way to say: in chunks
            exchange.getResponseBody().write(start, 0, length);
            chunked = true;
        }
        if (chunked) {
            exchange.getResponseBody().write(bytes, offset, count);
        } else {
            System.arraycopy(bytes, offset, start, length, count);
            length += count;
        }
    }

    /** Sends a short answer. A long one ends with the exchange. */
    @Override
    public void close() throws IOException {
        if (!chunked) {
            exchange.sendResponseHeaders(200, length);
            exchange.getResponseBody().write(start, 0, length);
        }
    }
}
