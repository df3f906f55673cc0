package dev.torchffm.examples.service.load;

import dev.torchffm.examples.service.Service;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A service in a process of its own. */
record Server(Process process, InetSocketAddress address) implements AutoCloseable {

    private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");
    private static final Path JCMD = JAVA.resolveSibling("jcmd");

    /** Ours. Its heap is all in memory from the start, so that what the process grows by lies elsewhere. */
    static Server ours(Path model, Path log) throws IOException, InterruptedException {
        InetSocketAddress address = freeAddress();
        var command = new ArrayList<>(List.of(
                JAVA.toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Xms256m",
                "-Xmx256m",
                "-XX:+AlwaysPreTouch",
                "-XX:+UseSerialGC",
                "-XX:MarkSweepAlwaysCompactCount=1")); // a collection then leaves nothing that is dead
        String libtorch = System.getProperty("dev.torchffm.libtorch");
        if (libtorch != null) {
            command.add("-Ddev.torchffm.libtorch=" + libtorch);
        }
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                Service.class.getName(),
                model.toString(),
                Integer.toString(address.getPort()),
                "16"));
        return started(new ProcessBuilder(command), address, log);
    }

    /** Python's, by as many workers. */
    static Server python(Path python, Path packages, Path model, int workers, Path log)
            throws IOException, InterruptedException {
        InetSocketAddress address = freeAddress();
        var builder = new ProcessBuilder(
                python.toString(),
                "-W",
                "ignore",
                "-B",
                "-m",
                "uvicorn",
                "service:app",
                "--app-dir",
                "src/service",
                "--no-access-log",
                "--log-level",
                "warning",
                "--workers",
                Integer.toString(workers),
                "--port",
                Integer.toString(address.getPort()));
        builder.environment().put("MODEL", model.toAbsolutePath().toString());
        builder.environment().put("PYTHONPATH", packages.toAbsolutePath().toString());
        return started(builder, address, log);
    }

    private static InetSocketAddress freeAddress() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), socket.getLocalPort());
        }
    }

    private static Server started(ProcessBuilder builder, InetSocketAddress address, Path log)
            throws IOException, InterruptedException {
        Files.createDirectories(log.getParent());
        Process process = builder.redirectErrorStream(true)
                .redirectOutput(Redirect.to(log.toFile()))
                .start();
        while (!isUp(address)) {
            if (process.waitFor(100, TimeUnit.MILLISECONDS)) {
                throw new IOException("the service has ended: see " + log);
            }
        }
        return new Server(process, address);
    }

    private static boolean isUp(InetSocketAddress address) {
        try (var _ = new Socket(address.getAddress(), address.getPort())) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** The processors' time that it has taken so far, its workers' too, in seconds. */
    double processorSeconds() {
        return Stream.concat(Stream.of(process.toHandle()), process.descendants())
                .flatMap(handle -> handle.info().totalCpuDuration().stream())
                .mapToDouble(time -> time.toNanos() / 1e9)
                .sum();
    }

    /** A number of /proc's status, such as VmRSS, in MiB. */
    double memory(String name) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
                .filter(line -> line.startsWith(name + ":"))
                .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) / 1024)
                .findFirst()
                .orElseThrow();
    }

    /** A number that the service tells. */
    long status(String name) throws IOException {
        try (InputStream text = URI.create("http://127.0.0.1:" + address.getPort() + "/status")
                        .toURL()
                        .openStream();
                var lines = new BufferedReader(new InputStreamReader(text, StandardCharsets.UTF_8))) {
            return lines.lines()
                    .filter(line -> line.startsWith(name + " "))
                    .mapToLong(line -> Long.parseLong(line.substring(name.length() + 1)))
                    .findFirst()
                    .orElseThrow();
        }
    }

    /** The heap's bytes after a collection, in MiB. */
    double heap() throws IOException, InterruptedException {
        new ProcessBuilder(JCMD.toString(), Long.toString(process.pid()), "GC.run")
                .redirectOutput(Redirect.DISCARD)
                .start()
                .waitFor();
        return status("heap") / 1048576.0;
    }

    /** Ends it as a system does, and tells its exit code: 143 of a JVM that was told to end. */
    int end() throws InterruptedException {
        process.destroy();
        return process.waitFor();
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
