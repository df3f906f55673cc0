package dev.torchffm.examples.service;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.torchffm.Tensor;
import dev.torchffm.model.CompiledModel;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A model behind HTTP: rows of floats in, as many rows out. {@code POST /run} takes JSON, raw floats or an Arrow stream, and
 * answers in the same format; {@code GET /status} tells what is under way. Each request has a virtual thread.
 */
public final class Service implements AutoCloseable {

    private static final Logger LOG = System.getLogger(Service.class.getName());
    private static final ScopedValue<Visit> VISIT = ScopedValue.newInstance();
    private static final int BACKLOG = 1024;

    static {
        // The JDK's server reads these once. Times are seconds.
        Map.of(
                        "sun.net.httpserver.nodelay", "true", // else an answer waits for the client's delayed ACK
                        "sun.net.httpserver.maxReqTime", "10", // to the last byte of the body
                        "sun.net.httpserver.maxRspTime", "30", // from there to the answer's last byte
                        "sun.net.httpserver.drainAmount", "1048576", // of a wrong body, whose client reads why then
                        "sun.net.httpserver.maxReqHeaderSize", "16384",
                        "jdk.httpserver.maxConnections", "2048",
                        "sun.net.httpserver.maxIdleConnections", "2048") // so that none is closed between two requests
                .forEach((name, value) -> System.getProperties().putIfAbsent(name, value));
    }

    private final HttpServer server;
    private final Limits limits;
    private final long[] row;
    private final Blocks blocks;
    private final Queue queue;
    private final Batcher batcher;

    /**
     * Starts to serve.
     *
     * @param address where to listen; port 0 takes a free one
     * @param model makes of rows as many rows of FLOAT32: one run at a time, on any thread. The caller closes it, after this
     * @param row the sizes of one row, for instance 16
     * @param limits what bounds it
     */
    public Service(InetSocketAddress address, UnaryOperator<Tensor> model, long[] row, Limits limits)
            throws IOException {
        for (long size : row) {
            if (size < 1) {
                throw new IllegalArgumentException(
                        "row is " + Arrays.toString(row) + ", and must have sizes of 1 or more");
            }
        }
        this.limits = limits;
        this.row = row.clone();
        this.blocks = new Blocks(limits.memory());
        this.queue = new Queue(limits);
        this.batcher = new Batcher(model, queue, blocks);
        this.server = HttpServer.create(address, BACKLOG);
        server.createContext("/run", exchange -> answer(exchange, this::run));
        server.createContext("/status", exchange -> answer(exchange, this::status));
        server.setExecutor(this::admit);
        server.start();
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return server.getAddress();
    }

    /** Gives an exchange a thread. Those that are not admitted have no visit, and are refused there. */
    private void admit(Runnable exchange) {
        Visit visit = queue.enter();
        if (visit == null) {
            Thread.startVirtualThread(exchange);
            return;
        }
        Thread.startVirtualThread(() -> {
            try {
                ScopedValue.where(VISIT, visit).run(exchange);
            } finally {
                queue.leave(visit);
            }
        });
    }

    private void answer(HttpExchange exchange, HttpHandler handler) throws IOException {
        try (exchange) {
            try {
                handler.handle(exchange);
            } catch (Refusal e) {
                sendText(exchange, e.status(), e.getMessage());
            } catch (IllegalArgumentException e) {
                sendText(exchange, 400, e.getMessage());
            } catch (RuntimeException | Error e) {
                LOG.log(Level.ERROR, "a request failed", e);
                sendText(exchange, 500, e.toString());
            }
        }
    }

    private void run(HttpExchange exchange) throws IOException {
        require(exchange, "POST");
        if (!VISIT.isBound()) {
            throw Refusal.overload(queue.isClosed() ? "the service is closing" : "too many requests are under way");
        }
        Format format = Format.of(exchange.getRequestHeaders().getFirst("Content-Type"));
        try (var rows = new Rows(blocks, row)) {
            read(exchange, format, rows);
            batcher.run(VISIT.get(), rows);
            exchange.getResponseHeaders().set("Content-Type", format.contentType());
            var answer = new Answer(exchange);
            format.write(rows, answer);
            answer.close(); // where all was written
        }
    }

    private void read(HttpExchange exchange, Format format, Rows rows) {
        try {
            format.read(new Body(exchange, limits.body()), rows);
        } catch (IOException e) { // of wrong chunks or characters, or of a client that is gone
            exchange.getResponseHeaders().set("Connection", "close"); // what follows is no request
            throw new IllegalArgumentException("the body cannot be read: " + e.getMessage(), e);
        }
        if (rows.count() == 0) {
            throw new IllegalArgumentException("the body has no rows");
        }
    }

    private void status(HttpExchange exchange) throws IOException {
        require(exchange, "GET");
        Runtime runtime = Runtime.getRuntime();
        Queue.Counts counts = queue.counts();
        sendText(
                exchange,
                200,
                "under way " + counts.inside() + "\nrefused " + counts.refused() + "\nanswered " + counts.answered()
                        + "\nruns " + counts.runs() + "\nblocks " + blocks.allocated() + "\nheap "
                        + (runtime.totalMemory() - runtime.freeMemory()) + "\n");
    }

    private static void require(HttpExchange exchange, String method) {
        HttpContext context = exchange.getHttpContext();
        String path = exchange.getRequestURI().getPath();
        if (!path.equals(context.getPath())) {
            throw new Refusal(404, "there is no " + path);
        }
        if (!exchange.getRequestMethod().equals(method)) {
            exchange.getResponseHeaders().set("Allow", method);
            throw new Refusal(405, "the method is " + exchange.getRequestMethod() + ", and must be " + method);
        }
    }

    private void sendText(HttpExchange exchange, int status, @Nullable String text) throws IOException {
        byte[] bytes = (text == null ? "" : text).getBytes(StandardCharsets.UTF_8);
        Headers headers = exchange.getResponseHeaders();
        headers.set("Content-Type", "text/plain; charset=utf-8");
        if (status == 503) {
            headers.set("Retry-After", "1");
            if (queue.isClosed()) {
                headers.set("Connection", "close");
            }
        }
        boolean empty = bytes.length == 0 || exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, empty ? -1 : bytes.length);
        if (!empty) {
            exchange.getResponseBody().write(bytes);
            exchange.getResponseBody().flush(); // the end of the exchange waits for what is left of the body
        }
    }

    /** Refuses new requests, answers those that were admitted, and stops. */
    @Override
    public void close() {
        queue.close();
        server.stop(1); // for refusals that are being sent
        blocks.close();
    }

    /** Serves a package until the process is told to end: FILE PORT SIZE ..., of which the sizes are those of a row. */
    static void main(String[] args) throws IOException {
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[1]));
        long[] row = Stream.of(args).skip(2).mapToLong(Long::parseLong).toArray();
        CompiledModel model = CompiledModel.load(Path.of(args[0]));
        var service = new Service(address, rows -> model.run(rows).getFirst(), row, Limits.DEFAULT);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            service.close();
            model.close();
        }));
        IO.println("serving " + model + " on " + service.address());
    }
}
