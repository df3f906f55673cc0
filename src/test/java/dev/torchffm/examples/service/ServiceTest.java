package dev.torchffm.examples.service;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.Mode;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.model.CompiledModel;
import dev.torchffm.nn.Linear;
import dev.torchffm.nn.MyReLU;
import dev.torchffm.nn.Sequential;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.ConnectException;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The promises of the service, by real sockets. */
@Timeout(60)
final class ServiceTest {

    private static final Path MLP = Path.of("src/test/resources/dev/torchffm/model/mlp.pt2");
    private static final Duration HOUR = Duration.ofHours(1);

    /** The sizes of the batches that the model was given. */
    private final List<Long> batches = Collections.synchronizedList(new ArrayList<>());

    private Tensor twice(Tensor rows) {
        batches.add(rows.size(0));
        return rows.add(rows);
    }

    /** A service of rows of two numbers. */
    private static Service serve(UnaryOperator<Tensor> model, Limits limits) throws IOException {
        return new Service(TestClient.ANY, model, new long[] {2}, limits);
    }

    private static Limits limits(int requests, long memory, int batch, Duration patience) {
        return new Limits(requests, memory, 1 << 20, batch, patience);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    // ---- formats ----

    @Test
    void jsonIsAnsweredInJson() throws IOException {
        try (Service service = serve(this::twice, Limits.DEFAULT);
                var client = new TestClient(service)) {
            assertEquals("200 [[2.0,-3.0],[8.0,0.25]]", client.post("[[1,-1.5],[4e0,0.125]]"));
            String refusal = client.post("[[1,2],\n no");
            assertTrue(refusal.startsWith("400 line 2, column 2: Unrecognized token 'no'"), refusal);
        }
    }

    @Test
    void rowsMayHaveSeveralDimensions() throws IOException {
        try (Service service = new Service(TestClient.ANY, this::twice, new long[] {2, 1}, Limits.DEFAULT);
                var client = new TestClient(service)) {
            assertEquals("200 [[[2.0],[4.0]]]", client.post("[[[1],[2]]]"));
            assertEquals("400 line 1, column 6: a list has 1 elements, and must have 2", client.post("[[[1]]]"));
        }
    }

    @Test
    void rawFloatsAreAnsweredInRawFloats() throws IOException {
        float[] many = new float[50_000]; // longer than an answer that is sent at once
        many[49_999] = 3;
        try (Service service = serve(this::twice, Limits.DEFAULT);
                var client = new TestClient(service)) {
            HttpResponse<byte[]> response = client.post(TestClient.RAW, bytes(many));
            many[49_999] = 6;
            assertArrayEquals(bytes(many), response.body());
            assertEquals(List.of(TestClient.RAW), response.headers().map().get("Content-Type"));
        }
    }

    private static byte[] bytes(float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return bytes.array();
    }

    @Test
    void arrowIsAnsweredInArrow() throws IOException {
        try (Service service = serve(this::twice, Limits.DEFAULT);
                var client = new TestClient(service)) {
            HttpResponse<byte[]> response = client.post(
                    "application/vnd.apache.arrow.stream", arrow(new float[] {1, 2}, new float[] {3, 4, 5, 6}));
            assertArrayEquals(new float[] {2, 4, 6, 8, 10, 12}, values(response.body()));
        }
    }

    private static byte[] arrow(float[]... batches) throws IOException {
        var floats =
                new Field("x", FieldType.nullable(new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE)), null);
        var rows = new Field("rows", FieldType.nullable(new ArrowType.FixedSizeList(2)), List.of(floats));
        var bytes = new ByteArrayOutputStream();
        try (var allocator = new RootAllocator();
                var root = VectorSchemaRoot.create(new Schema(List.of(rows)), allocator);
                var writer = new ArrowStreamWriter(root, null, bytes)) {
            for (float[] batch : batches) {
                var list = (FixedSizeListVector) root.getVector(0);
                var data = (Float4Vector) list.getDataVector();
                for (int i = 0; i < batch.length; i++) {
                    data.setSafe(i, batch[i]);
                    list.setNotNull(i / 2);
                }
                data.setValueCount(batch.length);
                root.setRowCount(batch.length / 2);
                writer.writeBatch();
            }
        }
        return bytes.toByteArray();
    }

    /** Every byte in turn takes other values: of lengths, offsets, counts, types and what points to them. */
    @Test
    void aWrongArrowStreamIsNoFailureOfTheService() throws IOException {
        byte[] right = arrow(new float[] {1, 2});
        try (var blocks = new Blocks(1 << 20)) {
            for (int at = 0; at < right.length; at++) {
                for (int value : new int[] {0, 1, 4, 127, 128, 255}) {
                    byte[] wrong = right.clone();
                    wrong[at] = (byte) value;
                    try (var rows = new Rows(blocks, 2)) {
                        ArrowFormat.INSTANCE.read(new ByteArrayInputStream(wrong), rows);
                        rows.tensor(Arena.ofAuto());
                    } catch (IllegalArgumentException e) {
                        assertTrue(e.getMessage().startsWith("the body is no Arrow stream"), e.getMessage());
                    }
                }
            }
        }
    }

