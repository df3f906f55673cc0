package dev.torchffm.models;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.torchffm.Tensor;
import dev.torchffm.io.Safetensors;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A call of a model that Python made; calls.py says how it is written.
 *
 * @param model the model's name in its package
 * @param args the arguments by position, with the numbers of inputs in the places of tensors
 * @param kwargs the arguments by name, alike
 * @param result the result, alike with the numbers of outputs
 * @param inputs the inputs by their numbers
 * @param loaded the outputs that PyTorch's loader gave
 * @param eager the outputs that the module gave
 */
record Call(
        String model,
        JsonNode args,
        JsonNode kwargs,
        JsonNode result,
        Map<Integer, Tensor> inputs,
        Map<Integer, Tensor> loaded,
        Map<Integer, Tensor> eager) {

    /** The calls in a file, and what PyTorch's loader gave in another. */
    static List<Call> read(Path file, Path answers, Arena arena) throws IOException {
        Map<String, Tensor> given = Safetensors.map(file, MapMode.READ_ONLY, arena);
        Map<String, Tensor> loaded = Safetensors.map(answers, MapMode.READ_ONLY, arena);
        var calls = new ArrayList<Call>();
        for (JsonNode call :
                new ObjectMapper().readTree(Safetensors.metadata(file).get("calls"))) {
            String input = calls.size() + ".input.";
            String output = calls.size() + ".output.";
            calls.add(new Call(
                    call.get("model").asText(),
                    call.get("args"),
                    call.get("kwargs"),
                    call.get("result"),
                    numbered(given, input),
                    numbered(loaded, output),
                    numbered(given, output)));
        }
        return calls;
    }

    private static Map<Integer, Tensor> numbered(Map<String, Tensor> tensors, String prefix) {
        var numbered = new TreeMap<Integer, Tensor>();
        tensors.forEach((name, tensor) -> {
            if (name.startsWith(prefix)) {
                numbered.put(Integer.valueOf(name.substring(prefix.length())), tensor);
            }
        });
        return numbered;
    }
}
