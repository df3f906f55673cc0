package dev.torchffm;

import static dev.torchffm.bindings.TorchFfm.tffm_data_ptr;
import static dev.torchffm.bindings.TorchFfm.tffm_from_memory;
import static dev.torchffm.bindings.TorchFfm.tffm_grad;

import dev.torchffm.bindings.tffm_info;
import dev.torchffm.internal.AutomaticArenas;
import dev.torchffm.internal.CallFrame;
import dev.torchffm.internal.Handles;
import dev.torchffm.internal.Modes;
import dev.torchffm.internal.Native;
import dev.torchffm.internal.Operator;
import dev.torchffm.internal.Recycler;
import dev.torchffm.internal.UncheckedCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Makes a {@link Tensor} of a handle: a fresh result, an alias or a gradient. No other class builds tensors. */
final class Adoption {

    static {
        UncheckedCalls.open(new Caller()); // whoever needs it has tensors, so this has run before
    }

    /** A class and no lambda, which would cost each start a millisecond. */
    private static final class Caller implements UncheckedCalls.Caller {
        @Override
        public void step(Operator operator, @Nullable Object... arguments) {
            Operators.call(null, operator, arguments);
        }

        @Override
        public List<@Nullable Object> run(Operator model, List<?> inputs, List<?> kept) {
            return Operators.run(model, inputs.toArray(), kept);
        }
    }

    private Adoption() {}

    static Arena arenaFor(@Nullable Arena resultArena) {
        return resultArena == null ? AutomaticArenas.make() : resultArena;
    }

    // ---- over Java's memory ----

    /**
     * A tensor over memory from a segment's start.
     *
     * @param name the argument's name, for exceptions
     * @param layout its sizes are checked already
     */
    static Tensor overSegment(
            @Nullable Arena resultArena, MemorySegment memory, String name, DType dtype, Layout layout) {
        if (!memory.isNative()) {
            throw new IllegalArgumentException(
                    name + " is " + memory + ", on the Java heap, and must be native: allocate it from an Arena");
        }
        layout.check();
        if (memory.address() % dtype.byteSize() != 0) {
            throw new IllegalArgumentException(name + " starts at address 0x" + Long.toHexString(memory.address())
                    + ", and must be aligned to the " + dtype.byteSize() + " bytes of a " + dtype);
        }
        long needed = (layout.offset() + layout.extent()) * dtype.byteSize();
        if (needed > memory.byteSize()) {
            throw new IllegalArgumentException(name + " has " + memory.byteSize() + " bytes, and the elements reach to "
                    + needed + " (" + dtype + ", sizes " + Arrays.toString(layout.sizes()) + ", strides "
                    + Arrays.toString(layout.strides()) + ", storageOffset " + layout.offset() + ")");
        }
        return overSegment(resultArena, arenaFor(resultArena), memory.asSlice(0, needed), dtype, layout);
    }

    /** A tensor over all of a segment, with its handle in an arena. */
    static Tensor overSegment(
            @Nullable Arena resultArena, Arena arena, MemorySegment memory, DType dtype, Layout layout) {
        TorchException.requireLibtorch();
        MemorySegment raw;
        try (CallFrame frame = CallFrame.take();
                Arena shape = Arena.ofConfined()) {
            TorchException.check(tffm_from_memory(
                    Modes.current(),
                    memory,
                    memory.byteSize(),
                    dtype.code,
                    layout.sizes().length,
                    shape.allocateFrom(ValueLayout.JAVA_LONG, layout.sizes()),
                    shape.allocateFrom(ValueLayout.JAVA_LONG, layout.strides()),
                    layout.offset(),
                    frame.out()));
            raw = frame.out().get(ValueLayout.ADDRESS, 0);
        }
        var storage = Storage.over(memory);
        var handle = new Handle(Handles.adopt(arena, raw), dtype, layout, Modes.isInference());
        return new Tensor(resultArena, handle, storage, new History(storage));
    }

    /** A one-dimensional tensor of values, over new Java memory, aligned to a cache line. */
    static Tensor copyOf(@Nullable Arena resultArena, MemorySegment values, DType dtype) {
        Arena arena = arenaFor(resultArena);
        MemorySegment memory = arena.allocate(values.byteSize(), 64).copyFrom(values);
        Layout layout = Layout.contiguous(new long[] {values.byteSize() / dtype.byteSize()}, dtype);
        return overSegment(resultArena, arena, memory, dtype, layout);
    }

