package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.torchffm.GoldenCases.GoldenCase;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The reference cases are answered for the libtorch in use. */
final class GoldenCasesTest {

    private static List<String> ids(Stream<GoldenCase> cases) {
        return cases.map(GoldenCase::toString).toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"clamp.jsonl", "extra.jsonl", "grad.jsonl", "repr.jsonl"})
    void everyCaseHasOneAnswer(String name) {
        List<String> wanted =
                ids(GoldenCases.ofAllVersions(name)).stream().distinct().toList();
        assertEquals(wanted, ids(GoldenCases.read(name)));
    }
}
