package dev.torchffm.internal;

import dev.torchffm.bindings.TorchFfm;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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

/** Tensor handles as segments that their arena frees, and memory of libtorch's as segments of that arena. */
public final class Handles {

    /** Counted where assertions are enabled, for tests. */
    private static final LongAdder LIVE = new LongAdder();

    private static final ThreadLocal<@Nullable Watch> WATCH = new InheritableThreadLocal<>();

    /** The JDK names its arenas' kinds by nothing else. */
    private static final Class<?> AUTOMATIC = Arena.ofAuto().scope().getClass();

    private Handles() {}

    /** Whether an arena is an automatic one, which nobody closes. */
    public static boolean isAutomatic(MemorySegment.Scope scope) {
        return scope.getClass() == AUTOMATIC;
    }

    /**
     * Makes a new handle a segment of the arena, which frees it when it is closed. When the arena cannot take it, the
     * handle is freed at once; where there is no memory left, nobody knows whether the arena has it, and it is left
     * alone.
     */
    public static MemorySegment adopt(Arena arena, MemorySegment handle) {
        assert counted(1);
        Watch watch = Watch.ofThread();
        Consumer<MemorySegment> free = watch == null ? Handles::release : watch.watched(Handles::release);
        try {
            return handle.reinterpret(arena, free);
        } catch (RuntimeException e) {
            free.accept(handle);
            throw e;
        }
    }

    /**
     * A segment over memory that libtorch owns, in an automatic arena, which holds the handle: the garbage collector
     * learns of its size.
     */
    public static MemorySegment automaticMemory(Arena arena, MemorySegment data, long bytes) {
        MemorySegment memory = data.reinterpret(bytes, arena, _ -> AutomaticMemory.released(bytes));
        AutomaticMemory.taken(bytes);
        return memory;
    }

    private static boolean counted(int more) {
        LIVE.add(more);
        return true;
    }

    /** How many handles are made and not freed, in this process; only where assertions are enabled. */
    public static long live() {
        return LIVE.sum();
    }

    /** Frees a new handle, in place of {@link #adopt}. */
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

    /** Handles that are made on the thread which opened it, and on threads that this one starts, until it is closed. */
    public static final class Watch implements AutoCloseable {

        /** Those that are not closed, the latest last. */
        private static final Deque<Watch> OPEN = new ConcurrentLinkedDeque<>();

        /** Whether there ever was one: most processes have none. */
        private static volatile boolean used;

        private final Set<Throwable> live = Collections.synchronizedSet(new LinkedHashSet<>());

        public Watch() {
            used = true;
            OPEN.addLast(this);
            WATCH.set(this);
        }

        /** The watch of this thread; a thread that outlived its own belongs to the latest, like a pool's. */
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

        /** Where those were made that are not freed, the eldest first. */
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
