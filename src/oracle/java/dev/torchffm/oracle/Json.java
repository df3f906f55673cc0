package dev.torchffm.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.torchffm.DType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A program's values as the generator writes them. */
final class Json {

    static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    static final JsonNode NULL = NODES.nullNode();

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private Json() {}

    static JsonNode parse(String line) {
        try {
            return MAPPER.readTree(line);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The Java value of an argument. */
    static @Nullable Object value(JsonNode node, Map<String, @Nullable Object> variables) {
        return switch (node.getNodeType()) {
            case NULL -> null;
            case BOOLEAN -> node.asBoolean();
            case STRING -> node.asText();
            case NUMBER -> {
                if (!node.canConvertToLong()) {
                    throw new IllegalArgumentException("no long holds " + node);
                }
                yield node.asLong();
            }
            case ARRAY -> {
                var list = new ArrayList<@Nullable Object>();
                node.forEach(one -> list.add(value(one, variables)));
                yield list;
            }
            default -> tagged(node, variables);
        };
    }

    private static @Nullable Object tagged(JsonNode node, Map<String, @Nullable Object> variables) {
        Map.Entry<String, JsonNode> field = node.properties().iterator().next();
        String text = field.getValue().asText();
        return switch (field.getKey()) {
            case "var" -> variables.get(text);
            case "dtype" -> DType.valueOf(text);
            case "bytes" -> HexFormat.of().parseHex(text);
            case "float" -> real(text);
            case "dict" -> {
                var map = new LinkedHashMap<String, @Nullable Object>();
                field.getValue().properties().forEach(one -> map.put(one.getKey(), value(one.getValue(), variables)));
                yield map;
            }
            default -> throw new AssertionError(node);
        };
    }

    /** Reads what Python's float.hex writes. */
    private static double real(String text) {
        return switch (text) {
            case "nan" -> Double.NaN;
            case "inf" -> Double.POSITIVE_INFINITY;
            case "-inf" -> Double.NEGATIVE_INFINITY;
            default -> Double.parseDouble(text);
        };
    }

    /** Writes a double as Python's float.hex does, but for the digits that say nothing. */
    static String hex(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        return Double.isInfinite(value) ? value > 0 ? "inf" : "-inf" : Double.toHexString(value);
    }

    static JsonNode real(JsonNode node) {
        return NODES.textNode(hex(real(node.asText())));
    }
}