    /** A tensor's clone; a large one goes into recycled memory. */
    static Tensor copyOf(Tensor self) {
        // clone() keeps the strides of dimensions of length 1, unlike results of other operators.
        boolean likeAResult = self.layout().isRowMajor() || !self.layout().isContiguous();
        Tensor out = likeAResult ? recycledLike(self) : null;
        return out == null ? Operators.tensor(Ops.CLONE, self) : out.copy_(self);
    }

    /** A tensor of the same dtype, sizes and strides over recycled memory, or null where libtorch must make it. */
    static @Nullable Tensor recycledLike(Tensor self) {
        long bytes = self.layout().numel() * self.handle.dtype().byteSize();
        if (bytes < Recycler.LARGE || self.isRecorded()) {
            return null;
        }
        Layout layout = self.layout().ofResult();
        if (layout == null) {
            return null;
        }
        self.requireAlive();
        Arena arena = arenaFor(self.resultArena);
        MemorySegment memory = Recycler.ofResults().take(bytes, arena);
        return overSegment(self.resultArena, arena, memory, self.handle.dtype(), layout);
    }

    // ---- results: a frame's tensors, each described just before it is adopted ----

    /**
     * A result over memory of its own, without a history.
     *
     * @param similar used again where the result's layout equals it; or null
     */
    static Tensor unrecorded(@Nullable Arena resultArena, CallFrame frame, int index, @Nullable Layout similar) {
        MemorySegment info = frame.info();
        DType dtype = DType.of(tffm_info.dtype(info));
        Layout layout = Layout.described(info, similar);
        MemorySegment start = start(info, dtype, layout);
        boolean inference = tffm_info.inference(info) != 0;
        Arena arena = arenaFor(resultArena);
        long bytes = memoryBytes(layout, dtype);
        frame.made(bytes);
        var handle = new Handle(Handles.adopt(arena, frame.takeHandle(index), bytes), dtype, layout, inference);
        return ofLibtorch(resultArena, arena, handle, start, handle.automatic(), null);
    }

    /** A result. Where it stands on an input's memory it shares that input's history. */
    static Tensor result(
            @Nullable Arena resultArena, CallFrame frame, int index, boolean sharesMemory, List<Tensor> inputs) {
        if (sharesMemory) {
            Tensor owner = Objects.requireNonNull(ownerOf(frame, inputs));
            return alias(resultArena, frame, index, owner, owner.history.withView());
        }
        Native.Info info = Native.describedIn(frame);
        Tensor result = unrecorded(resultArena, frame, index, null);
        record(result, inputs, info);
        return result;
    }

    /** The result of {@code aten::detach}, over its input's memory and with a history of its own. */
    static Tensor detached(@Nullable Arena resultArena, CallFrame frame, int index, List<Tensor> inputs) {
        Tensor owner = Objects.requireNonNull(ownerOf(frame, inputs));
        return alias(resultArena, frame, index, owner, owner.history.detached());
    }

    /** The same tensor as a parameter. */
    static Tensor parameter(Tensor data) {
        return new Tensor(data.resultArena, data.handle.ofParameter(), data.storage, data.history);
    }

    /** A leaf's gradient, over the memory that libtorch adds to, or null if it has none. */
    static @Nullable Tensor gradient(Tensor leaf) {
        leaf.requireAlive();
        try (CallFrame frame = CallFrame.take()) {
            TorchException.check(tffm_grad(leaf.handle(), frame.out()));
            if (frame.out().get(ValueLayout.ADDRESS, 0).equals(MemorySegment.NULL)) {
                return null;
            }
            receive(frame);
            return alias(leaf.resultArena, frame, 0, null, leaf.history.ofGradient());
        }
    }

    /**
     * The result of an elementwise operator, in {@link CallFrame#out}.
     *
     * @param isPlain whether it has self's dtype and is not recorded; then only its address may have to be asked for
     */
    static Tensor elementwise(Tensor self, CallFrame frame, boolean isPlain) {
        Layout layout = self.layout();
        if (!isPlain || !layout.isRowMajor() || layout.offset() != 0) {
            receive(frame);
            return result(self.resultArena, frame, 0, false, List.of(self));
        }
        Arena arena = arenaFor(self.resultArena);
        MemorySegment raw = frame.out().get(ValueLayout.ADDRESS, 0);
        var handle = new Handle(
                Handles.adopt(arena, raw, self.byteSize()), self.handle.dtype(), layout, Modes.isInference());
        TorchException.check(tffm_data_ptr(handle.segment(), frame.out()));
        MemorySegment data = frame.out().get(ValueLayout.ADDRESS, 0);
        return ofLibtorch(self.resultArena, arena, handle, data, handle.automatic(), null);
    }

