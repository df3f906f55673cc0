package dev.torchffm;

import static dev.torchffm.bindings.TorchFfm.tffm_data_ptr;
import static dev.torchffm.bindings.TorchFfm.tffm_from_memory;

import dev.torchffm.bindings.tffm_info;
import dev.torchffm.internal.CallFrame;
import dev.torchffm.internal.FusedSteps;
import dev.torchffm.internal.Handles;
import dev.torchffm.internal.Modes;
import dev.torchffm.internal.Native;
import dev.torchffm.internal.Recycler;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A handle becomes a {@link Tensor}: fresh, an alias, a gradient. The only place that builds one. */
final class Adoption {

    static {
        // Optimizers have tensors, which are made here.
        FusedSteps.open((operator, arguments) -> Operators.call(null, operator, arguments));
    }

    private Adoption() {}

    private static Arena arenaFor(@Nullable Arena resultArena) {
        return resultArena == null ? Arena.ofAuto() : resultArena;
    }

    // ---- over Java's memory ----

    /**
     * A tensor over memory from a segment's start.
     *
     * @param name the argument's, for an exception
     * @param layout of sizes that were checked
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
                    frame.cell()));
            raw = frame.cell().get(ValueLayout.ADDRESS, 0);
        }
        var storage = Storage.over(memory);
        var handle = new Handle(Handles.adopt(arena, raw), dtype, layout, Modes.isInference());
        return new Tensor(resultArena, handle, storage, new History(storage));
    }

    /** A one-dimensional tensor of values, over new memory of Java's, aligned to a cache line. */
    static Tensor copyOf(@Nullable Arena resultArena, MemorySegment values, DType dtype) {
        Arena arena = arenaFor(resultArena);
        MemorySegment memory = arena.allocate(values.byteSize(), 64).copyFrom(values);
        Layout layout = Layout.contiguous(new long[] {values.byteSize() / dtype.byteSize()}, dtype);
        return overSegment(resultArena, arena, memory, dtype, layout);
    }

    /** A tensor's clone, where it is large over recycled memory. */
    static Tensor copyOf(Tensor self) {
        // A contiguous clone keeps the strides of dimensions of length 1, which results of operators do not.
        boolean likeAResult = self.layout().isRowMajor() || !self.layout().isContiguous();
        Tensor out = likeAResult ? recycledLike(self) : null;
        return out == null ? Operators.tensor(Ops.CLONE, self) : out.copy_(self);
    }

    /** A tensor of the same dtype, sizes and strides over recycled memory, or null where libtorch must make it. */
    static @Nullable Tensor recycledLike(Tensor self) {
        long bytes = self.numel() * self.dtype().byteSize();
        if (bytes < Recycler.LARGE || self.isRecorded()) {
            return null;
        }
        Layout layout = self.layout().ofResult();
        if (layout == null) {
            return null;
        }
        Arena arena = arenaFor(self.resultArena);
        MemorySegment memory = Recycler.ofResults().take(bytes, arena);
        return overSegment(self.resultArena, arena, memory, self.dtype(), layout);
    }

    // ---- results: tensors in a frame, where the one that is adopted was described last ----

    /**
     * A result over memory of its own that no history is kept of.
     *
     * @param similar a layout that the result's may be equal to, or null
     */
    static Tensor unrecorded(@Nullable Arena resultArena, CallFrame frame, int index, @Nullable Layout similar) {
        MemorySegment info = frame.info();
        DType dtype = DType.of(tffm_info.dtype(info));
        Layout layout = Layout.described(info, similar);
        MemorySegment start = start(info, dtype, layout);
        boolean inference = tffm_info.inference(info) != 0;
        Arena arena = arenaFor(resultArena);
        var handle = new Handle(Handles.adopt(arena, frame.takeHandle(index)), dtype, layout, inference);
        return ofLibtorch(resultArena, arena, handle, start, handle.automatic(), null);
    }

    /** A result that may stand on memory of the inputs and then shares their history. */
    static Tensor result(
            @Nullable Arena resultArena, CallFrame frame, int index, boolean sharesMemory, List<Tensor> inputs) {
        if (sharesMemory) {
            Tensor owner = ownerOf(frame, inputs);
            if (owner != null) {
                return alias(resultArena, frame, index, owner, owner.history.withView());
            }
        }
        Native.Info info = Native.describedIn(frame);
        Tensor result = unrecorded(resultArena, frame, index, null);
        record(result, inputs, info);
        return result;
    }

    /** The same of {@code aten::detach}, whose history begins there. */
    static Tensor detached(@Nullable Arena resultArena, CallFrame frame, int index, List<Tensor> inputs) {
        Tensor owner = Objects.requireNonNull(ownerOf(frame, inputs));
        return alias(resultArena, frame, index, owner, owner.history.detached());
    }

