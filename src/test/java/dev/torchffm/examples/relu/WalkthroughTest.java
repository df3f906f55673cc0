package dev.torchffm.examples.relu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The page docs/relu.md shows what there is. */
final class WalkthroughTest {

    private static final Path PAGE = Path.of("docs", "relu.md");

    @Test
    void linksLeadToFiles() throws IOException {
        List<Path> targets = Pattern.compile("]\\(([^)]+)\\)")
                .matcher(Files.readString(PAGE))
                .results()
                .map(link -> PAGE.resolveSibling(link.group(1)))
                .toList();
        assertEquals(List.of(), targets.stream().filter(Files::notExists).toList());
        assertEquals(
                11,
                targets.stream()
                        .filter(path -> path.toString().endsWith(".png"))
                        .count());
    }

    @Test
    void loopIsTheCompiledOne() throws IOException {
        MatchResult loop = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(PAGE))
                .results()
                .findFirst()
                .orElseThrow();
        String source = Files.readString(Path.of("src/examples/java/dev/torchffm/examples/relu/Training.java"));
        assertTrue(source.contains(loop.group(1).indent(8)));
    }
}
