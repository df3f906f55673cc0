package dev.torchffm.examples.service.load;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A request that is wrong.
 *
 * @param name what is wrong
 * @param bytes what is sent, on a connection of its own
 * @param status the answer's; 0 where the client goes away before there is one
 */
record BadInput(String name, byte[] bytes, int status) {

    private static final String JSON = "application/json";
    private static final String RAW = "application/octet-stream";
    private static final String ARROW = "application/vnd.apache.arrow.stream";

    /** Every kind. */
    static List<BadInput> all() {
        return List.of(
                post("a list that does not end", 400, JSON, "[[1,2"),
                post("no JSON", 400, JSON, "hello"),
                post("a text for a number", 400, JSON, "[[\"1\"]]"),
                post("a short row", 400, JSON, "[[1,2,3]]"),
                post("a row too deep", 400, JSON, "[[[1]]]"),
                post("nested without end", 400, JSON, "[".repeat(100_000)),
                post("a long body that begins wrongly", 400, JSON, "no" + " ".repeat(1_000_000)),
                post("a number too long", 400, JSON, "[[" + "1".repeat(1001)),
                post("half a character", 400, JSON, "\0\0\0[\0"),
                sent("wrong before its end", 400, head(JSON, "Content-Length: 1000") + "[[1,2}"),
                post("no rows", 400, JSON, "[]"),
                post("more behind the list", 400, JSON, "[] []"),
                post("an empty body", 400, JSON, ""),
                post("more rows than the model takes", 400, RAW, "\0".repeat(64 * 2000)),
                post("half a float", 400, RAW, "\0".repeat(66)),
                post("no Arrow stream", 400, ARROW, "\377\377\377\377\377\377\377\177"),
                post("an Arrow stream that is cut off", 400, ARROW, "\377\377\377\377\20\0\0\0\0"),
                post("an unknown type", 415, "text/plain", "[[1]]"),
                post("a huge body", 413, RAW, "\0".repeat((1 << 20) + 1)),
                sent("a huge body that is announced", 413, head(RAW, "Content-Length: 9999999999")),
                sent(
                        "a huge body in chunks",
                        413,
                        head(RAW, "Transfer-Encoding: chunked") + "110000\r\n" + "\0".repeat(0x110000)
                                + "\r\n0\r\n\r\n"),
                sent("a chunk without a length", 400, head(RAW, "Transfer-Encoding: chunked") + "x\r\n"),
                sent("another method", 405, "GET /run HTTP/1.1\r\nHost: localhost\r\n\r\n"),
                sent("another path", 404, "POST /runs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"),
                sent("no HTTP", 400, "hello\r\n\r\n"),
                sent("a negative length", 400, head(RAW, "Content-Length: -1")),
                sent("cut in the head", 0, "POST /run HT"),
                sent("cut in the body", 0, head(JSON, "Content-Length: 1000") + "[[1,2"),
                sent("cut in a chunk", 0, head(JSON, "Transfer-Encoding: chunked") + "10\r\n[[1"));
    }

    private static BadInput sent(String name, int status, String text) {
        return new BadInput(name, text.getBytes(StandardCharsets.ISO_8859_1), status);
    }

    private static BadInput post(String name, int status, String type, String body) {
        return sent(name, status, head(type, "Content-Length: " + body.length()) + body);
    }

    private static String head(String type, String length) {
        return "POST /run HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + type + "\r\n" + length + "\r\n\r\n";
    }

    /** Sends it, and returns the status of the answer, 0 without one. */
    int send(InetSocketAddress address) throws IOException {
        try (var socket = new Socket(address.getAddress(), address.getPort())) {
            try {
                socket.getOutputStream().write(bytes);
            } catch (IOException e) {
                // refused before all was sent: the answer is there
            }
            return status == 0 ? 0 : status(socket.getInputStream());
        }
    }

    private static int status(InputStream answer) throws IOException {
        String line = new String(answer.readNBytes("HTTP/1.1 200".length()), StandardCharsets.ISO_8859_1);
        return line.startsWith("HTTP/1.1 ") ? Integer.parseInt(line.substring(9)) : 0;
    }
}
