package dev.torchffm.internal;

import dev.torchffm.bindings.TorchFfm;
import dev.torchffm.bindings.tffm_info;
import dev.torchffm.bindings.tffm_value;
import dev.torchffm.internal.events.OperatorEvent;
import dev.torchffm.internal.events.Recorder;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The memory of one call, reused by the next: the arguments are put in one after another, then the call is made, then
 * the results are taken out.
 *
 * <p>Free frames wait in a fixed number of places, for any thread, so that their number does not grow with that of
 * virtual threads. A frame belongs to the thread that took it and is closed after use; closing frees the results that
 * were not taken.
 */
public final class CallFrame implements AutoCloseable {

    private static final int GROUPS = 64;

    /** How many frames wait in a group; more than one, as calls can be nested. */
    private static final int DEPTH = 3;

    /** The distance between groups: two cache lines, so that threads do not slow each other down. */
    private static final int APART = 32;

    private static final AtomicReferenceArray<@Nullable CallFrame> FREE = new AtomicReferenceArray<>(GROUPS * APART);

    /** The sizes of the shim's structs. Their classes take milliseconds to load, and clamp needs neither. */
    static final long INFO_BYTES = 1088;

    static final long VALUE_BYTES = 24;

    private static final int MAX_ARGUMENTS = 64;
    private static final int FEW_RESULTS = 8;
    private static final int FEW_ELEMENTS = 32;

    /** A method handle has 255 slots, and the linker takes two for each segment. */
    static final int MAX_ARENAS = 100;

    /** Apart, for most processes never ask. */
    private static final class AnotherThread {
        static final Thread THREAD = Thread.ofPlatform().unstarted(() -> {});
    }

    private final Arena memory = AutomaticArenas.make();
    private final MemorySegment out = memory.allocate(ValueLayout.ADDRESS);
    private final MemorySegment info = memory.allocate(INFO_BYTES, Long.BYTES);
    private final MemorySegment arguments = memory.allocate(MAX_ARGUMENTS * VALUE_BYTES, Long.BYTES);
    private final MemorySegment fewResults = memory.allocate(FEW_RESULTS * VALUE_BYTES, Long.BYTES);
    private final MemorySegment fewElements = memory.allocate(FEW_ELEMENTS * VALUE_BYTES, Long.BYTES);
    private final MemorySegment resultCount = memory.allocate(ValueLayout.JAVA_LONG);
    private final MemorySegment[] kept = new MemorySegment[MAX_ARENAS + 1];

    private final int group;
    private int argumentCount;
    private int keptCount;
    private int count;
    private MemorySegment results = fewResults;

    /** Where values are put: the arguments, or an open list of tensors. */
    private MemorySegment target = arguments;

    private int listCount;
    private int elementsUsed;

    /** The arena of what does not fit above: strings, long lists, many results. */
    private @Nullable Arena more;

    /** Of the elements of the tensors among the arguments, and of new results. */
    private long bytes;

    /** What somebody records of this call. */
    private @Nullable OperatorEvent event;

    private CallFrame(int group) {
        this.group = group;
    }

    /** Takes a frame for a call of this thread. */
    public static CallFrame take() {
        int group = ((int) Thread.currentThread().threadId() & GROUPS - 1) * APART;
        for (int place = group; place < group + DEPTH; place++) {
            CallFrame waiting = FREE.getAcquire(place) == null ? null : FREE.getAndSet(place, null);
            if (waiting != null) {
                return waiting;
            }
        }
        return new CallFrame(group);
    }

    /** Room for a pointer that a call writes, its out-parameter. */
    public MemorySegment out() {
        return out;
    }

    /** The description that {@link #describe} writes, and a call whose only result is a new tensor. */
    public MemorySegment info() {
        return info;
    }

    /** Whether operators on the tensor that was described last are recorded. */
    public boolean requiresGrad() {
        return tffm_info.requires_grad(info) != 0;
    }

    /** Describes a tensor and returns the status. */
    public int describe(MemorySegment tensor) {
        return TorchFfm.tffm_describe(tensor, info);
    }

