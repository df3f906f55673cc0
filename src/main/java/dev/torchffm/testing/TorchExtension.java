package dev.torchffm.testing;

import dev.torchffm.internal.Handles;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * A JUnit 5 extension that hands a test an {@link Arena} and fails it when a tensor outlives the test.
 *
 * <p>Each test has one arena, a shared one that any thread may use, handed to each parameter of type
 * {@code Arena} of the test and of its {@code @BeforeEach} and {@code @AfterEach} methods. It is closed after
 * these; then every tensor handle that the test made must be freed. Handles count that were made on the
 * test's thread or on one that this thread started, so tests may run at the same time. A tensor in an automatic
 * arena counts if something still refers to it, such as a field, even one of the test's object; the garbage collector
 * is run to find out, so {@code -XX:+DisableExplicitGC} must not be set.
 *
 * {@snippet class="dev.torchffm.examples.ReluExampleTest" region="example"}
 */
public final class TorchExtension implements BeforeEachCallback, AfterEachCallback, ParameterResolver {

    private static final Namespace NAMESPACE = Namespace.create(TorchExtension.class);

    /** For JUnit, which makes it where a test class is {@code @ExtendWith(TorchExtension.class)}. */
    public TorchExtension() {}

    @Override
    public void beforeEach(ExtensionContext context) {
        context.getStore(NAMESPACE).put(Handles.Watch.class, new Handles.Watch());
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Arena.class
                && context.getTestMethod().isPresent();
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return context.getStore(NAMESPACE).getOrComputeIfAbsent(Arena.class, _ -> Arena.ofShared());
    }

    /** @throws AssertionError when a handle that the test made is not freed; its cause shows where it was made */
    @Override
    public void afterEach(ExtensionContext context) {
        ExtensionContext.Store store = context.getStore(NAMESPACE);
        try (Handles.Watch watch = store.remove(Handles.Watch.class, Handles.Watch.class)) {
            if (watch == null) {
                return; // Another extension failed before this one began.
            }
            Arena arena = store.remove(Arena.class, Arena.class);
            if (arena != null) {
                arena.close();
            }
            List<Throwable> live = reachable(watch);
            if (!live.isEmpty()) {
                Assertions.fail(
                        live.size() + " tensor handles outlive the test; the cause shows where the first was made."
                                + " Make it in the test's Arena, or in one that the test closes, or drop it",
                        live.getFirst());
            }
        }
    }

    /** The handles that are not freed after the garbage collector has run, for those in automatic arenas. */
    private static List<Throwable> reachable(Handles.Watch watch) {
        List<Throwable> live = watch.live();
        for (long millis = 1; !live.isEmpty() && millis <= 256; millis *= 2) {
            System.gc();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
            live = watch.live();
        }
        return live;
    }
}
