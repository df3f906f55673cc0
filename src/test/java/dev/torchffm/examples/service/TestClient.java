package dev.torchffm.examples.service;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;

/** Sends requests to a service on this machine. */
final class TestClient implements AutoCloseable {

    static final InetSocketAddress ANY = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    static final String JSON = "application/json";
    static final String RAW = "application/octet-stream";

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final InetSocketAddress address;

    TestClient(Service service) {
        address = service.address();
    }

    private HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + address.getPort() + path));
    }

    CompletableFuture<HttpResponse<byte[]>> begin(String type, byte[] body) {
        return client.sendAsync(
                to("/run")
                        .header("Content-Type", type)
                        .POST(BodyPublishers.ofByteArray(body))
                        .build(),
                BodyHandlers.ofByteArray());
    }

    CompletableFuture<HttpResponse<byte[]>> begin(String json) {
        return begin(JSON, json.getBytes(StandardCharsets.UTF_8));
    }

    HttpResponse<byte[]> post(String type, byte[] body) {
        return begin(type, body).join();
    }

    /** The answer's status and body. */
    String post(String json) {
        return text(begin(json).join());
    }

    static String text(HttpResponse<byte[]> response) {
        return response.statusCode() + " " + new String(response.body(), StandardCharsets.UTF_8);
    }

    /** Waits until so many requests are under way, beside the one that asks. */
    void awaitUnderWay(int count) throws IOException, InterruptedException {
        String status;
        do {
            status = client.send(to("/status").build(), BodyHandlers.ofString()).body();
        } while (!status.startsWith("under way " + (count + 1) + "\n"));
    }

    /** Sends a part of a request. */
    Socket start(String json, int part) throws IOException {
        var socket = new Socket(address.getAddress(), address.getPort());
        var bytes = new ByteArrayOutputStream();
        bytes.writeBytes(("POST /run HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: " + JSON
                        + "\r\nContent-Length: " + json.length() + "\r\n\r\n" + json.substring(0, part))
                .getBytes(StandardCharsets.ISO_8859_1));
        socket.getOutputStream().write(bytes.toByteArray());
        return socket;
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
