package dev.torchffm.internal;

import dev.torchffm.bindings.TorchFfm;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Tensor handles as segments that their arena frees, and libtorch's memory as segments of that arena. */
public final class Handles {

    /** The number of handles, for tests; counted only where assertions are enabled. */
    private static final LongAdder LIVE = new LongAdder();

    private static final ThreadLocal<@Nullable Watch> WATCH = new InheritableThreadLocal<>();

    /** The JDK shows the kind of an arena only by its scope's class. */
    private static final Class<?> AUTOMATIC = Arena.ofAuto().scope().getClass();

    private static final Class<?> GLOBAL = Arena.global().scope().getClass();

    /** Also the scope of a direct buffer's memory, which refers to the buffer. */
    private static final Class<?> HEAP =
            MemorySegment.ofArray(new byte[0]).scope().getClass();

    /** What automatic arenas do at their end. Apart, for it needs the shim. */
    private static final class Automatic {
        static final AutomaticAction RELEASE = new AutomaticAction(Handles::release, TorchFfm::tffm_free$handle);
        static final AutomaticAction COUNT = new AutomaticAction(
                memory -> TensorMemory.released(memory.byteSize(), true),
                () -> MethodHandles.empty(MethodType.methodType(void.class, MemorySegment.class)));
    }

    private Handles() {}

    /** Whether an arena is an automatic one, which cannot be closed. */
    public static boolean isAutomatic(MemorySegment.Scope scope) {
        return scope.getClass() == AUTOMATIC;
    }

    /** Whether anybody can close the arena of this scope: not an automatic or the global one, nor a direct buffer. */
    public static boolean canBeClosed(MemorySegment.Scope scope) {
        Class<?> kind = scope.getClass();
        return kind != AUTOMATIC && kind != GLOBAL && kind != HEAP;
    }

    /**
     * Makes a new handle a segment of the arena, which frees it when it is closed. If the arena refuses it, the handle
     * is freed at once. After an Error, as when there is no memory left, it is not freed: the arena may have taken it.
     */
    public static MemorySegment adopt(Arena arena, MemorySegment handle) {
        return adopt(arena, handle, 0);
    }

    /**
     * The same for a result with memory of its own, which ends with it.
     *
     * @param bytes of its memory
     */
    public static MemorySegment adopt(Arena arena, MemorySegment handle, long bytes) {
        assert counted(1);
        boolean automatic = isAutomatic(arena.scope());
        boolean isCounted = bytes >= TensorMemory.LEAST && !automatic; // else by its memory
        if (isCounted) {
            TensorMemory.taken(bytes, false);
        }
        Consumer<MemorySegment> release = automatic
                ? Automatic.RELEASE.held()
                : isCounted ? counted -> release(counted, bytes) : Handles::release;
        Watch watch = Watch.ofThread();
        Consumer<MemorySegment> free = watch == null ? release : watch.watched(release);
        try {
            return handle.reinterpret(arena, free);
        } catch (RuntimeException e) {
            free.accept(handle);
            throw e;
        }
    }

    private static void release(MemorySegment handle, long bytes) {
        release(handle);
        TensorMemory.released(bytes, false);
    }

    /**
     * A segment over memory that libtorch owns, in the automatic arena of its handle. Its size is counted, so that the
     * garbage collector is run in time.
     */
    public static MemorySegment automaticMemory(Arena arena, MemorySegment data, long bytes) {
        MemorySegment memory = data.reinterpret(bytes, arena, Automatic.COUNT.held());
        TensorMemory.taken(bytes, true);
        return memory;
    }

    private static boolean counted(int more) {
        LIVE.add(more);
        return true;
    }

    /** How many handles of this process are not freed; only where assertions are enabled. */
    public static long live() {
        return LIVE.sum();
    }

    /** Frees a new handle that is not adopted. */
    public static void free(MemorySegment handle) {
        assert counted(1);
        release(handle);
    }

    private static void release(MemorySegment handle) {
        assert counted(-1);
        int status = TorchFfm.tffm_free(handle);
        if (status != Native.OK) {
            throw new AssertionError(Native.lastError());
        }
    }

    /** Watches handles until it is closed: those made on the thread that opened it, and on threads that this starts. */
    public static final class Watch implements AutoCloseable {

        /** The open watches, the latest last. */
        private static final Deque<Watch> OPEN = new ConcurrentLinkedDeque<>();

        /** Whether a watch was ever opened; most processes open none. */
        private static volatile boolean used;

        private final Set<Throwable> live = Collections.synchronizedSet(new LinkedHashSet<>());

        public Watch() {
            used = true;
            OPEN.addLast(this);
            WATCH.set(this);
        }

        /** The watch of this thread. A thread that outlives its watch, such as a pool's, belongs to the latest. */
        private static @Nullable Watch ofThread() {
            if (!used) {
                return null;
            }
            Watch watch = WATCH.get();
            return watch == null || OPEN.contains(watch) ? watch : OPEN.peekLast();
        }

        private Consumer<MemorySegment> watched(Consumer<MemorySegment> free) {
            var origin = new Throwable("made here");
            live.add(origin);
            return handle -> {
                live.remove(origin);
                free.accept(handle);
            };
        }

        /** Where the handles that are not freed were made, the oldest first. */
        public List<Throwable> live() {
            synchronized (live) {
                return new ArrayList<>(live);
            }
        }

        @Override
        public void close() {
            OPEN.remove(this);
            WATCH.remove();
        }
    }
}
