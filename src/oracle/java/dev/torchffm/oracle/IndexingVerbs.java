package dev.torchffm.oracle;

import static java.util.Map.entry;

import dev.torchffm.DType;
import dev.torchffm.Index;
import dev.torchffm.Results;
import dev.torchffm.Slice;
import dev.torchffm.Tensor;
import java.lang.foreign.Arena;
import java.lang.reflect.Array;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Parts of a tensor, tensors of nested arrays, and operators by names without an overload. */
final class IndexingVerbs {

    private IndexingVerbs() {}

    static Map<String, Verb> all() {
        return Map.ofEntries(
                entry("Tensor.size(long)", a -> a.tensor(0).size(a.integer(1))),
                entry("Tensor.get(long)", a -> a.tensor(0).get(a.integer(1))),
                entry("Tensor.at(long)", a -> a.tensor(0).at(a.integer(1))),
                entry("Tensor.at(Slice[])", a -> a.tensor(0).at(slices(a.list(1)))),
                entry("Tensor.at(Object[])", a -> a.tensor(0).at(mixed(a.list(1)))),
                entry("copy_to_part", a -> a.tensor(0).at(mixed(a.list(1))).copy_(a.tensor(2))),
                entry(
                        "Selection.toTensor()",
                        a -> a.tensor(0).at(indices(a.list(1))).toTensor()),
                entry("Selection.copy_(Tensor)", a -> {
                    a.tensor(0).at(indices(a.list(1))).copy_(a.tensor(2));
                    return null;
                }),
                entry("Selection.fill_(Number)", a -> {
                    a.tensor(0).at(indices(a.list(1))).fill_(a.number(2));
                    return null;
                }),
                entry("Tensor.of(Object[])", a -> Tensor.of(arrays(a))),
                entry("Tensor.of(Arena,Object[])", a -> Tensor.of(Arena.ofAuto(), arrays(a))),
                entry("call_method", IndexingVerbs::called));
    }

    // ---- indices ----

    private static Index index(@Nullable Object part) {
        return switch (part) {
            case null -> Slice.newAxis();
            case String _ -> Slice.ellipsis();
            case Long place -> Slice.at(place);
            case List<?> bounds -> slice(bounds.get(0), bounds.get(1), bounds.get(2));
            default -> (Tensor) part;
        };
    }

    private static Slice slice(@Nullable Object start, @Nullable Object end, @Nullable Object step) {
        Slice range = start == null
                ? end == null ? Slice.all() : Slice.to((Long) end)
                : end == null ? Slice.from((Long) start) : Slice.of((Long) start, (Long) end);
        return step == null ? range : range.step((Long) step);
    }

    private static Index[] indices(List<?> parts) {
        return parts.stream().map(IndexingVerbs::index).toArray(Index[]::new);
    }

    private static Slice[] slices(List<?> parts) {
        return Stream.of(indices(parts)).map(Slice.class::cast).toArray(Slice[]::new);
    }

    /** Numbers and null as such. */
    private static @Nullable Object[] mixed(List<?> parts) {
        return parts.stream()
                .map(part -> part == null || part instanceof Long ? part : index(part))
                .toArray();
    }

    // ---- nested arrays ----

    private static Object[] arrays(Arguments a) {
        Class<?> type =
                switch (a.dtype(0)) {
                    case FLOAT32 -> float.class;
                    case FLOAT64 -> double.class;
                    case INT64 -> long.class;
                    case INT32 -> int.class;
                    case INT16 -> short.class;
                    case INT8 -> byte.class;
                    case BOOL -> boolean.class;
                    default -> throw new AssertionError(a.dtype(0));
                };
        for (int i = 1; i < a.integer(1); i++) {
            type = type.arrayType();
        }
        return (Object[]) array(type, a.list(2));
    }

    private static Object array(Class<?> element, List<?> values) {
        Object array = Array.newInstance(element, values.size());
        for (int i = 0; i < values.size(); i++) {
            Object value = values.get(i);
            Array.set(
                    array, i, value instanceof List<?> row ? array(element.componentType(), row) : as(element, value));
        }
        return array;
    }

    private static @Nullable Object as(Class<?> element, @Nullable Object value) {
        return switch (element.getName()) {
            case "float" -> ((Number) value).floatValue();
            case "int" -> ((Number) value).intValue();
            case "short" -> ((Number) value).shortValue();
            case "byte" -> ((Number) value).byteValue();
            default -> value;
        };
    }

    // ---- operators ----

    private static @Nullable Object called(Arguments a) {
        @Nullable
        Object[] more = a.values().stream().skip(2).map(OperatorVerbs::argument).toArray();
        Results results = a.tensor(1).call(a.text(0), more);
        List<@Nullable Object> seen = results.stream()
                .map(result -> result instanceof DType dtype ? dtype.name() : result)
                .toList();
        return seen.size() == 1 ? seen.getFirst() : seen;
    }
}
