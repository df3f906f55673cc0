package dev.torchffm.examples;

import dev.torchffm.Aten;
import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.model.CompiledModel;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Compares sentences by text.pt2 of src/models, a transformer that has never learnt: it knows words, not meanings. */
public final class TextEncoder {

    private static final List<String> SENTENCES =
            List.of("The tensor lives in an arena", "In an arena lives the tensor", "Nothing is copied");

    private final Map<String, Long> vocabulary = new HashMap<>();

    private TextEncoder() {}

    private long id(String word) {
        return vocabulary.computeIfAbsent(word.toLowerCase(Locale.ROOT), _ -> vocabulary.size() + 1L);
    }

    /** One vector a sentence. The ids of short sentences are padded by 0, and the mask is true at the words. */
    private Tensor encode(CompiledModel model, Arena arena, List<String> sentences) {
        List<long[]> ids = sentences.stream()
                .map(sentence -> Arrays.stream(sentence.split("\\W+"))
                        .mapToLong(this::id)
                        .toArray())
                .toList();
        int longest = ids.stream().mapToInt(row -> row.length).max().orElseThrow();
        MemorySegment memory = arena.allocate(8L * ids.size() * longest, 64);
        for (int i = 0; i < ids.size(); i++) {
            MemorySegment.copy(ids.get(i), 0, memory, ValueLayout.JAVA_LONG, 8L * i * longest, ids.get(i).length);
        }
        Tensor tokens = Tensor.fromSegment(memory, DType.INT64, ids.size(), longest);
        return model.run(tokens, tokens.gt(0)).getFirst();
    }

    static void main(String[] args) throws IOException {
        try (CompiledModel model = CompiledModel.load(Path.of(args[0]));
                Arena arena = Arena.ofConfined()) {
            Tensor vectors = new TextEncoder().encode(model, arena, SENTENCES);
            IO.println(Aten.cosineSimilarity(vectors.unsqueeze(1), vectors.unsqueeze(0), 2));
        }
    }
}
