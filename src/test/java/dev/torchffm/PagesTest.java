package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The README and the pages of docs: their code is compiled code, and what they name is there. */
final class PagesTest {

    private static final Path README = Path.of("README.md");

    @Test
    void readmeIsShort() throws Exception {
        assertTrue(Files.readAllLines(README).size() <= 150);
    }

    @Test
    void readmeNamesThePomsVersions() throws Exception {
        String pom = Files.readString(Path.of("pom.xml"));
        for (String library : List.of("pytorch", "openblas")) {
            String property = library.equals("pytorch") ? "libtorch.version" : library + ".version";
            String version = pom.split("</?" + property + ">")[1];
            assertTrue(
                    Files.readString(README).contains("\"org.bytedeco:" + library + ":" + version + ":linux-x86_64\""));
        }
    }

    @Test
    void readmeShowsTheTenLines() throws Exception {
        String source = Files.readString(Path.of("src/examples/compact/Relu.java"));
        assertEquals(10, source.lines().count());
        assertTrue(Files.readString(README).contains("```java\n" + source + "```"));
    }

    @Test
    void testingShowsTheCompiledTest() throws Exception {
        String source = Files.readString(Path.of("src/examples/java/dev/torchffm/examples/ReluExampleTest.java"));
        String first = source.substring(source.indexOf("@ExtendWith"), source.indexOf("\n    @Test\n    void isClose"));
        assertTrue(Files.readString(Path.of("docs/testing.md")).contains("```java\n" + first + "```"));
    }

    @Test
    void interopShowsThePythonThatRuns() throws Exception {
        String source = Files.readString(Path.of("src/it/python/torch_ffm.py"));
        String code = source.substring(source.indexOf("import"));
        assertTrue(Files.readString(Path.of("docs/interop.md")).contains("```python\n" + code + "```"));
    }

    @Test
    void modelsShowsCompiledJava() throws Exception {
        String compiled =
                withoutSpace(Files.readString(Path.of("src/examples/java/dev/torchffm/examples/ModelSnippets.java")));
        List<String> blocks = Pattern.compile("```java\n([^`]+)```")
                .matcher(Files.readString(Path.of("docs/models.md")))
                .results()
                .map(block -> block.group(1))
                .toList();
        assertEquals(3, blocks.size());
        for (String block : blocks) {
            assertTrue(compiled.contains(withoutSpace(block)), block);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"README.md", "docs/memory.md", "docs/interop.md", "docs/tuning.md", "docs/operators.md"})
    void tablesAreOfCompiledCode(Path page) throws Exception {
        // JavaCPP's jars come with the long tests only, which compile the second file.
        String compiled =
                withoutSpace(Files.readString(Path.of("src/examples/java/dev/torchffm/examples/DocTables.java"))
                        + Files.readString(Path.of("src/examples/java/dev/torchffm/examples/OperatorTable.java"))
                        + Files.readString(Path.of("src/test/resources/peers/Shared.java")));
        List<String> code = codeInTables(page);
        assertFalse(code.isEmpty());
        for (String span : code) {
            String anyText = Arrays.stream(withoutSpace(span).split("…"))
                    .map(Pattern::quote)
                    .collect(Collectors.joining("[^{}]*"));
            assertTrue(Pattern.compile(anyText).matcher(compiled).find(), span);
        }
    }

    @Test
    void indexingShowsCompiledJava() throws Exception {
        String compiled = withoutSpace(
                Files.readString(Path.of("src/examples/java/dev/torchffm/examples/IndexingSnippets.java")));
        List<String> code = Files.readAllLines(Path.of("docs/indexing.md")).stream()
                .filter(line -> line.startsWith("| `"))
                .map(line -> line.split(" \\| ")[1])
                .flatMap(java -> Pattern.compile("`([^`]+)`").matcher(java).results())
                .map(span -> span.group(1))
                .toList();
        assertTrue(code.size() > 20);
        for (String span : code) {
            assertTrue(compiled.contains(withoutSpace(span)), span);
        }
    }

    /** What stands in backticks in the tables of a page. */
    private static List<String> codeInTables(Path page) throws Exception {
        return Files.readAllLines(page).stream()
                .filter(line -> line.startsWith("|"))
                .flatMap(line -> Pattern.compile("`([^`]+)`").matcher(line).results())
                .map(span -> span.group(1))
                .toList();
    }

