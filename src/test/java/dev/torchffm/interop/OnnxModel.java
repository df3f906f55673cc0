package dev.torchffm.interop;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * A model of one operator, as the bytes of an ONNX file: a protobuf message. The numbers are the fields' of onnx.proto;
 * source: the ONNX page "Open Neural Network Exchange Intermediate Representation Specification".
 */
final class OnnxModel {

    private static final int IR_VERSION = 8;
    private static final int OPSET = 13;

    private OnnxModel() {}

    /**
     * The model.
     *
     * @param operator such as {@code Relu}
     * @param type the number of the inputs' and the output's type, of any shape; 1 is float
     * @param inputs the inputs' names; the output's is y
     */
    static byte[] of(String operator, int type, String... inputs) {
        var node = new Message();
        var graph = new Message();
        for (String input : inputs) {
            node.put(1, input);
        }
        graph.put(1, node.put(2, "y").put(4, operator)).put(2, "graph");
        for (String input : inputs) {
            graph.put(11, value(input, type));
        }
        graph.put(12, value("y", type));
        return new Message()
                .put(1, IR_VERSION)
                .put(7, graph)
                .put(8, new Message().put(2, OPSET))
                .bytes
                .toByteArray();
    }

    private static Message value(String name, int type) {
        return new Message().put(1, name).put(2, new Message().put(1, new Message().put(1, type)));
    }

    /** A protobuf message that is written field by field. */
    private static final class Message {

        private static final int VARINT = 0;
        private static final int LENGTH_DELIMITED = 2;

        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        private void varint(long value) {
            long rest = value;
            for (; rest > 0x7F; rest >>>= 7) {
                bytes.write((int) (rest & 0x7F | 0x80));
            }
            bytes.write((int) rest);
        }

        Message put(int field, long value) {
            varint(field << 3 | VARINT);
            varint(value);
            return this;
        }

        Message put(int field, byte[] value) {
            varint(field << 3 | LENGTH_DELIMITED);
            varint(value.length);
            bytes.writeBytes(value);
            return this;
        }

        Message put(int field, String value) {
            return put(field, value.getBytes(StandardCharsets.UTF_8));
        }

        Message put(int field, Message value) {
            return put(field, value.bytes.toByteArray());
        }
    }
}