    /** Takes the tensor in {@link CallFrame#out} as the only result of the call. */
    static void receive(CallFrame frame) {
        TorchException.check(frame.receive());
    }

    /** A tensor over the memory of its owner, or of a gradient if that is null. An owner's is counted already. */
    private static Tensor alias(
            @Nullable Arena resultArena, CallFrame frame, int index, @Nullable Tensor owner, History history) {
        MemorySegment info = frame.info();
        DType dtype = DType.of(tffm_info.dtype(info));
        Layout layout = Layout.described(info, null);
        MemorySegment start = start(info, dtype, layout);
        if (tffm_info.requires_grad(info) != 0) { // no record: a view's own backward keeps sizes, not memory
            History.request();
        }
        boolean inference = tffm_info.inference(info) != 0;
        Arena arena = arenaFor(resultArena);
        var handle = new Handle(Handles.adopt(arena, frame.takeHandle(index)), dtype, layout, inference);
        return owner == null || owner.storage.ofLibtorch()
                ? ofLibtorch(resultArena, arena, handle, start, owner == null && handle.automatic(), history)
                : new Tensor(resultArena, handle, owner.storage, history);
    }

    /** The start of the described tensor's storage. A tensor without memory is refused. */
    private static MemorySegment start(MemorySegment info, DType dtype, Layout layout) {
        MemorySegment data = tffm_info.data(info);
        if (layout.numel() > 0 && data.equals(MemorySegment.NULL)) {
            throw new IllegalArgumentException("a result has no memory, and a tensor must have its elements in memory");
        }
        long offset = layout.numel() == 0 ? 0 : layout.offset() * dtype.byteSize();
        return offset == 0 ? data : MemorySegment.ofAddress(data.address() - offset);
    }

    /**
     * A tensor over libtorch's memory.
     *
     * @param counted whether the memory is counted for the garbage collector
     * @param history null for a new one
     */
    private static Tensor ofLibtorch(
            @Nullable Arena resultArena,
            Arena arena,
            Handle handle,
            MemorySegment start,
            boolean counted,
            @Nullable History history) {
        Storage storage = Storage.ofLibtorch(arena, start, memoryBytes(handle.layout(), handle.dtype()), counted);
        return new Tensor(resultArena, handle, storage, history == null ? new History(storage) : history);
    }

    private static long memoryBytes(Layout layout, DType dtype) {
        return (layout.numel() == 0 ? 0 : layout.offset() + layout.extent()) * dtype.byteSize();
    }

    /** Updates the history of a tensor that an operator with these inputs wrote. */
    static void wrote(CallFrame frame, Operator operator, Tensor tensor, List<Tensor> inputs) {
        TorchException.check(frame.describe(tensor.handle()));
        Native.Info info = Native.describedIn(frame);
        record(tensor, inputs, info);
        if (!info.hasHistory()
                && operator.name().equals("aten::detach_")) { // another leaf may be a view of what is none
            tensor.history.forget();
        }
    }

    private static void record(Tensor tensor, List<Tensor> inputs, Native.Info info) {
        if (info.requiresGrad()) {
            History.request();
        }
        if (info.hasHistory() && Modes.records()) { // in other modes libtorch leaves the history as it is
            tensor.history.record(
                    tensor.handle,
                    inputs.stream()
                            .filter(input -> input.handle != tensor.handle) // its own past is there already
                            .map(input -> input.history.past(input.handle))
                            .toList());
        }
    }

    /** What is known of a tensor's memory and history. */
    static Native.Info described(Tensor tensor) {
        tensor.history.read(tensor.handle);
        try (CallFrame frame = CallFrame.take()) {
            TorchException.check(frame.describe(tensor.handle()));
            return Native.describedIn(frame);
        }
    }

    /** The input that shares its storage with the described tensor, or null. */
    private static @Nullable Tensor ownerOf(CallFrame frame, List<Tensor> inputs) {
        MemorySegment storage = Native.describedIn(frame).storage();
        Tensor owner = null;
        for (Tensor input : inputs) {
            if (!described(input).storage().equals(storage)) {
                continue;
            }
            if (owner != null && owner.history != input.history) { // one is detached, and libtorch does not say which
                throw new IllegalArgumentException("a result stands on memory that two arguments with different"
                        + " histories share: pass a clone() of one of them");
            }
            owner = input;
        }
        return owner;
    }
}
