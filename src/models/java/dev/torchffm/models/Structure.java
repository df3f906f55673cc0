package dev.torchffm.models;

import com.fasterxml.jackson.databind.JsonNode;
import dev.torchffm.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Lists and maps in place of a JSON text that has the tensors' numbers. */
final class Structure {

    private Structure() {}

    /** The structure with tensors for their numbers. */
    static @Nullable Object fill(JsonNode node, Map<Integer, Tensor> tensors) {
        return switch (node.getNodeType()) {
            case ARRAY -> list(node, tensors);
            case OBJECT -> map(node, tensors);
            case NULL -> null;
            default -> Objects.requireNonNull(tensors.get(node.asInt()));
        };
    }

    static List<@Nullable Object> list(JsonNode array, Map<Integer, Tensor> tensors) {
        var list = new ArrayList<@Nullable Object>();
        array.forEach(element -> list.add(fill(element, tensors)));
        return list;
    }

    static Map<String, @Nullable Object> map(JsonNode object, Map<Integer, Tensor> tensors) {
        var map = new LinkedHashMap<String, @Nullable Object>();
        object.properties().forEach(field -> map.put(field.getKey(), fill(field.getValue(), tensors)));
        return map;
    }

    /** The tensors by their numbers, of a value that must have the structure. */
    static Map<Integer, Tensor> tensors(JsonNode node, @Nullable Object value) {
        var tensors = new TreeMap<Integer, Tensor>();
        collect(node, value, tensors);
        return tensors;
    }

    private static void collect(JsonNode node, @Nullable Object value, Map<Integer, Tensor> tensors) {
        if (value instanceof List<?> list && node.isArray() && list.size() == node.size()) {
            for (int i = 0; i < list.size(); i++) {
                collect(node.get(i), list.get(i), tensors);
            }
        } else if (value instanceof Map<?, ?> map && node.isObject() && map.size() == node.size()) {
            map.forEach((name, element) -> collect(node.required((String) name), element, tensors));
        } else if (value instanceof Tensor tensor && node.isInt()) {
            tensors.put(node.asInt(), tensor);
        } else if (value != null || !node.isNull()) {
            throw new IllegalStateException("The result is " + value + ", and must be like " + node);
        }
    }
}