    /** Describes a tensor among the results and returns the status. */
    public int describe(int index) {
        return describe(handle(index));
    }

    /** Takes the tensor in {@link #out} as the only result of the call, describes it and returns the status. */
    public int receive() {
        results.set(ValueLayout.JAVA_INT, tffm_value.kind$offset(), TorchFfm.TFFM_TENSOR());
        results.set(ValueLayout.JAVA_INT, tffm_value.flags$offset(), 0);
        results.set(ValueLayout.ADDRESS, tffm_value.as$offset(), out.get(ValueLayout.ADDRESS, 0));
        count = 1;
        return describe(0);
    }

    private Arena more() {
        Arena arena = more == null ? Arena.ofConfined() : more;
        more = arena;
        return arena;
    }

    private static long offset(int index) {
        return index * VALUE_BYTES;
    }

    // ---- arguments ----

    private long next(int kind, int flags, long length) {
        int index = target == arguments ? argumentCount++ : listCount++;
        if (target == arguments && index == MAX_ARGUMENTS) {
            throw new IllegalArgumentException("arguments has more than " + MAX_ARGUMENTS + " elements");
        }
        long offset = offset(index);
        target.set(ValueLayout.JAVA_INT, offset + tffm_value.kind$offset(), kind);
        target.set(ValueLayout.JAVA_INT, offset + tffm_value.flags$offset(), flags);
        target.set(ValueLayout.JAVA_LONG, offset + tffm_value.count$offset(), length);
        return offset + tffm_value.as$offset();
    }

    private void put(int kind, long bits) {
        target.set(ValueLayout.JAVA_LONG, next(kind, 0, 0), bits);
    }

    /** Python's None. */
    public void none() {
        put(TorchFfm.TFFM_NONE(), 0);
    }

    /** A tensor. Java knows its shape and memory, so operators that may exchange them are refused. */
    public void tensor(MemorySegment handle, boolean readOnly, long byteSize) {
        bytes += byteSize;
        int flags = TorchFfm.TFFM_PINNED() | (readOnly ? TorchFfm.TFFM_READ_ONLY() : 0);
        target.set(ValueLayout.ADDRESS, next(TorchFfm.TFFM_TENSOR(), flags, 0), handle);
    }

    /** An integer, as an int or as a Scalar. */
    public void integer(long integer) {
        put(TorchFfm.TFFM_INT(), integer);
    }

    /** A floating-point number, as a float or as a Scalar. */
    public void real(double real) {
        put(TorchFfm.TFFM_FLOAT(), Double.doubleToRawLongBits(real));
    }

    /** A truth value. */
    public void bool(boolean bool) {
        put(TorchFfm.TFFM_BOOLEAN(), bool ? 1 : 0);
    }

    /** A dtype by libtorch's code. */
    public void dtype(int code) {
        put(TorchFfm.TFFM_DTYPE(), code);
    }

    /** A string without a NUL. */
    public void string(String string) {
        target.set(ValueLayout.ADDRESS, next(TorchFfm.TFFM_STRING(), 0, 0), more().allocateFrom(string));
    }

    /** Makes room for a list's elements, which are put next, up to {@link #endList}. */
    private void beginList(int kind, int length) {
        MemorySegment elements;
        if (elementsUsed + length <= FEW_ELEMENTS) {
            elements = fewElements.asSlice(offset(elementsUsed), offset(length));
            elementsUsed += length;
        } else {
            elements = tffm_value.allocateArray(length, more());
        }
        target.set(ValueLayout.ADDRESS, next(kind, 0, length), elements);
        target = elements;
        listCount = 0;
    }

    /** Begins a list of tensors or Nones, which are put next; {@link #endList} follows. */
    public void beginTensors(int length) {
        beginList(TorchFfm.TFFM_TENSOR_LIST(), length);
    }

    /** Ends a list. */
    public void endList() {
        target = arguments;
    }

    /** A list of integers. */
    public void integers(long... integers) {
        beginList(TorchFfm.TFFM_INT_LIST(), integers.length);
        for (long integer : integers) {
            integer(integer);
        }
        endList();
    }

