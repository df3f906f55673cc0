package dev.torchffm.model;

import dev.torchffm.Tensor;
import dev.torchffm.TorchException;
import dev.torchffm.bindings.TorchFfm;
import dev.torchffm.bindings.tffm_constant;
import dev.torchffm.bindings.tffm_info;
import dev.torchffm.bindings.tffm_model_info;
import dev.torchffm.internal.CallFrame;
import dev.torchffm.internal.Native;
import dev.torchffm.internal.Operator;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A model that the shim has opened: its description, in Java's values. Not for two threads at once. */
final class NativeModel {

    /**
     * A constant of the model.
     *
     * @param name the module's
     * @param variable the source's
     * @param dtypeCode libtorch's
     * @param bytes of its elements
     * @param kind TFFM_CONSTANT_PARAMETER and others
     * @param isSet whether the model has a tensor for it
     * @param sizes of that tensor, else empty
     * @param strides likewise
     */
    record Constant(
            String name,
            String variable,
            int dtypeCode,
            long bytes,
            int kind,
            boolean isSet,
            long[] sizes,
            long[] strides) {

        boolean isFolded() {
            return kind == TorchFfm.TFFM_CONSTANT_FOLDED();
        }
    }

    private final MemorySegment model;
    private final int inputCount;
    private final int outputCount;
    private final int constantCount;
    private final String inputSpec;
    private final String outputSpec;

    private NativeModel(MemorySegment model, MemorySegment info) {
        this.model = model;
        inputCount = (int) tffm_model_info.input_count(info);
        outputCount = (int) tffm_model_info.output_count(info);
        constantCount = (int) tffm_model_info.constant_count(info);
        inputSpec = text(tffm_model_info.input_spec(info));
        outputSpec = text(tffm_model_info.output_spec(info));
    }

    private static String text(MemorySegment pointer) {
        return pointer.reinterpret(Long.MAX_VALUE).getString(0);
    }

    private static void check(int status) {
        if (status != Native.OK) {
            String text = Native.lastError();
            throw status == Native.INVALID_ARGUMENT ? new IllegalArgumentException(text) : new TorchException(text);
        }
    }

    /**
     * Opens a library that {@link LibraryFile} has prepared.
     *
     * @throws TorchException with the text of the system's loader, or of the model
     */
    static NativeModel open(Path library, int instances) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
            check(TorchFfm.tffm_model_open(arena.allocateFrom(library.toString()), instances, out));
            MemorySegment model = out.get(ValueLayout.ADDRESS, 0);
            MemorySegment info = tffm_model_info.allocate(arena);
            check(TorchFfm.tffm_model_describe(model, info));
            return new NativeModel(model, info);
        }
    }

    int inputCount() {
        return inputCount;
    }

    /** The structure of the inputs as pytree writes it, or empty. */
    String inputSpec() {
        return inputSpec;
    }

    /** The structure of the outputs, likewise. */
    String outputSpec() {
        return outputSpec;
    }

    /** The inputs' names in the source. */
    List<String> inputs() {
        var names = new ArrayList<String>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
            for (int i = 0; i < inputCount; i++) {
                check(TorchFfm.tffm_model_input(model, i, out));
                names.add(text(out.get(ValueLayout.ADDRESS, 0)));
            }
        }
        return names;
    }

    /** All constants, by index. */
    List<Constant> constants() {
        var constants = new ArrayList<Constant>();
        try (Arena arena = Arena.ofConfined();
                CallFrame frame = CallFrame.take()) {
            MemorySegment constant = tffm_constant.allocate(arena);
            for (int i = 0; i < constantCount; i++) {
                check(TorchFfm.tffm_model_constant(model, i, constant));
                check(TorchFfm.tffm_model_constant_tensor(model, i, frame.out()));
                MemorySegment tensor = frame.out().get(ValueLayout.ADDRESS, 0);
                boolean isSet = !tensor.equals(MemorySegment.NULL);
                int dim = 0;
                if (isSet) {
                    int status = frame.describe(tensor);
                    TorchFfm.tffm_free(tensor);
                    check(status);
                    dim = (int) tffm_info.dim(frame.info());
                }
                constants.add(new Constant(
                        text(tffm_constant.name(constant)),
                        text(tffm_constant.variable(constant)),
                        tffm_constant.dtype(constant),
                        tffm_constant.bytes(constant),
                        tffm_constant.kind(constant),
                        isSet,
                        longs(tffm_info.sizes(frame.info()), dim),
                        longs(tffm_info.strides(frame.info()), dim)));
            }
        }
        return constants;
    }

    private static long[] longs(MemorySegment values, int count) {
        return values.asSlice(0, (long) count * Long.BYTES).toArray(ValueLayout.JAVA_LONG);
    }

    /** Exchanges constants by tensors, whose memory must outlive the model. */
    void setConstants(List<Integer> indices, List<Tensor> tensors) {
        int count = indices.size();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment numbers = arena.allocate(ValueLayout.JAVA_LONG, count);
            MemorySegment handles = arena.allocate(ValueLayout.ADDRESS, count);
            try {
                for (int i = 0; i < count; i++) {
                    numbers.setAtIndex(ValueLayout.JAVA_LONG, i, indices.get(i));
                    handles.setAtIndex(ValueLayout.ADDRESS, i, handle(tensors.get(i), arena));
                }
                check(TorchFfm.tffm_model_set_constants(model, numbers, handles, count));
            } finally {
                for (int i = 0; i < count; i++) {
                    MemorySegment handle = handles.getAtIndex(ValueLayout.ADDRESS, i);
                    if (!handle.equals(MemorySegment.NULL)) {
                        TorchFfm.tffm_free(handle);
                    }
                }
            }
        }
    }

    /** A new handle of the shim on a tensor's memory. */
    private static MemorySegment handle(Tensor tensor, Arena arena) {
        MemorySegment memory = tensor.segment();
        MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
        check(TorchFfm.tffm_from_memory(
                TorchFfm.TFFM_NO_GRAD(),
                memory,
                memory.byteSize(),
                TorchDType.code(tensor.dtype()),
                tensor.dim(),
                arena.allocateFrom(ValueLayout.JAVA_LONG, tensor.sizes()),
                arena.allocateFrom(ValueLayout.JAVA_LONG, tensor.strides()),
                0,
                out));
        return out.get(ValueLayout.ADDRESS, 0);
    }

    /**
     * Prepares the model for runs, once, and gives what runs it.
     *
     * @param mostThreads how many its loops may have that do not say it; 0 for any
     */
    Operator prepare(boolean[] writes, int mostThreads) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
            MemorySegment flags = arena.allocate(ValueLayout.JAVA_INT, writes.length);
            for (int i = 0; i < writes.length; i++) {
                flags.setAtIndex(ValueLayout.JAVA_INT, i, writes[i] ? 1 : 0);
            }
            check(TorchFfm.tffm_model_prepare(model, flags, mostThreads, out));
            return Operator.ofModel("the model", out.get(ValueLayout.ADDRESS, 0), outputCount);
        }
    }

    /** Frees the model; nothing of it may be used any more. */
    void close() {
        check(TorchFfm.tffm_model_close(model));
    }
}
