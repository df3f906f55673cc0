package dev.torchffm.examples.service.load;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** What is sent, to the byte. */
record Request(String name, byte[] bytes) {

    private static final int WIDTH = 16;

    static Request post(String name, String type, byte[] body) {
        byte[] head = ("POST /run HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + type + "\r\nContent-Length: "
                        + body.length + "\r\n\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
        byte[] all = Arrays.copyOf(head, head.length + body.length);
        System.arraycopy(body, 0, all, head.length, body.length);
        return new Request(name, all);
    }

    static Request json(int rows) {
        float[][] values = values(rows);
        return post(
                "JSON, " + named(rows),
                "application/json",
                Arrays.deepToString(values).getBytes(StandardCharsets.UTF_8));
    }

    static Request raw(int rows) {
        ByteBuffer body = ByteBuffer.allocate(rows * WIDTH * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (float[] row : values(rows)) {
            for (float value : row) {
                body.putFloat(value);
            }
        }
        return post("raw floats, " + named(rows), "application/octet-stream", body.array());
    }

    private static String named(int rows) {
        return rows == 1 ? "1 row" : rows + " rows";
    }

    private static float[][] values(int rows) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(17);
        float[][] values = new float[rows][WIDTH];
        for (float[] row : values) {
            for (int i = 0; i < WIDTH; i++) {
                row[i] = (float) random.nextGaussian();
            }
        }
        return values;
    }
}