    /** A list of floating-point numbers. */
    public void reals(double... reals) {
        beginList(TorchFfm.TFFM_FLOAT_LIST(), reals.length);
        for (double real : reals) {
            real(real);
        }
        endList();
    }

    /** A list of truth values. */
    public void bools(boolean... bools) {
        beginList(TorchFfm.TFFM_BOOLEAN_LIST(), bools.length);
        for (boolean bool : bools) {
            bool(bool);
        }
        endList();
    }

    /**
     * Passes a segment to the call, so that the linker keeps its arena open; one segment is enough for each arena. An
     * arena that is confined to this thread cannot be closed during the call anyway. The texts are for memory of a
     * history: callers name their own tensors.
     */
    public void keepAlive(MemorySegment segment) {
        if (!Handles.canBeClosed(segment.scope())) {
            return;
        }
        if (!segment.scope().isAlive()) {
            throw new IllegalStateException("an arena is closed whose memory backward() reads, of a tensor that"
                    + " this one was computed from: close it after backward()");
        }
        if (!segment.isAccessibleBy(Thread.currentThread())) {
            throw new WrongThreadException("an arena is confined to another thread whose memory backward() reads,"
                    + " of a tensor that this one was computed from: call backward() on that thread");
        }
        if (!segment.isAccessibleBy(AnotherThread.THREAD) || isKept(segment.scope())) {
            return;
        }
        if (keptCount == MAX_ARENAS) {
            throw new IllegalStateException("the tensors and their history live in more than " + MAX_ARENAS
                    + " arenas that other threads may close; make them in fewer");
        }
        kept[keptCount++] = segment;
    }

    private boolean isKept(MemorySegment.Scope scope) {
        for (int i = 0; i < keptCount; i++) {
            if (kept[i].scope().equals(scope)) {
                return true;
            }
        }
        return false;
    }

    // ---- the call ----

    /** Calls an operator on the arguments, one that gives no list of tensors, and returns the status. */
    public int call(Operator operator) {
        return call(operator, 0);
    }

    /**
     * Calls an operator on the arguments and returns the status.
     *
     * @param listRoom how many results an operator that gives a list of tensors gives at most
     */
    public int call(Operator operator, int listRoom) {
        Operator.Resolved resolved = operator.resolved();
        if (resolved == null) {
            int status = operator.resolve();
            resolved = operator.resolved();
            if (resolved == null) {
                return status;
            }
        }
        int room = resolved.hasResultList() ? listRoom : resolved.resultCount();
        results = room <= FEW_RESULTS ? fewResults : tffm_value.allocateArray(room, more());
        if (Recorder.hasOperators() && !resolved.isModel()) {
            event = new OperatorEvent(operator);
        }
        int status = Invokers.invoke(this, resolved.pointer(), room);
        if (status == Native.OK) {
            if (event != null) {
                event.succeeded();
            }
            count = (int) resultCount.get(ValueLayout.JAVA_LONG, 0);
        }
        return status;
    }

    /** Calls of the one variadic function, with as many segments to keep alive as there are. */
    private static final class Invokers {

        private static final MethodHandle NONE = handle(0);
        private static final MethodHandle ONE = handle(1);

        /** For more segments, which each handle takes as an array. */
        private static final ConcurrentHashMap<Integer, MethodHandle> MORE = new ConcurrentHashMap<>();

        private static MethodHandle handle(int memoryCount) {
            var layouts = new MemoryLayout[memoryCount];
            Arrays.fill(layouts, TorchFfm.C_POINTER);
            return TorchFfm.tffm_call.makeInvoker(layouts).handle();
        }

        private static MethodHandle spreader(int memoryCount) {
            return handle(memoryCount).asSpreader(MemorySegment[].class, memoryCount);
        }

