package dev.torchffm;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** A main class in a JVM of its own, on the tests' class path, for what must not disturb other tests. */
public final class ChildJvm {

    /** How a child ended. A crash of the JVM gives exit code 1, or above 128, and a report in the output. */
    public record Result(int exitCode, String output) {}

    private final List<String> options =
            new ArrayList<>(List.of("--enable-native-access=ALL-UNNAMED", "-ea", "-XX:-CreateCoredumpOnCrash"));
    private String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    private String limits = "";
    private final Path folder;
    private final Map<String, String> environment = new HashMap<>();

    /** A child whose working folder, where a crash would leave its log, is the one given. */
    public ChildJvm(Path folder) {
        this.folder = folder;
        option("-Ddev.torchffm.libtorch="
                + Path.of(System.getProperty("dev.torchffm.libtorch")).toAbsolutePath());
    }

    public ChildJvm option(String option) {
        options.add(option);
        return this;
    }

    /** Sets a variable of the environment. */
    public ChildJvm variable(String name, String value) {
        environment.put(name, value);
        return this;
    }

    /** Denies native access to everybody. */
    public ChildJvm deniedNativeAccess() {
        options.removeIf(option -> option.startsWith("--enable-native-access"));
        return option("--illegal-native-access=deny");
    }

    /** Takes the library's folder away, so that the child looks for libtorch elsewhere. */
    public ChildJvm withoutLibtorchProperty() {
        options.removeIf(option -> option.startsWith("-Ddev.torchffm.libtorch="));
        return this;
    }

    /** Puts a folder or a jar before all others on the class path. */
    public ChildJvm classPathFirst(Path entry) {
        classPath = entry + File.pathSeparator + classPath;
        return this;
    }

    /** Takes the native jars off the class path. */
    public ChildJvm withoutNativeJars() {
        return withoutJars("bytedeco");
    }

    /** Takes those jars off the class path whose path contains the name. */
    public ChildJvm withoutJars(String name) {
        classPath = Arrays.stream(classPath.split(File.pathSeparator))
                .filter(entry -> !entry.contains(name))
                .collect(Collectors.joining(File.pathSeparator));
        return this;
    }

    /** Lets the child write files of so many bytes at most. */
    public ChildJvm maxFileBytes(long bytes) {
        limits += "ulimit -f " + bytes / 1024 + " && ";
        return this;
    }

    /** Lets the child's files have no such rights. */
    public ChildJvm umask(String rights) {
        limits += "umask " + rights + " && ";
        return this;
    }

    /** Starts the child; its output goes to the file. */
    public Process start(Path output, Class<?> main, String... arguments) throws IOException {
        return start(output, main.getName(), arguments);
    }

    private Process start(Path output, String main, String... arguments) throws IOException {
        var command = new ArrayList<>(List.of("bash", "-c", limits + "exec \"$0\" \"$@\""));
        command.add(ProcessHandle.current().info().command().orElseThrow());
        command.addAll(options);
        command.addAll(List.of("-cp", classPath, main));
        command.addAll(Arrays.asList(arguments));
        var builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().remove("LIBTORCH");
        builder.environment().putAll(environment);
        return builder.start();
    }

    /** Runs the child to its end. */
    public Result run(Class<?> main, String... arguments) throws IOException, InterruptedException {
        return run(main.getName(), arguments);
    }

    /** Runs a source file, which the child compiles against its class path, to its end. */
    public Result run(Path source, String... arguments) throws IOException, InterruptedException {
        return run(source.toString(), arguments);
    }

    private Result run(String main, String... arguments) throws IOException, InterruptedException {
        Path output = Files.createTempFile(folder, "output", ".txt");
        Process process = start(output, main, arguments);
        if (!process.waitFor(5, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new AssertionError("the child did not end: " + Files.readString(output));
        }
        return new Result(process.exitValue(), Files.readString(output));
    }
}
