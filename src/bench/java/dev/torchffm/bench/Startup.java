package dev.torchffm.bench;

import ai.djl.ndarray.NDManager;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.model.CompiledModel;
import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;

/**
 * Times the start: from that of the process to the first clamp done, which the process tells by a line. The
 * libraries are unpacked already, and the peers take turns in each round.
 */
final class Startup {

    private Startup() {}

    /**
     * {@return the tables of the times, in Markdown}
     *
     * @param folder where jars and caches are made
     */
    static String tables(int rounds, Optional<Python> python, Path folder) throws IOException, InterruptedException {
        String tables = "From the start of the process to the first clamp done, the libraries unpacked; the median"
                + " (least–greatest) of " + rounds + " starts, in turns.\n\n"
                + table("first clamp", rounds, peers(python, folder));
        return Models.present().contains(Operation.mlp)
                ? tables + "\nThe same to the first result of the small compiled model, loaded from its package.\n\n"
                        + table("first result of a model", rounds, peersWithModel(python, folder))
                : tables;
    }

    private static String table(String end, int rounds, Map<String, List<String>> peers)
            throws IOException, InterruptedException {
        Map<String, double[]> times = new LinkedHashMap<>();
        for (String peer : peers.keySet()) {
            times.put(peer, new double[rounds]);
            milliseconds(peers.get(peer)); // unpacks what is packed, and fills the file cache
        }
        var inTurn = new ArrayList<>(peers.keySet());
        for (int round = 0; round < rounds; round++) {
            Collections.rotate(inTurn, 1);
            for (String peer : inTurn) {
                times.get(peer)[round] = milliseconds(peers.get(peer));
            }
        }
        var table =
                new StringBuilder("| start to " + end + " | median, ms | torch-ffm ÷ it | with the AOT cache ÷ it |\n");
        table.append("|---|--:|--:|--:|\n");
        for (String peer : peers.keySet()) {
            Spread time = Spread.of(times.get(peer)).orElseThrow();
            table.append(String.format(
                    Locale.ROOT,
                    "| %s | %.0f (%.0f–%.0f) | %s | %s |%n",
                    peer,
                    time.median(),
                    time.min(),
                    time.max(),
                    ratio(times.get("torch-ffm"), times.get(peer)),
                    ratio(times.get("torch-ffm, AOT cache"), times.get(peer))));
        }
        return table.toString();
    }

    /** The median of the rounds' ratios. */
    private static String ratio(double[] ours, double[] theirs) {
        var ratios = new double[ours.length];
        Arrays.setAll(ratios, round -> ours[round] / theirs[round]);
        return String.format(
                Locale.ROOT, "%.2f", Spread.of(ratios).orElseThrow().median());
    }

    private static double milliseconds(List<String> command) throws IOException, InterruptedException {
        long start = System.nanoTime();
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        int first = process.getInputStream().read();
        double elapsed = (System.nanoTime() - start) / 1e6;
        process.getInputStream().readAllBytes();
        if (process.waitFor() != 0 || first != '\n') {
            throw new IOException(String.join(" ", command) + " failed with exit code " + process.exitValue());
        }
        return elapsed;
    }

    private static Map<String, List<String>> peers(Optional<Python> python, Path folder)
            throws IOException, InterruptedException {
        String bench = bench(folder);
        String javaCpp = bench + jarsOf("bytedeco");
        String djl = bench + jarsOf("djl|jna|gson|slf4j|commons-");
        Map<String, List<String>> peers = ours(folder, First.class);
        peers.put(
                "JavaCPP", java(javaCpp, FirstOfJavaCpp.class, "-Dorg.bytedeco.javacpp.cachedir=target/bench/javacpp"));
        peers.put(
                "DJL",
                java(
                        djl,
                        FirstOfDjl.class,
                        "-DDJL_CACHE_DIR=target/bench/djl",
                        "-Dai.djl.offline=true",
                        "-DOPT_OUT_TRACKING=true"));
        String script = "import torch; torch.tensor([1., -2.]).clamp_(min=0); print()";
        python.ifPresent(found -> peers.put("Python", List.of(found.command(), "-c", script)));
        return peers;
    }

