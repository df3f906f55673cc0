package dev.torchffm.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.TorchException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Every generated method does what its operator does by name, bit for bit. */
final class TypedMethodTest {

    /** Of these the elements are whatever the memory held. */
    private static boolean isUndefined(String operator) {
        return operator.contains("empty") || operator.contains("resize");
    }

    /** What src/oracle/typed.py has written: for each operator one call that succeeds. */
    private static Map<String, JsonNode> calls() throws Exception {
        var calls = new TreeMap<String, JsonNode>();
        for (String line : Files.readAllLines(Path.of("src/test/resources/dev/torchffm/oracle/typed.jsonl"))) {
            JsonNode steps = Json.parse(line).get("steps");
            calls.put(steps.get(steps.size() - 1).get("do").asText(), steps);
        }
        return calls;
    }

    /** The arguments of a call, anew. */
    private static @Nullable Object[] arguments(Arena arena, JsonNode steps) {
        var variables = new LinkedHashMap<String, @Nullable Object>();
        for (JsonNode step : steps) {
            if (step.get("do").asText().equals("tensor")) {
                variables.put(step.get("as").asText(), Program.tensor(arena, step));
            }
        }
        var arguments = new ArrayList<@Nullable Object>();
        for (JsonNode argument : steps.get(steps.size() - 1).get("args")) {
            arguments.add(OperatorVerbs.argument(Json.value(argument, variables)));
        }
        return arguments.toArray();
    }

    /** As many as the method passes; a number for a list, and something for None, where it takes no other. */
    private static @Nullable Object[] fitting(TypedMethod method, @Nullable Object[] arguments) {
        @Nullable Object[] given = Arrays.copyOf(arguments, method.given());
        for (int place = 0; place < given.length; place++) {
            boolean hasParameter = method.places().contains(place);
            given[place] = !hasParameter && given[place] instanceof Boolean ? (Object) false : given[place];
        }
        for (int i = 0; i < method.places().size(); i++) {
            int place = method.places().get(i);
            Class<?> type = method.method().getParameterTypes()[i];
            if (type == long.class) {
                given[place] = switch (given[place]) {
                    case long[] list -> list.length == 0 ? 1L : list[0];
                    case List<?> _ -> 1L;
                    case null -> 0L;
                    case Object number -> number;
                };
            } else if (type.isPrimitive() && given[place] == null) {
                given[place] = type == double.class ? (Object) 1.0 : (Object) true;
            }
        }
        return given;
    }

    /** The results, or what was thrown; and the arguments afterwards. */
    private static List<Object> outcome(
            String operator, @Nullable Object[] arguments, Supplier<List<@Nullable Object>> call) {
        Torch.manualSeed(0);
        List<Object> seen = new ArrayList<>();
        try {
            for (Object result : call.get()) {
                int same = Arrays.asList(arguments).indexOf(result);
                seen.add(same >= 0 && result instanceof Tensor ? "argument " + same : seen(operator, result));
            }
        } catch (TorchException | IllegalArgumentException refusal) {
            seen.add(refusal.toString());
        }
        for (Object argument : arguments) {
            seen.add(seen(operator, argument));
        }
        return seen;
    }

    private static Object seen(String operator, @Nullable Object value) {
        return switch (value) {
            case Tensor tensor ->
                List.of(
                        tensor.dtype(),
                        Arrays.toString(tensor.sizes()),
                        Arrays.toString(tensor.strides()),
                        isUndefined(operator) ? "" : bits(tensor));
            case List<?> list -> list.stream().map(one -> seen(operator, one)).toList();
            case Object[] array -> Arrays.toString(array);
            case long[] array -> Arrays.toString(array);
            case double[] array -> Arrays.toString(array);
            case boolean[] array -> Arrays.toString(array);
            case null -> "none";
            default -> value;
        };
    }

    private static String bits(Tensor tensor) {
        var bytes = new byte[Math.toIntExact(tensor.numel() * tensor.dtype().byteSize())];
        tensor.copyTo(MemorySegment.ofArray(bytes));
        return HexFormat.of().formatHex(bytes);
    }

    @Test
    void methodsDoWhatTheirOperatorsDoByName() throws Exception {
        Map<String, JsonNode> calls = calls();
        var differences = new ArrayList<String>();
        var uncalled = new TreeSet<String>();
        int succeeded = 0;
        for (TypedMethod method : TypedMethod.all()) {
            JsonNode steps = calls.get(method.operator());
            if (steps == null) {
                uncalled.add(method.operator());
                continue;
            }
            try (Arena arena = Arena.ofConfined()) {
                @Nullable Object[] named = fitting(method, arguments(arena, steps));
                List<Object> expected = outcome(method.operator(), named, () -> Torch.call(method.operator(), named));
                @Nullable Object[] typed = fitting(method, arguments(arena, steps));
                boolean serves = method.serves(typed);
                List<Object> actual = serves
                        ? outcome(method.operator(), typed, () -> method.call(typed))
                        : List.of("it takes no such arguments");
                if (!expected.equals(actual)) {
                    differences.add(method + ": " + expected + " but " + actual);
                }
                succeeded += expected.getFirst() instanceof String text && text.contains("Exception: ") ? 0 : 1;
            }
        }
        assertEquals(List.of(), differences);
        int all = TypedMethod.all().size();
        assertTrue(succeeded >= 0.95 * all, succeeded + " of " + all + " methods succeeded; none of " + uncalled);
    }

    @Test
    void functionsWithoutATensorTakeAnArena() throws Exception {
        Map<String, JsonNode> calls = calls();
        int called = 0;
        for (TypedMethod method : TypedMethod.all()) {
            Optional<Method> inArena = method.inArena();
            JsonNode steps = calls.get(method.operator());
            if (inArena.isEmpty() || steps == null) {
                continue;
            }
            Tensor result;
            try (Arena arena = Arena.ofConfined()) {
                @Nullable Object[] given = fitting(method, arguments(arena, steps));
                List<Object> expected = outcome(method.operator(), given, () -> method.call(given));
                List<Object> actual =
                        outcome(method.operator(), given, () -> method.callIn(arena, inArena.get(), given));
                assertEquals(expected, actual);
                result = (Tensor) Objects.requireNonNull(
                        method.callIn(arena, inArena.get(), given).getFirst());
            }
            assertThrows(IllegalStateException.class, result::segment);
            called++;
        }
        assertTrue(called > 40, called + " functions");
    }
}
