package dev.torchffm.internal;

import static java.lang.invoke.MethodType.methodType;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What is done with a segment when its automatic arena ends. The JDK holds the action until then, and one of our classes
 * would hold our class loader: an application with tensors in static fields could never be unloaded. So where it may be,
 * the JDK gets an action made of its own classes, which calls ours while this object is reachable, and else the shim.
 */
final class AutomaticAction {

    /** Whether our class loader may go: it is not that of the class path and the module path. */
    private static final boolean UNLOADABLE =
            AutomaticAction.class.getClassLoader() != ClassLoader.getSystemClassLoader();

    /** Never read: it keeps the action while this is reachable. */
    @SuppressWarnings("unused")
    private final Consumer<MemorySegment> ours;

    private final Consumer<MemorySegment> held;

    /**
     * An action.
     *
     * @param ours what is done while this object is reachable
     * @param shim else a function of the shim, which is given the segment
     */
    AutomaticAction(Consumer<MemorySegment> ours, Supplier<MethodHandle> shim) {
        this.ours = ours;
        this.held = UNLOADABLE ? Jdk.either(ours, shim.get()) : ours;
    }

    /** What an automatic arena is given. */
    Consumer<MemorySegment> held() {
        return held;
    }

    /**
     * An object that is kept beside some segments. When both are garbage, a function of the shim is given each of them.
     *
     * @param lists of the JDK's classes
     */
    static @Nullable Object whenGarbage(
            Iterable<? extends Iterable<MemorySegment>> lists, Supplier<MethodHandle> shim) {
        return UNLOADABLE ? Jdk.guard(lists, shim.get()) : null;
    }

    /** Actions of the JDK's classes alone. Apart, for the first takes 25 ms. */
    private static final class Jdk {

        private static final MethodHandles.Lookup LOOKUP = MethodHandles.publicLookup();

        private static final MethodHandle GET;
        private static final MethodHandle IS_THERE;
        private static final MethodHandle ACCEPT;
        private static final MethodHandle FOR_EACH;

        static {
            try {
                GET = LOOKUP.findVirtual(Reference.class, "get", methodType(Object.class))
                        .asType(methodType(Consumer.class, Reference.class));
                IS_THERE = LOOKUP.findStatic(Objects.class, "nonNull", methodType(boolean.class, Object.class))
                        .asType(methodType(boolean.class, Consumer.class));
                ACCEPT = LOOKUP.findVirtual(Consumer.class, "accept", methodType(void.class, Object.class))
                        .asType(methodType(void.class, Consumer.class, MemorySegment.class));
                FOR_EACH = LOOKUP.findVirtual(Iterable.class, "forEach", methodType(void.class, Consumer.class));
            } catch (ReflectiveOperationException e) {
                throw new AssertionError(e); // every JDK has them
            }
        }

        static Consumer<MemorySegment> either(Consumer<MemorySegment> ours, MethodHandle shim) {
            MethodHandle otherwise = shim.asType(methodType(void.class, MemorySegment.class));
            return consumer(MethodHandles.foldArguments(
                    MethodHandles.guardWithTest(
                            IS_THERE, ACCEPT, MethodHandles.dropArguments(otherwise, 0, Consumer.class)),
                    GET.bindTo(new WeakReference<>(ours))));
        }

        static Object guard(Iterable<? extends Iterable<MemorySegment>> lists, MethodHandle shim) {
            MethodHandle ofList = MethodHandles.insertArguments(FOR_EACH, 1, consumer(shim));
            MethodHandle ofAll = MethodHandles.insertArguments(FOR_EACH, 0, lists, consumer(ofList));
            return MemorySegment.NULL.reinterpret(
                    AutomaticArenas.make(), consumer(MethodHandles.dropArguments(ofAll, 0, MemorySegment.class)));
        }

        @SuppressWarnings("unchecked") // it takes any object, and is given what the handle takes
        private static <T> Consumer<T> consumer(MethodHandle handle) {
            return MethodHandleProxies.asInterfaceInstance(
                    Consumer.class, handle.asType(methodType(void.class, Object.class)));
        }
    }
}