        static int invoke(CallFrame frame, MemorySegment operator, int room) {
            int mode = Modes.current();
            MemorySegment arguments = frame.arguments;
            long argumentCount = frame.argumentCount;
            MemorySegment results = frame.results;
            long capacity = room;
            MemorySegment resultCount = frame.resultCount;
            MemorySegment info = frame.info;
            int kept = frame.keptCount;
            try {
                return switch (kept) {
                    case 0 ->
                        (int) NONE.invokeExact(
                                mode, operator, arguments, argumentCount, results, capacity, resultCount, info, kept);
                    case 1 ->
                        (int) ONE.invokeExact(
                                mode,
                                operator,
                                arguments,
                                argumentCount,
                                results,
                                capacity,
                                resultCount,
                                info,
                                kept,
                                frame.kept[0]);
                    default ->
                        (int) MORE.computeIfAbsent(kept, Invokers::spreader)
                                .invokeExact(
                                        mode,
                                        operator,
                                        arguments,
                                        argumentCount,
                                        results,
                                        capacity,
                                        resultCount,
                                        info,
                                        kept,
                                        Arrays.copyOf(frame.kept, kept));
                };
            } catch (RuntimeException | Error e) {
                throw e; // a closed arena or a wrong thread
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
        }
    }

    // ---- results ----

    /** How many results the call gave. */
    public int resultCount() {
        return count;
    }

    private int kind(int index) {
        return results.get(ValueLayout.JAVA_INT, offset(index) + tffm_value.kind$offset());
    }

    /** Whether a result is a tensor. */
    public boolean isTensor(int index) {
        return kind(index) == TorchFfm.TFFM_TENSOR();
    }

    /** The index of the argument that a result is, which was written in place; or -1. */
    public int sameAs(int index) {
        return results.get(ValueLayout.JAVA_INT, offset(index) + tffm_value.flags$offset()) - 1;
    }

    /** Whether a result shares its memory with an argument. */
    public boolean sharesMemory(int index) {
        return results.get(ValueLayout.JAVA_LONG, offset(index) + tffm_value.count$offset()) != 0;
    }

    private MemorySegment handle(int index) {
        return results.get(ValueLayout.ADDRESS, offset(index) + tffm_value.as$offset());
    }

    /** A result has memory of its own. */
    public void made(long byteSize) {
        bytes += byteSize;
    }

    /** Takes over a tensor's handle, so that closing the frame does not free it. */
    public MemorySegment takeHandle(int index) {
        results.set(ValueLayout.JAVA_INT, offset(index) + tffm_value.kind$offset(), TorchFfm.TFFM_NONE());
        return handle(index);
    }

    /** The code of a dtype among the results, or -1 for another kind of result. */
    public int dtypeCode(int index) {
        return kind(index) == TorchFfm.TFFM_DTYPE() ? (int) bits(index) : -1;
    }

    private long bits(int index) {
        return results.get(ValueLayout.JAVA_LONG, offset(index) + tffm_value.as$offset());
    }

    /** A result that is no tensor and no dtype: a Long, a Double, a Boolean, or null. */
    public @Nullable Object value(int index) {
        int kind = kind(index);
        if (kind == TorchFfm.TFFM_INT()) {
            return bits(index);
        }
        if (kind == TorchFfm.TFFM_FLOAT()) {
            return Double.longBitsToDouble(bits(index));
        }
        return kind == TorchFfm.TFFM_BOOLEAN() ? bits(index) != 0 : null;
    }

    @Override
    public void close() {
        for (int i = 0; i < count; i++) {
            if (isTensor(i) && sameAs(i) < 0) {
                TorchFfm.tffm_free(takeHandle(i));
            }
        }
        if (event != null) {
            event.write(bytes);
            event = null;
        }
        bytes = 0;
        count = 0;
        argumentCount = 0;
        elementsUsed = 0;
        target = arguments;
        results = fewResults;
        Arrays.fill(kept, 0, keptCount, null);
        keptCount = 0;
        if (more != null) {
            more.close();
            more = null;
        }
        for (int place = group; place < group + DEPTH; place++) {
            if (FREE.getAcquire(place) == null) {
                FREE.setRelease(place, this); // a frame that another thread puts there meanwhile is garbage
                return;
            }
        }
    }
}