    /** Why operators have no generated method, as docs/operators.md tells it and bindings/operators.txt. */
    private static final Map<String, String> REASONS = Map.of(
            "libtorch does not survive",
                    "never succeeded.*|reads or .*|crashes .*|aborts .*|does not return .*|writes .*",
            "the method is written by hand", "has a method .*",
            "gives complex numbers", "gives complex .*",
            "is of sparse tensors", "is of sparse .*",
            "takes or gives", "(takes|gives) (a|tensors) .*",
            "changes a tensor's own", "changes .*",
            "has no entry point", "has no entry point .*",
            "maps a file", "maps a file.*");

    @Test
    void pagesCountTheGeneratedMethods() throws Exception {
        Map<String, String> operators = new TreeMap<>();
        for (String line : Files.readAllLines(Path.of("bindings/operators.txt"))) {
            String[] words = line.split(" ", 2);
            operators.put(words[0], words[1]);
        }
        String page = Files.readString(Path.of("docs/operators.md"));
        long refused = 0;
        for (String reason : REASONS.keySet()) {
            long count = count(operators, reason);
            String row = "\\| " + Pattern.quote(reason) + ".* \\| " + count + " \\|";
            assertTrue(Pattern.compile(row).matcher(page).find(), row);
            refused += count;
        }
        long byHand = count(operators, "the method is written by hand");
        long unchecked = count(operators, "libtorch does not survive");
        long generated = operators.size() - refused;
        assertEquals(
                generated,
                operators.values().stream()
                        .filter(text -> !text.startsWith("- "))
                        .count());
        String counts = String.format(
                Locale.ROOT,
                "Of the %,d public operators of libtorch %,d are methods, %,d of them generated from its own schemas; %d"
                        + " do not survive some values, or succeed with none that was tried; %d have arguments or results that have no form here",
                operators.size(),
                generated + byHand,
                generated,
                unchecked,
                refused - byHand - unchecked);
        assertTrue(Files.readString(README).contains(counts), counts);
        assertTrue(page.contains(String.format(Locale.ROOT, "have %,d public operators alike", operators.size())));
        assertTrue(page.contains(String.format(Locale.ROOT, "%,d have generated methods", generated)));
    }

    private static long count(Map<String, String> operators, String reason) {
        Pattern told = Pattern.compile("- (" + REASONS.get(reason) + ")");
        return operators.values().stream().filter(told.asMatchPredicate()).count();
    }

    /** `make bench` writes docs/performance.md, and looks at it itself. */
    @Test
    void linksLeadToFilesAndHeadings() throws Exception {
        try (Stream<Path> files = Files.list(Path.of("docs"))) {
            List<Path> pages = Stream.concat(Stream.of(README), files)
                    .filter(file -> file.toString().endsWith(".md") && !file.endsWith("performance.md"))
                    .toList();
            for (Path page : pages) {
                for (var link : links(page)) {
                    assertTrue(link.endsWith("performance.md") || leadsSomewhere(page, link), page + ": " + link);
                }
            }
        }
    }

    private static List<String> links(Path page) throws Exception {
        return Pattern.compile("]\\(([^)]+)\\)")
                .matcher(Files.readString(page))
                .results()
                .map(link -> link.group(1))
                .toList();
    }

    private static boolean leadsSomewhere(Path page, String link) throws Exception {
        String[] parts = link.split("#");
        Path target = page.resolveSibling(parts[0]);
        return Files.exists(target)
                && (parts.length == 1
                        || Files.readAllLines(target).stream()
                                .anyMatch(line ->
                                        line.startsWith("#") && anchor(line).equals(parts[1])));
    }

    /** A heading's, as the site makes it that shows the pages. */
    private static String anchor(String heading) {
        return heading.replaceFirst("#+ ", "").toLowerCase(Locale.ROOT).replace(' ', '-');
    }

    private static String withoutSpace(String text) {
        return text.replaceAll("\\s", "");
    }

    @Test
    void architectureNamesFilesThatExist() throws Exception {
        List<String> files = new ArrayList<>();
        for (String root : List.of(
                "src/main/java",
                "src/examples/java/dev/torchffm/examples/service",
                "src/spark/java",
                "bindings",
                "native")) {
            try (Stream<Path> paths = Files.walk(Path.of(root))) {
                paths.forEach(path -> files.add("/" + path));
            }
        }
        String page = Files.readString(Path.of("docs/architecture.md"));
        List<String> named = Pattern.compile("`([\\w/]+\\.(java|c|cpp|h|hpp|inc))`")
                .matcher(page)
                .results()
                .map(file -> file.group(1))
                .toList();
        assertTrue(named.size() > 50);
        for (String name : named) {
            long found =
                    files.stream().filter(file -> file.endsWith("/" + name)).count();
            assertEquals(1, found, name);
        }
    }
}