    private static Map<String, List<String>> peersWithModel(Optional<Python> python, Path folder)
            throws IOException, InterruptedException {
        String model = Models.file(Operation.mlp).toString();
        Map<String, List<String>> peers = ours(folder, FirstOfModel.class, model);
        String script = "import sys, torch; torch._inductor.aoti_load_package(sys.argv[1])(torch.ones(8, 16)); print()";
        python.ifPresent(found -> peers.put("Python", List.of(found.command(), "-c", script, model)));
        return peers;
    }

    /** torch-ffm without and with an AOT cache, which is made here. */
    private static Map<String, List<String>> ours(Path folder, Class<?> main, String... arguments)
            throws IOException, InterruptedException {
        String jar = jar(folder.resolve("torch-ffm.jar"), Path.of("target", "classes"), ".")
                + File.pathSeparator
                + bench(folder)
                + jarsOf("jackson");
        String libtorch = "-Ddev.torchffm.libtorch=" + System.getProperty("dev.torchffm.libtorch");
        String cache = folder.resolve(main.getSimpleName() + ".aot").toString();
        List<String> plain = java(jar, main, libtorch);
        List<String> trained = java(jar, main, libtorch, "-XX:AOTCacheOutput=" + cache);
        List<String> cached = java(jar, main, libtorch, "-XX:AOTCache=" + cache, "-XX:AOTMode=on");
        for (List<String> command : List.of(plain, trained, cached)) {
            command.addAll(Arrays.asList(arguments));
        }
        Path log = folder.resolve("aot.log");
        Process training = new ProcessBuilder(trained)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        if (training.waitFor() != 0) {
            throw new IOException("the AOT cache could not be made: " + Files.readString(log));
        }
        Map<String, List<String>> ours = new LinkedHashMap<>();
        ours.put("torch-ffm", plain);
        ours.put("torch-ffm, AOT cache", cached);
        return ours;
    }

    private static String bench(Path folder) {
        return jar(folder.resolve("bench.jar"), Path.of("target", "test-classes"), "dev/torchffm/bench");
    }

    /** The jars of the class path whose names have the pattern, each after a separator. */
    private static String jarsOf(String pattern) {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(Pattern.compile(pattern).asPredicate())
                .map(entry -> File.pathSeparator + entry)
                .collect(Collectors.joining());
    }

    /** An AOT cache needs jars. */
    private static String jar(Path jar, Path classes, String part) {
        String file = jar.toString();
        String[] arguments = {"--create", "--file", file, "-C", classes.toString(), part};
        int status = ToolProvider.findFirst("jar").orElseThrow().run(System.out, System.err, arguments);
        if (status != 0) {
            throw new IllegalStateException(file + " could not be made");
        }
        return file;
    }

    static List<String> java(String classPath, Class<?> main, String... options) {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow"));
        command.addAll(Arrays.asList(options));
        command.addAll(List.of("-cp", classPath, main.getName()));
        return command;
    }

    /** The first clamp of torch-ffm. */
    static final class First {
        static void main() {
            try (Arena arena = Arena.ofConfined()) {
                Tensor.of(arena, 1f, -2f).clamp_(0, null);
            }
            System.out.println();
        }
    }

    /** The first result of a model in torch-ffm. */
    static final class FirstOfModel {
        static void main(String[] arguments) throws IOException {
            try (CompiledModel model = CompiledModel.load(Path.of(arguments[0]));
                    Arena arena = Arena.ofConfined()) {
                model.run(Torch.ones(arena, 8, 16));
                System.out.println();
            }
        }
    }

    /** The first clamp of JavaCPP's presets. */
    static final class FirstOfJavaCpp {
        static void main() {
            org.bytedeco.pytorch.Tensor.create(1f, -2f).clamp_(new ScalarOptional(new Scalar(0)), new ScalarOptional());
            System.out.println();
        }
    }

    /** The first clamp of DJL. */
    static final class FirstOfDjl {
        static void main() {
            try (NDManager manager = NDManager.newBaseManager()) {
                manager.create(new float[] {1, -2}).clip(0, Float.MAX_VALUE);
            }
            System.out.println();
        }
    }
}
