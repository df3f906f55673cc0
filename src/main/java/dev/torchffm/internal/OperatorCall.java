package dev.torchffm.internal;

import dev.torchffm.bindings.TorchFfm;
import dev.torchffm.bindings.tffm_value;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * One call of an operator by name: the arguments are put in one after another, then it is made.
 *
 * <p>Belongs to the thread that made it and is closed after use; closing frees the results that were not
 * adopted.
 */
public final class OperatorCall implements AutoCloseable {

    private static final int MAX_RESULTS = 1024;

    /** A method handle has 255 slots, of which the linker takes two for a segment. */
    private static final int MAX_ARENAS = 100;

    private static final Thread ANOTHER_THREAD = Thread.ofPlatform().unstarted(() -> {});

    /** One handle for each number of memory arguments, which it takes as an array. */
    private static final ConcurrentHashMap<Integer, MethodHandle> INVOKERS = new ConcurrentHashMap<>();

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment arguments;
    private final MemorySegment results = tffm_value.allocateArray(MAX_RESULTS, arena);
    private final MemorySegment resultCount = arena.allocate(ValueLayout.JAVA_LONG);
    private final List<MemorySegment> memory = new ArrayList<>();
    private final Set<MemorySegment.Scope> scopes = new HashSet<>();

    /** Prepares a call with that many arguments, each None until it is set. */
    public OperatorCall(int argumentCount) {
        arguments = tffm_value.allocateArray(Math.max(1, argumentCount), arena);
    }

    /** A place for a value: an argument, or an element of a list. */
    public record Slot(OperatorCall call, MemorySegment value) {

        /** A tensor; its shape and memory are known here, so no operator may exchange them. */
        public void tensor(MemorySegment handle, boolean readOnly) {
            set(TorchFfm.TFFM_TENSOR());
            tffm_value.flags(value, TorchFfm.TFFM_PINNED() | (readOnly ? TorchFfm.TFFM_READ_ONLY() : 0));
            tffm_value.as.tensor(tffm_value.as(value), handle);
        }

        /** Keeps memory alive that the call reaches, and whose arena may be closed. */
        public void keepAlive(MemorySegment memory) {
            call.keepAlive(memory);
        }

        public void integer(long integer) {
            set(TorchFfm.TFFM_INT());
            tffm_value.as.integer(tffm_value.as(value), integer);
        }

        public void real(double real) {
            set(TorchFfm.TFFM_FLOAT());
            tffm_value.as.real(tffm_value.as(value), real);
        }

        public void bool(boolean bool) {
            set(TorchFfm.TFFM_BOOLEAN());
            tffm_value.as.integer(tffm_value.as(value), bool ? 1 : 0);
        }

        public void dtype(int code) {
            set(TorchFfm.TFFM_DTYPE());
            tffm_value.as.integer(tffm_value.as(value), code);
        }

        public void string(String string) {
            set(TorchFfm.TFFM_STRING());
            tffm_value.as.string(tffm_value.as(value), call.arena.allocateFrom(string));
        }

        public List<Slot> tensors(int count) {
            return list(TorchFfm.TFFM_TENSOR_LIST(), count);
        }

        public List<Slot> integers(int count) {
            return list(TorchFfm.TFFM_INT_LIST(), count);
        }

        public List<Slot> reals(int count) {
            return list(TorchFfm.TFFM_FLOAT_LIST(), count);
        }

        public List<Slot> bools(int count) {
            return list(TorchFfm.TFFM_BOOLEAN_LIST(), count);
        }

        private List<Slot> list(int kind, int count) {
            set(kind);
            MemorySegment elements = tffm_value.allocateArray(Math.max(1, count), call.arena);
            tffm_value.count(value, count);
            tffm_value.as.list(tffm_value.as(value), elements);
            return slots(call, elements, count);
        }

        private void set(int kind) {
            tffm_value.kind(value, kind);
        }
    }

