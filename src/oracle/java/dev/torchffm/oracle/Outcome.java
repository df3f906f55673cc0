package dev.torchffm.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One answer beside PyTorch's.
 *
 * @param difference what differs first and how, or null where nothing does
 */
record Outcome(String verb, @Nullable String difference, JsonNode expected, JsonNode actual) {

    static Outcome of(String verb, JsonNode expected, JsonNode actual) {
        return new Outcome(verb, difference(expected, actual), expected, actual);
    }

    boolean isExact() {
        return difference == null;
    }

    private static @Nullable String difference(JsonNode expected, JsonNode actual) {
        boolean failed = expected.has("error");
        if (actual.has("refused")) {
            return failed ? null : "refused: " + actual.get("refused").asText();
        }
        if (failed != actual.has("error")) {
            return failed
                    ? "accepted: " + expected.get("error").asText()
                    : "failed: " + actual.get("error").asText();
        }
        return field("", expected, actual);
    }

    /** The name of the first field that differs. */
    private static @Nullable String field(String name, JsonNode expected, JsonNode actual) {
        if (name.equals("float")) {
            return Json.real(expected).equals(Json.real(actual)) ? null : "differs: " + name;
        }
        if (expected.isNumber() && actual.isNumber()) {
            return expected.decimalValue().compareTo(actual.decimalValue()) == 0 ? null : "differs: " + name;
        }
        if (name.equals("error")) {
            return expected.equals(actual) ? null : "differs: error: " + expected.asText();
        }
        if (!expected.isContainerNode() || expected.getNodeType() != actual.getNodeType()) {
            return expected.equals(actual) ? null : "differs: " + name;
        }
        if (expected.size() != actual.size()) {
            return "differs: number of " + (name.isEmpty() ? "values" : name);
        }
        if (expected.isArray()) {
            for (int i = 0; i < expected.size(); i++) {
                String inner = field(name, expected.get(i), actual.get(i));
                if (inner != null) {
                    return inner;
                }
            }
            return null;
        }
        for (Map.Entry<String, JsonNode> one : expected.properties()) {
            String inner = actual.has(one.getKey())
                    ? field(one.getKey(), one.getValue(), actual.get(one.getKey()))
                    : "differs: " + one.getKey();
            if (inner != null) {
                return inner;
            }
        }
        return null;
    }
}
