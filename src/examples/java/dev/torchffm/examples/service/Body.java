package dev.torchffm.examples.service;

import com.sun.net.httpserver.HttpExchange;
import java.io.FilterInputStream;
import java.io.IOException;

/** The body of a request, which is refused when it is longer than it may be, whether it tells its length or not. */
final class Body extends FilterInputStream {

    private final int most;
    private long read;

    Body(HttpExchange exchange, int most) {
        super(exchange.getRequestBody());
        this.most = most;
        String length = exchange.getRequestHeaders().getFirst("Content-Length");
        requireFits(length == null ? 0 : Long.parseLong(length)); // the server has checked that it is a number
    }

    private void requireFits(long length) {
        if (length > most) {
            throw new Refusal(413, "the body has " + length + " bytes or more, and must have at most " + most);
        }
    }

    @Override
    public int read() throws IOException {
        int value = super.read();
        if (value >= 0) {
            requireFits(++read);
        }
        return value;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        int n = super.read(bytes, offset, length);
        if (n > 0) {
            read += n;
            requireFits(read);
        }
        return n;
    }
}