    private static List<Slot> slots(OperatorCall call, MemorySegment values, int count) {
        var slots = new ArrayList<Slot>(count);
        for (int i = 0; i < count; i++) {
            slots.add(new Slot(call, tffm_value.asSlice(values, i)));
        }
        return slots;
    }

    public Slot argument(int index) {
        return new Slot(this, tffm_value.asSlice(arguments, index));
    }

    /**
     * Lets the linker keep a segment's arena open by passing it; one segment is enough for an arena. An arena that is
     * confined to this thread nobody can close while it calls.
     */
    private void keepAlive(MemorySegment segment) {
        if (!segment.scope().isAlive()) {
            throw new IllegalStateException("the arena of a tensor, or of its history, is closed");
        }
        if (!segment.isAccessibleBy(Thread.currentThread())) {
            throw new WrongThreadException("the arena of a tensor, or of its history, is confined to another thread");
        }
        if (segment.isAccessibleBy(ANOTHER_THREAD) && scopes.add(segment.scope())) {
            memory.add(segment);
            if (memory.size() > MAX_ARENAS) {
                throw new IllegalStateException("the tensors and their history live in more than " + MAX_ARENAS
                        + " arenas that other threads may close; make them in fewer");
            }
        }
    }

    /** Makes the call and returns the status. */
    public int call(String name, String overload, int argumentCount) {
        MethodHandle invoker = INVOKERS.computeIfAbsent(memory.size(), OperatorCall::invoker);
        try {
            return (int) invoker.invokeExact(
                    Modes.current(),
                    arena.allocateFrom(name),
                    arena.allocateFrom(overload),
                    arguments,
                    (long) argumentCount,
                    results,
                    (long) MAX_RESULTS,
                    resultCount,
                    memory.size(),
                    memory.toArray(MemorySegment[]::new));
        } catch (RuntimeException | Error e) {
            throw e; // A closed arena or a wrong thread; the generated apply() would hide them.
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    private static MethodHandle invoker(int memoryCount) {
        var layouts = new MemoryLayout[memoryCount];
        Arrays.fill(layouts, TorchFfm.C_POINTER);
        MethodHandle handle = TorchFfm.tffm_call.makeInvoker(layouts).handle();
        return handle.asSpreader(MemorySegment[].class, memoryCount);
    }

    /** How many results the call gave. */
    public int resultCount() {
        return (int) resultCount.get(ValueLayout.JAVA_LONG, 0);
    }

    /** A result: a number or null, or a {@link NewTensor}. */
    public @Nullable Object result(int index) {
        MemorySegment value = tffm_value.asSlice(results, index);
        MemorySegment as = tffm_value.as(value);
        int kind = tffm_value.kind(value);
        if (kind == TorchFfm.TFFM_TENSOR()) {
            return new NewTensor(as, tffm_value.flags(value) - 1);
        }
        if (kind == TorchFfm.TFFM_INT()) {
            return tffm_value.as.integer(as);
        }
        if (kind == TorchFfm.TFFM_FLOAT()) {
            return tffm_value.as.real(as);
        }
        return kind == TorchFfm.TFFM_BOOLEAN() ? tffm_value.as.integer(as) != 0 : null;
    }

    /**
     * A tensor among the results.
     *
     * @param cell holds its handle, for {@link Handles#adopt}
     * @param sameAs the index of the argument that it is the very same tensor as, or -1
     */
    public record NewTensor(MemorySegment cell, int sameAs) {}

    /** Says that a result was taken over, so that closing does not free it. */
    public void taken(int index) {
        tffm_value.kind(tffm_value.asSlice(results, index), TorchFfm.TFFM_NONE());
    }

    @Override
    public void close() {
        try (arena) {
            for (int i = 0; i < resultCount(); i++) {
                if (result(i) instanceof NewTensor tensor) {
                    TorchFfm.tffm_free(tensor.cell().get(ValueLayout.ADDRESS, 0));
                }
            }
        }
    }
}
