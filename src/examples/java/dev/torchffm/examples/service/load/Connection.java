package dev.torchffm.examples.service.load;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/** One connection, which has one request under way at most, and is kept from one to the next. */
final class Connection {

    private static final int LONGEST = 1 << 16;
    private static final byte[] LENGTH = "content-length:".getBytes(StandardCharsets.ISO_8859_1);

    private final InetSocketAddress address;
    private final Selector selector;
    private final ByteBuffer request;
    private final ByteBuffer response = ByteBuffer.allocate(LONGEST);
    private SocketChannel channel;
    private SelectionKey key;
    /** When the request that is under way was to be sent. */
    private long due;

    Connection(InetSocketAddress address, Selector selector, Request request) throws IOException {
        this.address = address;
        this.selector = selector;
        this.request = ByteBuffer.allocateDirect(request.bytes().length).put(request.bytes());
        this.channel = SocketChannel.open(address);
        this.key = register();
    }

    private SelectionKey register() throws IOException {
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.configureBlocking(false);
        return channel.register(selector, SelectionKey.OP_READ, this);
    }

    void reopen() throws IOException {
        close();
        channel = SocketChannel.open(address);
        key = register();
    }

    void close() throws IOException {
        key.cancel();
        channel.close();
    }

    long due() {
        return due;
    }

    void send(long dueNanos) throws IOException {
        due = dueNanos;
        request.flip();
        response.clear();
        write();
    }

    /** Writes what is left, and asks to be told when there is room for more. */
    private void write() throws IOException {
        channel.write(request);
        boolean all = !request.hasRemaining();
        key.interestOps(all ? SelectionKey.OP_READ : SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        if (all) {
            request.limit(request.capacity()).position(request.capacity());
        }
    }

    /** Goes on, and returns the status of the response when all of it has come, else 0. */
    int proceed() throws IOException {
        if (key.isWritable()) {
            write();
        }
        if (!key.isReadable()) {
            return 0;
        }
        if (channel.read(response) < 0) {
            throw new EOFException("closed by the server");
        }
        int body = body();
        return body > 0 && response.position() == body + number(find(LENGTH, 0, body) + LENGTH.length) ? number(9) : 0;
    }

    /** Where the body begins, 0 while the head is not complete. */
    private int body() {
        for (int i = 3; i < response.position(); i++) {
            if (response.get(i) == '\n' && response.get(i - 1) == '\r' && response.get(i - 2) == '\n') {
                return i + 1;
            }
        }
        return 0;
    }

    private int find(byte[] name, int from, int to) throws IOException {
        for (int i = from; i < to - name.length; i++) {
            int same = 0;
            while (same < name.length && Character.toLowerCase(response.get(i + same)) == name[same]) {
                same++;
            }
            if (same == name.length) {
                return i;
            }
        }
        throw new IOException("a response does not tell its length");
    }

    private int number(int at) {
        int value = 0;
        for (int i = response.get(at) == ' ' ? at + 1 : at; Character.isDigit(response.get(i)); i++) {
            value = 10 * value + response.get(i) - '0';
        }
        return value;
    }
}
