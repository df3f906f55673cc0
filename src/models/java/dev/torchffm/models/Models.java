package dev.torchffm.models;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.TorchException;
import dev.torchffm.io.Safetensors;
import dev.torchffm.model.CompiledModel;
import dev.torchffm.model.CompiledModel.Options;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes the calls of a folder's packages in each way, compares with what PyTorch's loader gave over the same libtorch,
 * and prints a table: Models FOLDER ANSWERS.
 */
final class Models {

    /** The exit code where an output has other bits than the loader's. */
    private static final int DIFFERENT = 3;

    private Models() {}

    static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        Path answers = Path.of(arguments[1]);
        boolean equal = true;
        System.out.println(Row.HEADER);
        for (String name : packages(folder)) {
            Row row = compare(folder, name, answers);
            System.out.println(row);
            equal &= row.isEqual();
        }
        if (!equal) {
            System.exit(DIFFERENT);
        }
        readOutOfBounds(folder.resolve("text.pt2"));
        leaveWeightsOut(folder.resolve("weightless.pt2"));
    }

    /** A package without weights says which it needs. */
    private static void leaveWeightsOut(Path weightless) throws IOException {
        try (CompiledModel model = CompiledModel.load(weightless)) {
            throw new IllegalStateException(model + " was loaded without weights");
        } catch (IllegalArgumentException e) {
            System.out.println(e.getMessage());
        }
    }

    /** An index that is out of bounds in a parallel loop of the model fails the run, and the next one is right. */
    private static void readOutOfBounds(Path text) throws IOException {
        try (CompiledModel model = CompiledModel.load(text)) {
            Tensor tokens = Torch.zeros(64, 128).to(DType.INT64);
            Tensor mask = Torch.ones(64, 128).to(DType.BOOL);
            Tensor before = model.run(tokens, mask).getFirst();
            try {
                model.run(tokens.add(1_000_000), mask);
                throw new IllegalStateException("a token out of bounds was read");
            } catch (TorchException e) {
                System.out.println("a token out of bounds: " + e.getMessage());
            }
            if (!model.run(tokens, mask).getFirst().equal(before)) {
                throw new IllegalStateException("a run after a failed one gave other values");
            }
        }
    }

    private static List<String> packages(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(file -> file.endsWith(".pt2"))
                    .map(file -> file.replace(".pt2", ""))
                    .sorted()
                    .toList();
        }
    }

    private static Row compare(Path folder, String name, Path answers) throws IOException {
        var row = new Row(name);
        String file = name + ".safetensors";
        try (Arena arena = Arena.ofShared()) {
            List<Call> calls = Call.read(folder.resolve(file), answers.resolve(file), arena);
            Map<String, Tensor> weights = weights(folder.resolve(name + ".weights.safetensors"), arena);
            for (Way way : Way.values()) {
                make(calls, way, folder.resolve(name + ".pt2"), weights, row);
            }
        }
        return row;
    }

    private static Map<String, Tensor> weights(Path file, Arena arena) throws IOException {
        return Files.exists(file) ? Safetensors.map(file, MapMode.READ_ONLY, arena) : Map.of();
    }

    /** By models of their own, as one may have a state. */
    private static void make(List<Call> calls, Way way, Path file, Map<String, Tensor> weights, Row row)
            throws IOException {
        var models = new HashMap<String, CompiledModel>();
        try {
            for (Call call : calls) {
                CompiledModel model = models.get(call.model());
                if (model == null) {
                    Options options = Options.instances(1).model(call.model());
                    model = CompiledModel.load(file, weights, options);
                    models.put(call.model(), model);
                }
                row.add(call, way.make(call, model));
            }
        } finally {
            models.values().forEach(CompiledModel::close);
        }
    }
}