    private static float[] values(byte[] stream) throws IOException {
        try (var allocator = new RootAllocator();
                var reader = new ArrowStreamReader(new ByteArrayInputStream(stream), allocator)) {
            assertTrue(reader.loadNextBatch());
            var data = (Float4Vector)
                    ((FixedSizeListVector) reader.getVectorSchemaRoot().getVector(0)).getDataVector();
            float[] values = new float[data.getValueCount()];
            for (int i = 0; i < values.length; i++) {
                values[i] = data.get(i);
            }
            return values;
        }
    }

    @Test
    void whatFollowsWrongChunksIsNoRequest() throws IOException {
        String chunked =
                "POST /run HTTP/1.1\r\nContent-Type: " + TestClient.RAW + "\r\nTransfer-Encoding: chunked\r\n\r\n";
        try (Service service = serve(this::twice, Limits.DEFAULT);
                var socket = new Socket(
                        service.address().getAddress(), service.address().getPort())) {
            socket.getOutputStream()
                    .write((chunked + "0\r\nXGET /status HTTP/1.1\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            assertTrue(answer.endsWith("\r\n\r\nthe body cannot be read: invalid chunk end"), answer);
        }
    }

    // ---- models ----

    @Test
    void aCompiledModelRuns() throws IOException {
        try (CompiledModel model = CompiledModel.load(MLP);
                Service service = new Service(
                        TestClient.ANY, rows -> model.run(rows).getFirst(), new long[] {16}, Limits.DEFAULT);
                var client = new TestClient(service)) {
            Tensor ones = Torch.ones(3, 16);
            byte[] answer =
                    client.post(TestClient.RAW, bytes(ones.toFloatArray())).body();
            assertArrayEquals(bytes(model.run(ones).getFirst().toFloatArray()), answer);
            String refusal = TestClient.text(client.post(TestClient.RAW, new byte[64 * 2000]));
            assertTrue(refusal.startsWith("400 inputs[0]"), refusal);
        }
    }

    @Test
    void aModuleRuns() throws IOException {
        var module = new Sequential(new Linear(2, 8), new MyReLU(), new Linear(8, 1));
        UnaryOperator<Tensor> model = rows -> {
            try (Mode _ = Torch.inferenceMode()) {
                return module.forward(rows);
            }
        };
        try (Service service = serve(model, Limits.DEFAULT);
                var client = new TestClient(service)) {
            float[] expected = module.forward(Tensor.of(1f, 2f).reshape(1, 2)).toFloatArray();
            assertArrayEquals(
                    bytes(expected), client.post(TestClient.RAW, bytes(1, 2)).body());
        }
    }

    @Test
    void aModelThatMakesNoRowsIsAFailureOfTheService() throws IOException {
        List<UnaryOperator<Tensor>> models = List.of(Tensor::sum, rows -> rows.narrow(1, 0, 0));
        for (UnaryOperator<Tensor> model : models) {
            try (Service service = serve(model, Limits.DEFAULT);
                    var client = new TestClient(service)) {
                String answer = client.post("[[1,2]]");
                assertTrue(answer.startsWith("500 java.lang.IllegalStateException: of 1 rows the model made"), answer);
            }
        }
    }

    @Test
    void rowsHaveSizes() {
        var refusal = assertThrows(
                IllegalArgumentException.class,
                () -> new Service(TestClient.ANY, this::twice, new long[] {2, 0}, Limits.DEFAULT));
        assertEquals("row is [2, 0], and must have sizes of 1 or more", refusal.getMessage());
    }

    // ---- batches ----

    @Test
    void requestsThatAreReadTogetherAreRunTogether() throws IOException, InterruptedException {
        assertEquals(List.of(4L), batchesOfThreeRequests(limits(9, 1 << 20, 64, HOUR)));
    }

    @Test
    void aFullBatchWaitsNoLonger() throws IOException, InterruptedException {
        assertEquals(List.of(3L, 1L), batchesOfThreeRequests(limits(9, 1 << 20, 3, HOUR)));
    }

    @Test
    void patienceEnds() throws IOException, InterruptedException {
        List<Long> sizes = batchesOfThreeRequests(limits(9, 1 << 20, 64, Duration.ofMillis(1)));
        assertEquals(1L, sizes.getLast());
        assertTrue(sizes.size() > 1, sizes::toString);
    }

    /** A request of one row is read until two others, of one and two rows, are there. */
    private List<Long> batchesOfThreeRequests(Limits limits) throws IOException, InterruptedException {
        boolean patient = limits.patience().equals(HOUR) && limits.batch() > 3;
        try (Service service = serve(this::twice, limits);
                var client = new TestClient(service)) {
            try (Socket slow = client.start("[[1,2]]", 3)) {
                client.awaitUnderWay(1);
                CompletableFuture<HttpResponse<byte[]>> second = client.begin("[[3,4]]");
                CompletableFuture<HttpResponse<byte[]>> third = client.begin("[[5,6],[7,8]]");
                if (patient) {
                    client.awaitUnderWay(3);
                } else {
                    CompletableFuture.allOf(second, third).join();
                }
                slow.getOutputStream().write(",2]]".getBytes(StandardCharsets.US_ASCII));
                String first = new String(slow.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
                assertTrue(first.endsWith("\r\n\r\n[[2.0,4.0]]"), first);
                assertEquals("200 [[6.0,8.0]]", TestClient.text(second.join()));
                assertEquals("200 [[10.0,12.0],[14.0,16.0]]", TestClient.text(third.join()));
            }
        }
        return batches;
    }

    @Test
    void aRequestThatTheModelRefusesFailsAlone() throws IOException, InterruptedException {
        UnaryOperator<Tensor> strict = rows -> {
            if (rows.lt(0).any().item().intValue() != 0) {
                throw new IllegalArgumentException("a number is negative");
            }
            return twice(rows);
        };
        try (Service service = serve(strict, limits(9, 1 << 20, 64, HOUR));
                var client = new TestClient(service);
                Socket slow = client.start("[[1,2]]", 3)) {
            client.awaitUnderWay(1);
            CompletableFuture<HttpResponse<byte[]>> bad = client.begin("[[-3,4]]");
            CompletableFuture<HttpResponse<byte[]>> good = client.begin("[[5,6]]");
            client.awaitUnderWay(3);
            slow.getOutputStream().write(",2]]".getBytes(StandardCharsets.US_ASCII));
            assertEquals("400 a number is negative", TestClient.text(bad.join()));
            assertEquals("200 [[10.0,12.0]]", TestClient.text(good.join()));
        }
    }

    @Test
    void memoryIsUsedAgain() throws IOException {
        List<Long> addresses = Collections.synchronizedList(new ArrayList<>());
        UnaryOperator<Tensor> model = rows -> {
            addresses.add(rows.segment().address());
            return rows;
        };
        try (Service service = serve(model, Limits.DEFAULT);
                var client = new TestClient(service)) {
            client.post("[[1,2]]");
            client.post("[[3,4]]");
        }
        assertEquals(addresses.getFirst(), addresses.getLast());
    }

    // ---- bounds ----

    @Test
    void moreRequestsThanMayBeUnderWayAreRefused() throws IOException, InterruptedException {
        var release = new CountDownLatch(1);
        var refused = new CountDownLatch(3);
        UnaryOperator<Tensor> model = rows -> {
            await(release);
            return rows;
        };
        try (Service service = serve(model, limits(2, 1 << 20, 64, Duration.ZERO));
                var client = new TestClient(service)) {
            List<CompletableFuture<Integer>> five = Stream.generate(() -> client.begin("[[1,2]]"))
                    .limit(5)
                    .map(begun -> begun.thenApply(response -> {
                        if (response.headers().map().containsKey("Retry-After")) {
                            refused.countDown();
                        }
                        return response.statusCode();
                    }))
                    .toList();
            refused.await();
            release.countDown();
            assertEquals(
                    List.of(200, 200, 503, 503, 503),
                    five.stream().map(CompletableFuture::join).sorted().toList());
        }
    }

    @Test
    void moreMemoryThanThereIsIsRefused() throws IOException {
        try (Service service = serve(this::twice, limits(9, 16384, 64, Duration.ZERO));
                var client = new TestClient(service)) {
            assertEquals(
                    "503 all 16384 bytes of the service's memory are in use; try again later",
                    TestClient.text(client.post(TestClient.RAW, new byte[16384])));
            assertEquals("200 [[2.0,4.0]]", client.post("[[1,2]]"));
        }
    }

    @Test
    void aSlowClientIsCutOff() throws IOException, InterruptedException {
        try (Service service = serve(this::twice, limits(1, 1 << 20, 64, HOUR));
                var client = new TestClient(service);
                Socket slow = client.start("[[1,2]]", 3)) {
            assertEquals(-1, slow.getInputStream().read());
            client.awaitUnderWay(0); // its place is free again
            assertEquals("200 [[2.0,4.0]]", client.post("[[1,2]]"));
        }
    }

    // ---- the end ----

    @Test
    void closingAnswersWhatWasAccepted() throws Exception {
        var started = new CountDownLatch(1);
        var release = new CountDownLatch(1);
        UnaryOperator<Tensor> model = rows -> {
            started.countDown();
            await(release);
            return twice(rows);
        };
        Service service = serve(model, Limits.DEFAULT);
        try (var client = new TestClient(service)) {
            CompletableFuture<HttpResponse<byte[]>> accepted = client.begin("[[1,2]]");
            started.await();
            Thread closing = Thread.ofVirtual().start(service::close);
            String refusal;
            do {
                refusal = client.post("no JSON"); // until closing has begun
            } while (refusal.startsWith("400"));
            assertEquals("503 the service is closing; try again later", refusal);
            release.countDown();
            assertEquals("200 [[2.0,4.0]]", TestClient.text(accepted.join()));
            closing.join();
            service.close(); // nothing is left to do
            assertThrows(ConnectException.class, () -> client.start("", 0));
        }
    }
}
