package dev.torchffm.model;

import dev.torchffm.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The nested structure of a model's inputs or outputs, as PyTorch's pytree writes it (torch.utils._pytree, {@code
 * treespec_dumps}).
 *
 * @param type Python's type, such as {@code builtins.dict}; empty for a leaf
 * @param keys of a dict
 * @param parts in order
 */
record CallSpec(String type, List<String> keys, List<CallSpec> parts) {

    private static final String LIST = "builtins.list";
    private static final String TUPLE = "builtins.tuple";
    private static final List<String> DICTS = List.of("builtins.dict", "collections.OrderedDict");

    private static final long PROTOCOL = 1;

    /** Reads a spec. Empty text is one of a model that does not tell it. */
    static CallSpec parse(String text) {
        if (text.isEmpty()) {
            return new CallSpec("", List.of(), List.of());
        }
        try {
            if (Json.read(text) instanceof List<?> list
                    && list.size() == 2
                    && list.getFirst() instanceof Number protocol
                    && protocol.longValue() == PROTOCOL) {
                return of(list.getLast());
            }
        } catch (IOException e) {
            throw new IllegalArgumentException("the model's call spec cannot be read: " + e.getMessage(), e);
        }
        throw new IllegalArgumentException("the model's call spec is of an unknown version: " + text);
    }

    private static CallSpec of(@Nullable Object value) throws IOException {
        if (!(value instanceof Map<?, ?> map) || !(map.get("children_spec") instanceof List<?> children)) {
            throw new IOException("a part has no children_spec");
        }
        String type = Objects.requireNonNullElse(map.get("type"), "").toString();
        var parts = new ArrayList<CallSpec>();
        for (Object child : children) {
            parts.add(of(child));
        }
        List<String> keys = DICTS.contains(type) ? keys(String.valueOf(map.get("context")), parts.size()) : List.of();
        return new CallSpec(type, keys, List.copyOf(parts));
    }

    private static List<String> keys(String context, int count) throws IOException {
        if (Json.read(context) instanceof List<?> values) {
            List<String> keys = values.stream().map(String::valueOf).distinct().toList();
            if (values.size() == count && keys.size() == count) {
                return keys;
            }
        }
        throw new IOException("a dict's keys are " + context + ", and it has " + count + " parts");
    }

    private boolean isLeaf() {
        return type.isEmpty();
    }

    private boolean isSequence() {
        return type.equals(LIST) || type.equals(TUPLE);
    }

    private boolean isDict() {
        return DICTS.contains(type);
    }

    /** How many leaves it has; Python's numbers and strings are leaves too. */
    int leaves() {
        return isLeaf() ? 1 : parts.stream().mapToInt(CallSpec::leaves).sum();
    }

    /** A tensor in a structure, and where, such as {@code args[0].left}. */
    record Leaf(String path, Tensor tensor) {}

    /**
     * The tensors in a value of this structure, in order. Where there are more leaves than tensors, other values are left
     * out: they were fixed when the model was exported.
     */
    List<Leaf> flatten(List<?> args, Map<String, ?> kwargs, int tensorCount) {
        if (parts.size() != 2) {
            throw new IllegalArgumentException("the model does not tell the structure of its inputs: give them by run");
        }
        var tensors = new ArrayList<Leaf>();
        boolean othersAreFixed = leaves() > tensorCount;
        parts.getFirst().collect("args", args, othersAreFixed, tensors);
        parts.getLast().collect("kwargs", kwargs, othersAreFixed, tensors);
        return tensors;
    }

    private void collect(String name, @Nullable Object value, boolean othersAreFixed, List<Leaf> tensors) {
        if (isLeaf()) {
            if (value instanceof Tensor tensor) {
                tensors.add(new Leaf(name, tensor));
            } else if (!othersAreFixed) {
                throw mismatch(name, value, "a Tensor");
            }
        } else if (isSequence()) {
            if (!(value instanceof List<?> list) || list.size() != parts.size()) {
                throw mismatch(name, value, "a List of " + parts.size());
            }
            for (int i = 0; i < parts.size(); i++) {
                parts.get(i).collect(name + "[" + i + "]", list.get(i), othersAreFixed, tensors);
            }
        } else if (isDict()) {
            if (!(value instanceof Map<?, ?> map)
                    || map.size() != keys.size()
                    || !map.keySet().containsAll(keys)) {
                throw mismatch(name, value, "a Map with the keys " + keys);
            }
            for (int i = 0; i < parts.size(); i++) {
                String key = keys.get(i);
                parts.get(i).collect(name + "." + key, map.get(key), othersAreFixed, tensors);
            }
        } else {
            throw new IllegalArgumentException(
                    name + " is a " + type + " of Python, which has no form here: give the tensors by run");
        }
    }

    private static IllegalArgumentException mismatch(String name, @Nullable Object value, String rule) {
        String is =
                switch (value) {
                    case null -> "null";
                    case List<?> list -> "a List of " + list.size();
                    case Map<?, ?> map -> "a Map with the keys " + map.keySet();
                    default -> "a " + value.getClass().getName();
                };
        return new IllegalArgumentException(name + " is " + is + ", and must be " + rule);
    }

    /** Outputs in this structure. Python's other sequences are lists here. */
    @Nullable
    Object unflatten(List<@Nullable Object> tensors) {
        if (leaves() != tensors.size()) {
            throw new IllegalArgumentException("the model's outputs are not all tensors: take them by run");
        }
        return take(tensors.iterator());
    }

    private @Nullable Object take(Iterator<@Nullable Object> tensors) {
        if (isLeaf()) {
            return tensors.next();
        }
        if (isDict()) {
            var map = new LinkedHashMap<String, @Nullable Object>();
            for (int i = 0; i < parts.size(); i++) {
                map.put(keys.get(i), parts.get(i).take(tensors));
            }
            return Collections.unmodifiableMap(map);
        }
        var list = new ArrayList<@Nullable Object>();
        for (CallSpec part : parts) {
            list.add(part.take(tensors));
        }
        return Collections.unmodifiableList(list);
    }

    /** Such as {@code ({left: Tensor, right: [Tensor, Tensor]}, scale=Tensor)}. */
    @Override
    public String toString() {
        if (isLeaf()) {
            return "Tensor";
        }
        if (isDict()) {
            var entries = new ArrayList<String>();
            for (int i = 0; i < keys.size(); i++) {
                entries.add(keys.get(i) + ": " + parts.get(i));
            }
            return "{" + String.join(", ", entries) + "}";
        }
        String inner = parts.stream().map(CallSpec::toString).collect(Collectors.joining(", "));
        return type.equals(LIST) ? "[" + inner + "]" : "(" + inner + ")";
    }
}
