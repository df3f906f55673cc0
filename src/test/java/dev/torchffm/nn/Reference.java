package dev.torchffm.nn;

import static dev.torchffm.testing.TensorAssertions.assertAllClose;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.torchffm.DType;
import dev.torchffm.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** What PyTorch computed; reference.py beside the file says how. */
public final class Reference {

    public static final Path FOLDER = Path.of("src/test/resources/nn");

    private static final JsonNode ROOT = read();

    private Reference() {}

    private static JsonNode read() {
        try {
            return new ObjectMapper().readTree(FOLDER.resolve("reference.json").toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static Stream<Case> cases(String field) {
        return elements(ROOT.get(field)).map(Case::new);
    }

    static Case model() {
        return new Case(ROOT.get("model"));
    }

    private static Stream<JsonNode> elements(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
    }

    /** Bytes of a tensor's memory, as the file has them. */
    public static String hex(Tensor tensor) {
        var bytes = new byte[Math.toIntExact(tensor.numel() * tensor.dtype().byteSize())];
        tensor.copyTo(MemorySegment.ofArray(bytes));
        return HexFormat.of().formatHex(bytes);
    }

    /** A tensor over Java's memory of the bytes. */
    public static Tensor tensor(Arena arena, DType dtype, String hex, long... sizes) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        MemorySegment memory = arena.allocate(bytes.length, 64).copyFrom(MemorySegment.ofArray(bytes));
        long[] shape = sizes.length == 0 ? new long[] {bytes.length / dtype.byteSize()} : sizes;
        return Tensor.fromSegment(memory, dtype, shape);
    }

    /** Asserts that a tensor is near enough for sums taken in another order. */
    static void assertClose(Tensor expected, Tensor actual) {
        boolean doubles = expected.dtype() == DType.FLOAT64;
        assertAllClose(expected, actual, doubles ? 1e-13 : 1e-5, doubles ? 1e-14 : 1e-6);
    }

    /** One case; prints its short texts and numbers. */
    public record Case(JsonNode json) {

        public boolean has(String field) {
            return json.hasNonNull(field);
        }

        public String text(String field) {
            return json.get(field).asText();
        }

        public long integer(String field) {
            return json.get(field).asLong();
        }

        public JsonNode node(String field) {
            return json.get(field);
        }

        public List<String> texts(String field) {
            return elements(json.get(field)).map(JsonNode::asText).toList();
        }

        public DType dtype() {
            return DType.valueOf(text("dtype"));
        }

        public Tensor tensor(Arena arena, String field, long... sizes) {
            return Reference.tensor(arena, dtype(), text(field), sizes);
        }

        public void assertBits(String field, Tensor actual) {
            assertEquals(text(field), hex(actual), field);
        }

        @Override
        public String toString() {
            var text = new StringBuilder();
            json.properties().forEach(field -> {
                String value = field.getValue().toString();
                if (value.length() < 90) {
                    text.append(' ').append(field.getKey()).append(' ').append(value);
                }
            });
            return text.toString();
        }
    }

    /** The float of little-endian bytes. */
    static double real(String hex) {
        return MemorySegment.ofArray(HexFormat.of().parseHex(hex)).get(ValueLayout.JAVA_DOUBLE_UNALIGNED, 0);
    }
}
