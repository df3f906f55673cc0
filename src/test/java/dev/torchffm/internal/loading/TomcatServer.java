package dev.torchffm.internal.loading;

import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.Wrapper;
import org.apache.catalina.startup.Tomcat;

/**
 * Tomcat with a web application that stays and one that is deployed again and again, each with torch-ffm in its own class
 * loader. A line says what the process has after each deployment has gone.
 */
final class TomcatServer {

    private static final Logger LOG = Logger.getLogger("org.apache");

    private static final ReferenceQueue<ClassLoader> GONE = new ReferenceQueue<>();

    private final Tomcat tomcat = new Tomcat();
    private final Path application;
    private final String model;

    private TomcatServer(Path folder, String model) {
        this.application = folder.resolve("application");
        this.model = model;
        tomcat.setBaseDir(folder.toString());
        tomcat.setPort(0);
    }

    /** In a folder that has the application, with a model that it runs, so many times. */
    static void main(String[] arguments) throws Exception {
        LOG.setLevel(Level.SEVERE);
        var server = new TomcatServer(Path.of(arguments[0]), arguments[1]);
        server.tomcat.getConnector().setProperty("minSpareThreads", "2"); // each keeps memory of its own
        server.tomcat.getConnector().setProperty("maxThreads", "2");
        server.tomcat.getHost();
        server.tomcat.start();
        try {
            server.deploy("stays");
            for (int i = 0; i < Integer.parseInt(arguments[2]); i++) {
                server.redeploy();
                System.out.println(server.state());
            }
        } finally {
            server.tomcat.stop();
        }
    }

    private Context deploy(String name) throws IOException {
        Context context = tomcat.addContext("/" + name, application.toString());
        Wrapper servlet = Tomcat.addServlet(context, "tensors", ApplicationServlet.class.getName());
        servlet.addInitParameter("model", model);
        servlet.addMapping("/*");
        return context;
    }

    private void require(String path) throws IOException {
        URI uri = URI.create("http://localhost:" + tomcat.getConnector().getLocalPort() + path);
        try (InputStream in = uri.toURL().openStream()) {
            String answer = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            if (!answer.equals("1 tensor([2., 0.])")) {
                throw new AssertionError(answer);
            }
        }
    }

    private void redeploy() throws Exception {
        Reference<ClassLoader> loader = deployOnce();
        require("/stays");
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        Set<Reference<?>> left = new HashSet<>(Set.of(loader));
        while (!left.isEmpty()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("the class loader was not collected");
            }
            System.gc();
            left.remove(GONE.remove(100));
        }
    }

    private Reference<ClassLoader> deployOnce() throws IOException, LifecycleException {
        Context context = deploy("goes");
        require("/goes/leave");
        var loader = new WeakReference<>(context.getLoader().getClassLoader(), GONE);
        tomcat.getHost().removeChild(context); // which stops it
        context.destroy();
        return loader;
    }

    /** Loaded classes, mappings of memory, resident kilobytes, and how often the process has our libraries. */
    private String state() throws IOException {
        int classes = ManagementFactory.getClassLoadingMXBean().getLoadedClassCount();
        long resident;
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            resident = lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .sum();
        }
        Set<String> libraries = new HashSet<>();
        long mappings = 0;
        for (String line : Files.readAllLines(Path.of("/proc/self/maps"), StandardCharsets.ISO_8859_1)) {
            mappings++;
            if (line.contains("/libtorch_")) {
                libraries.add(line.substring(line.indexOf('/')));
            }
        }
        return String.format(Locale.ROOT, "%d %d %d %d", classes, mappings, resident, libraries.size());
    }
}
