package dev.torchffm.internal.loading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import dev.torchffm.ChildJvm;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Web applications with torch-ffm in their own {@code WEB-INF/lib}, in one Tomcat. */
final class TomcatTest {

    private static final int DEPLOYMENTS = 20;

    /** By then caches and pools are filled. */
    private static final int WARM = 5;

    @TempDir
    private Path folder = Path.of("");

    /** What the process has after a deployment has gone. */
    private record State(long classes, long mappings, long kilobytes, long libraries) {
        static State of(String line) {
            String[] numbers = line.split(" ");
            return new State(
                    Long.parseLong(numbers[0]),
                    Long.parseLong(numbers[1]),
                    Long.parseLong(numbers[2]),
                    Long.parseLong(numbers[3]));
        }
    }

    private void makeApplication() throws IOException, URISyntaxException {
        Path web = folder.resolve("application/WEB-INF");
        Path lib = Files.createDirectories(web.resolve("lib"));
        var jar = ToolProvider.findFirst("jar").orElseThrow();
        String file = lib.resolve("torch-ffm.jar").toString();
        assertEquals(0, jar.run(System.out, System.err, "-cf", file, "-C", "target/classes", "."));
        Path jackson = Path.of(JsonFactory.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        Files.copy(jackson, lib.resolve("jackson.jar"));
        String ours = "dev/torchffm/internal/loading";
        Path classes = Files.createDirectories(web.resolve("classes").resolve(ours));
        for (Class<?> type : List.of(Application.class, ApplicationServlet.class)) {
            Path compiled = Path.of(ours, type.getSimpleName() + ".class");
            Files.copy(Path.of("target/test-classes").resolve(compiled), classes.resolve(compiled.getFileName()));
        }
    }

    /** The server itself has no torch-ffm. All its threads share the memory that the C library keeps for them. */
    @Test
    void redeployedApplicationLeavesNothing() throws Exception {
        makeApplication();
        Path model = Path.of("src/test/resources/dev/torchffm/model/mlp.pt2").toAbsolutePath();
        ChildJvm.Result result = new ChildJvm(folder)
                .withoutJars("target/classes")
                .variable("MALLOC_ARENA_MAX", "1")
                .option("-Ddev.torchffm.cache=" + folder.resolve("cache"))
                .option("-Xms256m")
                .option("-Xmx256m")
                .option("-XX:+AlwaysPreTouch")
                .run(TomcatServer.class, folder.toString(), model.toString(), String.valueOf(DEPLOYMENTS));
        assertEquals(0, result.exitCode(), result.output());
        List<State> states = result.output()
                .lines()
                .filter(line -> line.matches("[\\d ]+"))
                .map(State::of)
                .toList();
        assertEquals(DEPLOYMENTS, states.size(), result.output());
        State warm = states.get(WARM - 1);
        State last = states.getLast();
        System.out.println("after " + WARM + " deployments " + warm + ", after " + DEPLOYMENTS + " " + last);
        assertTrue(last.classes() < warm.classes() * 1.02, result.output());
        assertTrue(last.mappings() < warm.mappings() * 1.1, result.output());
        assertTrue(last.kilobytes() < warm.kilobytes() * 1.15, result.output());
        assertTrue(states.stream().allMatch(state -> state.libraries() == 2), result.output());
    }
}
