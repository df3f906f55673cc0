package dev.torchffm.oracle;

import com.fasterxml.jackson.databind.JsonNode;
import dev.torchffm.DType;
import dev.torchffm.Kernels;
import dev.torchffm.Mode;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.TorchException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** Makes the calls of one program, and compares each answer with PyTorch's. */
final class Program implements AutoCloseable {

    private final String line;
    private final Arena arena = Arena.ofConfined();
    private final Deque<Mode> modes = new ArrayDeque<>();
    private final Map<String, @Nullable Object> variables = new LinkedHashMap<>();
    private final Map<String, MemorySegment> storages = new LinkedHashMap<>();
    private final Observer observer = new Observer(variables, storages);

    Program(String line) {
        this.line = line;
    }

    /** What came of each call that has an expectation. */
    List<Outcome> run() {
        var outcomes = new ArrayList<Outcome>();
        for (JsonNode step : Json.parse(line).get("steps")) {
            String verb = step.get("do").asText();
            switch (verb) {
                case "tensor" -> input(step);
                case "open" -> modes.push(mode(step.get("args").get(0).asText()));
                case "close" -> modes.pop().close();
                default -> outcomes.add(outcome(verb, step));
            }
            if (!outcomes.isEmpty() && !outcomes.getLast().isExact()) {
                break; // What follows stands on this one.
            }
        }
        return outcomes;
    }

    private void input(JsonNode step) {
        String name = step.get("as").asText();
        MemorySegment storage = storage(arena, step);
        Tensor tensor = tensor(arena, storage, step);
        storages.put(name, storage);
        variables.put(name, step.get("requires_grad").asBoolean() ? tensor.requiresGrad_(true) : tensor);
    }

    private static MemorySegment storage(Arena arena, JsonNode step) {
        byte[] bytes = HexFormat.of().parseHex(step.get("storage").asText());
        return arena.allocate(bytes.length, 64).copyFrom(MemorySegment.ofArray(bytes));
    }

    /** The tensor of a step, over memory of its own. */
    static Tensor tensor(Arena arena, JsonNode step) {
        return tensor(arena, storage(arena, step), step);
    }

    private static Tensor tensor(Arena arena, MemorySegment storage, JsonNode step) {
        return Tensor.fromSegment(
                arena,
                storage,
                DType.valueOf(step.get("dtype").asText()),
                longs(step.get("sizes")),
                longs(step.get("strides")),
                step.get("offset").asLong());
    }

    private static long[] longs(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .flatMapToLong(node -> LongStream.of(node.asLong()))
                .toArray();
    }

    private Outcome outcome(String verb, JsonNode step) {
        JsonNode expected = step.get("expect");
        JsonNode actual;
        try {
            var values = new ArrayList<@Nullable Object>();
            for (JsonNode argument : step.get("args")) {
                values.add(Json.value(argument, variables));
            }
            actual = call(verb, new Arguments(values), step);
        } catch (TorchException failure) {
            actual = Observer.error(failure);
        } catch (IllegalArgumentException
                | IllegalStateException
                | NullPointerException
                | UnsupportedOperationException refusal) {
            actual = Observer.refusal(refusal);
        }
        return Outcome.of(verb, expected, actual);
    }

    private JsonNode call(String verb, Arguments arguments, JsonNode step) {
        if (verb.equals("look")) {
            return observer.look(step.get("args").get(0).get("var").asText());
        }
        Object value = Verbs.of(verb).call(arguments);
        JsonNode seen = observer.observe(value, step.get("expect"));
        if (step.has("as")) {
            variables.putIfAbsent(step.get("as").asText(), value);
        }
        return seen;
    }

    private static Mode mode(String name) {
        return switch (name) {
            case "no_grad" -> Torch.noGrad();
            case "inference_mode" -> Torch.inferenceMode();
            case "shim" -> Torch.kernels(Kernels.SHIM);
            default -> throw new AssertionError(name);
        };
    }

    @Override
    public void close() {
        modes.forEach(Mode::close);
        arena.close();
    }
}
