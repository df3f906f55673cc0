package dev.torchffm.internal.loading;

import static dev.torchffm.internal.loading.LibtorchClient.FINE;
import static dev.torchffm.internal.loading.LibtorchClient.fromJars;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.ChildJvm;
import java.io.File;
import java.io.IOException;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Class loaders of one process that each have torch-ffm's classes. Each test in a JVM of its own. */
final class ClassLoadersTest {

    private static final int LOADERS = 4;

    @TempDir
    private Path folder = Path.of("");

    /** A class loader of its own for all that is on the class path, after the entries that are given. */
    static URLClassLoader loader(Path... first) throws MalformedURLException {
        var entries = new ArrayList<URL>();
        for (Path entry : first) {
            entries.add(entry.toUri().toURL());
        }
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            entries.add(Path.of(entry).toUri().toURL());
        }
        return new URLClassLoader(entries.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
    }

    private static void main(ClassLoader loader, Class<?> program) throws ReflectiveOperationException {
        loader.loadClass(program.getName()).getMethod("main", String[].class).invoke(null, (Object) new String[0]);
    }

    /** Runs the client in two class loaders, of which the second has a shim of its own, and lists the shims. */
    static final class WithAnotherShim {
        static void main(String[] classes) throws Exception {
            LibtorchClient.main(new String[0]);
            try (var loader = loader(Path.of(classes[0]))) {
                ClassLoadersTest.main(loader, LibtorchClient.class);
            }
            try (Stream<String> mappings = Files.lines(Path.of("/proc/self/maps"))) {
                System.out.println(mappings.filter(line ->
                                line.endsWith(Platform.CURRENT.shim()) || line.endsWith(Platform.CURRENT.torch()))
                        .map(line -> line.substring(line.lastIndexOf('/') + 1))
                        .distinct()
                        .sorted()
                        .toList());
            }
        }
    }

    private Path copiedShim() throws IOException {
        Path shim = LibtorchClient.shimIn(folder.resolve("classes"));
        return Files.copy(LibtorchClient.shimIn(Path.of("target/classes")), shim);
    }

    @Test
    void loadersShareOneShimAndOneLibtorch() throws Exception {
        copiedShim();
        ChildJvm.Result result = new ChildJvm(folder)
                .run(WithAnotherShim.class, folder.resolve("classes").toString());
        String expected =
                FINE.output().repeat(2) + "[" + Platform.CURRENT.torch() + ", " + Platform.CURRENT.shim() + "]\n";
        assertEquals(new ChildJvm.Result(0, expected), result);
    }

    /** Runs the client in several class loaders at one moment. */
    static final class AtOnce {
        static void main() throws Exception {
            var start = new CyclicBarrier(LOADERS);
            try (var threads = Executors.newFixedThreadPool(LOADERS)) {
                var runs = new ArrayList<Future<?>>();
                for (int i = 0; i < LOADERS; i++) {
                    URLClassLoader loader = loader();
                    runs.add(threads.submit(() -> {
                        start.await();
                        ClassLoadersTest.main(loader, LibtorchClient.class);
                        return null;
                    }));
                }
                for (Future<?> run : runs) {
                    run.get();
                }
            }
        }
    }

    @Test
    void loadersMayLoadAtOnce() throws Exception {
        var fine = new ChildJvm.Result(0, FINE.output().repeat(LOADERS));
        assertEquals(fine, fromJars(folder).run(AtOnce.class)); // which unpacks
        for (int i = 0; i < 4; i++) {
            assertEquals(fine, new ChildJvm(folder).run(AtOnce.class));
        }
    }

    @Test
    void loadedShimOfAnotherAbiIsRefused() throws Exception {
        Path shim = folder.resolve(Platform.CURRENT.shim());
        TestLibrary.compileShim(shim, 77);
        ChildJvm.Result result = new ChildJvm(folder).run(LibtorchClient.class, shim.toString());
        assertEquals(3, result.exitCode(), result.output());
        String reason =
                "this process has loaded the shim " + shim + ", which has ABI number 77, and torch-ffm's classes in "
                        + Path.of("target/classes").toAbsolutePath() + " need number " + TestLibrary.abi()
                        + "; all class loaders";
        assertTrue(result.output().contains(reason), result.output());
    }

    /** Runs an application in one class loader after another, on one thread, and waits until all are collected. */
    static final class Redeployed {
        static void main(String[] model) throws Exception {
            var gone = new ReferenceQueue<ClassLoader>();
            var loaders = new HashSet<Reference<ClassLoader>>();
            for (int i = 0; i < 8; i++) {
                loaders.add(deploy(Path.of(model[0]), gone));
            }
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (!loaders.isEmpty() && System.nanoTime() < deadline) {
                System.gc();
                loaders.remove(gone.remove(200));
            }
            System.out.println(loaders.size() + " are left");
        }

        private static Reference<ClassLoader> deploy(Path model, ReferenceQueue<ClassLoader> gone) throws Exception {
            try (var loader = loader()) {
                Class<?> application = loader.loadClass(Application.class.getName());
                System.out.println(application.getMethod("answer", Path.class).invoke(null, model));
                application.getMethod("leaveModeOpen").invoke(null);
                return new WeakReference<>(loader, gone);
            }
        }
    }

    @Test
    void loadersAreCollected() throws Exception {
        ChildJvm.Result result = new ChildJvm(folder)
                .run(
                        Redeployed.class,
                        Path.of("src/test/resources/dev/torchffm/model/mlp.pt2")
                                .toAbsolutePath()
                                .toString());
        assertEquals(new ChildJvm.Result(0, "1 tensor([2., 0.])\n".repeat(8) + "0 are left\n"), result);
    }
}
