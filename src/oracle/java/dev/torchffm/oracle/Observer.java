package dev.torchffm.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.torchffm.Tensor;
import dev.torchffm.TorchException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Writes what a call gave in the generator's form. */
record Observer(Map<String, @Nullable Object> variables, Map<String, MemorySegment> storages) {

    static JsonNode error(TorchException failure) {
        String text = Objects.requireNonNull(failure.getMessage());
        return Json.NODES.objectNode().put("error", text.lines().findFirst().orElse(""));
    }

    /** An exception of the library's own, made before libtorch was asked. */
    static JsonNode refusal(RuntimeException refusal) {
        return Json.NODES.objectNode().put("refused", refusal.getClass().getSimpleName() + ": " + refusal.getMessage());
    }

    JsonNode observe(@Nullable Object value, JsonNode expected) {
        return switch (value) {
            case null -> Json.NULL;
            case Tensor tensor -> tensor(tensor, expected);
            case Boolean truth -> Json.NODES.booleanNode(truth);
            case Long integer -> Json.NODES.numberNode(integer);
            case Integer integer -> Json.NODES.numberNode(integer);
            case Double real -> Json.NODES.objectNode().put("float", Json.hex(real));
            case String text -> Json.NODES.textNode(text);
            case List<?> list -> {
                ArrayNode array = Json.NODES.arrayNode();
                for (int i = 0; i < list.size(); i++) {
                    array.add(observe(list.get(i), expected.path(i)));
                }
                yield array;
            }
            case Map<?, ?> map -> {
                ObjectNode fields = Json.NODES.objectNode();
                map.forEach((key, one) -> fields.set(
                        (String) key, observe(one, expected.path("dict").path((String) key))));
                yield Json.NODES.objectNode().set("dict", fields);
            }
            default -> Json.NODES.objectNode().put("object", value.toString());
        };
    }

    private JsonNode tensor(Tensor tensor, JsonNode expected) {
        for (Map.Entry<String, @Nullable Object> variable : variables.entrySet()) {
            if (variable.getValue() == tensor) {
                return Json.NODES.objectNode().put("same", variable.getKey());
            }
        }
        ObjectNode seen = describe(tensor);
        @Nullable String owner = expected.has("at") ? expected.get("at").get(0).asText() : owner(tensor);
        if (owner != null && variables.get(owner) instanceof Tensor other) {
            seen.putArray("at").add(owner).add(tensor.dataPtr() - other.dataPtr());
        }
        return seen;
    }

    /** The input whose memory the tensor stands on. */
    private @Nullable String owner(Tensor tensor) {
        for (Map.Entry<String, MemorySegment> storage : storages.entrySet()) {
            long place = tensor.dataPtr() - storage.getValue().address();
            if (tensor.numel() > 0 && place >= 0 && place < storage.getValue().byteSize()) {
                return storage.getKey();
            }
        }
        return null;
    }

    /** What has become of a variable. */
    JsonNode look(String name) {
        Tensor tensor = (Tensor) Objects.requireNonNull(variables.get(name));
        ObjectNode seen = describe(tensor);
        MemorySegment storage = storages.get(name);
        if (storage != null) {
            seen.put("storage", HexFormat.of().formatHex(storage.toArray(ValueLayout.JAVA_BYTE)));
        }
        Tensor grad = tensor.grad();
        return seen.set("grad", grad == null ? Json.NULL : describe(grad));
    }

    private static ObjectNode describe(Tensor tensor) {
        ObjectNode seen = Json.NODES.objectNode();
        seen.put("dtype", tensor.dtype().name());
        seen.set("sizes", array(tensor.sizes()));
        seen.set("strides", array(tensor.strides()));
        seen.put("requires_grad", tensor.requiresGrad());
        return seen.put("bits", bits(tensor));
    }

    /** The bytes of the elements in row-major order. */
    static String bits(Tensor tensor) {
        var bytes = new byte[Math.toIntExact(tensor.numel() * tensor.dtype().byteSize())];
        tensor.copyTo(MemorySegment.ofArray(bytes));
        return HexFormat.of().formatHex(bytes);
    }

    private static ArrayNode array(long[] values) {
        ArrayNode array = Json.NODES.arrayNode();
        for (long value : values) {
            array.add(value);
        }
        return array;
    }
}