    /** A leaf's gradient, over the memory that libtorch adds to. */
    static Tensor gradient(@Nullable Arena resultArena, CallFrame frame, History history) {
        return alias(resultArena, frame, 0, null, history);
    }

    /** The result of an operator on every element, of which all but its address is known where nothing is recorded. */
    static Tensor elementwise(Tensor self, CallFrame frame, boolean keepsDtype) {
        Layout layout = self.layout();
        if (!keepsDtype || !layout.isRowMajor() || layout.offset() != 0 || self.isRecorded()) {
            receive(frame);
            return result(self.resultArena, frame, 0, false, List.of(self));
        }
        Arena arena = arenaFor(self.resultArena);
        MemorySegment raw = frame.cell().get(ValueLayout.ADDRESS, 0);
        var handle = new Handle(Handles.adopt(arena, raw), self.dtype(), layout, Modes.isInference());
        TorchException.check(tffm_data_ptr(handle.segment(), frame.cell()));
        MemorySegment data = frame.cell().get(ValueLayout.ADDRESS, 0);
        return ofLibtorch(self.resultArena, arena, handle, data, handle.automatic(), null);
    }

    /** Takes a tensor that a call gave in the frame's cell for its only result. */
    static void receive(CallFrame frame) {
        TorchException.check(frame.receive());
    }

    /** A tensor over the memory of another, or of a gradient where that is null, which is not counted again. */
    private static Tensor alias(
            @Nullable Arena resultArena, CallFrame frame, int index, @Nullable Tensor owner, History history) {
        MemorySegment info = frame.info();
        DType dtype = DType.of(tffm_info.dtype(info));
        Layout layout = Layout.described(info, null);
        MemorySegment start = start(info, dtype, layout);
        if (tffm_info.requires_grad(info) != 0) { // a view's own backward keeps sizes and no memory
            History.request();
        }
        boolean inference = tffm_info.inference(info) != 0;
        Arena arena = arenaFor(resultArena);
        var handle = new Handle(Handles.adopt(arena, frame.takeHandle(index)), dtype, layout, inference);
        return owner == null || owner.storage.ofLibtorch()
                ? ofLibtorch(resultArena, arena, handle, start, owner == null && handle.automatic(), history)
                : new Tensor(resultArena, handle, owner.storage, history);
    }

    /** Where the storage of a tensor that was described starts; one without memory is refused. */
    private static MemorySegment start(MemorySegment info, DType dtype, Layout layout) {
        MemorySegment data = tffm_info.data(info);
        if (layout.numel() > 0 && data.equals(MemorySegment.NULL)) {
            throw new IllegalArgumentException("a result has no memory, and a tensor here must have its elements");
        }
        long offset = layout.numel() == 0 ? 0 : layout.offset() * dtype.byteSize();
        return offset == 0 ? data : MemorySegment.ofAddress(data.address() - offset);
    }

    /**
     * A tensor over libtorch's memory.
     *
     * @param counted whether the garbage collector should know of the memory
     * @param history null for one that begins here
     */
    private static Tensor ofLibtorch(
            @Nullable Arena resultArena,
            Arena arena,
            Handle handle,
            MemorySegment start,
            boolean counted,
            @Nullable History history) {
        Layout layout = handle.layout();
        long length = (layout.numel() == 0 ? 0 : layout.offset() + layout.extent())
                * handle.dtype().byteSize();
        Storage storage = Storage.ofLibtorch(arena, start, length, counted);
        return new Tensor(resultArena, handle, storage, history == null ? new History(storage) : history);
    }

    /** Says that an operator with these inputs wrote a tensor, and may have been recorded in its history or ended it. */
    static void wrote(CallFrame frame, Tensor tensor, List<Tensor> inputs) {
        TorchException.check(frame.describe(tensor.handle()));
        record(tensor, inputs, Native.describedIn(frame));
    }

    private static void record(Tensor tensor, List<Tensor> inputs, Native.Info info) {
        if (info.requiresGrad()) {
            History.request();
        }
        if (!info.hasHistory()) {
            tensor.history.forget();
        } else if (Modes.records()) { // else libtorch keeps the history as it is
            tensor.history.record(inputs.stream().map(input -> input.history).toList());
        }
    }

    /** The input on whose storage the tensor that was described stands, or null. */
    private static @Nullable Tensor ownerOf(CallFrame frame, List<Tensor> inputs) {
        MemorySegment storage = Native.describedIn(frame).storage();
        Tensor owner = null;
        for (Tensor input : inputs) {
            Native.Info info = Native.describe(input.handle());
            if (info == null || !info.storage().equals(storage)) {
                continue;
            }
            if (owner != null && owner.history != input.history) { // one is detached, and nobody tells which
                throw new IllegalArgumentException("a result stands on memory that two of the tensors share with"
                        + " different histories: give the operator a clone() of one");
            }
            owner = input;
        }
        return owner;
    }
}
