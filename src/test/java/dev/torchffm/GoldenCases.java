package dev.torchffm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** The reference cases taken from PyTorch by src/oracle/golden.py, one JSON object a line. */
final class GoldenCases {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private GoldenCases() {}

    /** Those of the libtorch in use. */
    static Stream<GoldenCase> read(String name) {
        return ofAllVersions(name).filter(GoldenCase::isOfThisLibtorch);
    }

    static Stream<GoldenCase> ofAllVersions(String name) {
        var in = Objects.requireNonNull(GoldenCases.class.getResourceAsStream("/golden/" + name), name);
        return new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))
                .lines()
                .map(GoldenCases::parse);
    }

    private static GoldenCase parse(String line) {
        try {
            return new GoldenCase(MAPPER.readTree(line));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The text of a failure without what libtorch adds in further lines. */
    static String firstLine(TorchException failure) {
        return Objects.requireNonNull(failure.getMessage()).lines().findFirst().orElse("");
    }

    /** The bytes of the elements in row-major order. */
    static byte[] elements(Tensor tensor) {
        var bytes = new byte[(int) tensor.numel() * tensor.dtype().byteSize()];
        tensor.copyTo(MemorySegment.ofArray(bytes));
        return bytes;
    }

    /** One case; prints as its id. */
    record GoldenCase(JsonNode json) {

        String text(String field) {
            return json.get(field).asText();
        }

        boolean has(String field) {
            return json.hasNonNull(field);
        }

        byte[] bytes(String field) {
            return HexFormat.of().parseHex(text(field));
        }

        long[] longs(String field) {
            return StreamSupport.stream(json.get(field).spliterator(), false)
                    .mapToLong(JsonNode::asLong)
                    .toArray();
        }

        DType dtype(String field) {
            return DType.valueOf(text(field).toUpperCase(Locale.ROOT));
        }

        /** A case of no versions has one answer from all. */
        private boolean isOfThisLibtorch() {
            return !has("versions")
                    || StreamSupport.stream(json.get("versions").spliterator(), false)
                            .anyMatch(version -> Libtorch.isVersion(version.asText()));
        }

        /** A Number is never a bool; it counts as 0 or 1 for every tensor but a bool one, which would stay one. */
        boolean needsBoolBound() {
            return text("dtype").equals("bool")
                    && Stream.of("min", "max")
                            .anyMatch(name -> has(name)
                                    && json.get(name).get("kind").asText().equals("bool"));
        }

        @Nullable
        Number bound(String field) {
            if (!has(field)) {
                return null;
            }
            JsonNode value = json.get(field).get("value");
            return switch (json.get(field).get("kind").asText()) {
                case "int" -> value.asLong();
                case "bool" -> value.asBoolean() ? 1 : 0;
                default -> real(value);
            };
        }

        private static double real(JsonNode value) {
            return switch (value.asText()) {
                case "nan" -> Double.NaN;
                case "inf" -> Double.POSITIVE_INFINITY;
                case "-inf" -> Double.NEGATIVE_INFINITY;
                default -> Double.parseDouble(value.asText());
            };
        }

        /** The whole storage in native memory. */
        MemorySegment storage(Arena arena) {
            byte[] bytes = bytes("storage");
            MemorySegment storage = arena.allocate(bytes.length, 64);
            storage.copyFrom(MemorySegment.ofArray(bytes));
            return storage;
        }

        /** The result of the case's operator. */
        Tensor apply(Tensor self) {
            Number min = bound("min");
            Number max = bound("max");
            return switch (text("op")) {
                case "clamp" -> self.clamp(min, max);
                case "clamp_" -> self.clamp_(min, max);
                case "clamp_min" -> self.clampMin(Objects.requireNonNull(min));
                case "clamp_min_" -> self.clampMin_(Objects.requireNonNull(min));
                case "clamp_max" -> self.clampMax(Objects.requireNonNull(max));
                case "clamp_max_" -> self.clampMax_(Objects.requireNonNull(max));
                case "relu" -> self.relu();
                case "relu_" -> self.relu_();
                default -> throw new AssertionError(text("op"));
            };
        }

        @Override
        public String toString() {
            return text("id");
        }
    }
}
