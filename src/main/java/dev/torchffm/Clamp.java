package dev.torchffm;

import static dev.torchffm.bindings.TorchFfm.tffm_clamp;
import static dev.torchffm.bindings.TorchFfm.tffm_clamp_;
import static dev.torchffm.bindings.TorchFfm.tffm_clamp_out;

import dev.torchffm.bindings.TorchFfm;
import dev.torchffm.internal.CallFrame;
import dev.torchffm.internal.ClampKernel;
import dev.torchffm.internal.Modes;
import dev.torchffm.internal.Native;
import dev.torchffm.internal.events.OperatorEvent;
import dev.torchffm.internal.events.Recorder;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** {@code clamp}, {@code clamp_min}, {@code clamp_max} and {@code relu}, into a new tensor, in place, into another. */
final class Clamp {

    /** The shim's codes of the operators. {@link #RELU} comes with the bounds 0 and none, for the shim's loop. */
    static final int CLAMP = TorchFfm.TFFM_CLAMP();

    static final int CLAMP_MIN = TorchFfm.TFFM_CLAMP_MIN();
    static final int CLAMP_MAX = TorchFfm.TFFM_CLAMP_MAX();
    static final int RELU = TorchFfm.TFFM_RELU();

    /** The operators' names, by code. */
    private static final List<String> NAMES =
            List.of("aten::clamp", "aten::clamp_min", "aten::clamp_max", "aten::relu");

    private Clamp() {}

    static Tensor fresh(Tensor self, int operation, @Nullable Number min, @Nullable Number max) {
        return Recorder.hasOperators()
                ? recorded(self, operation, "", () -> callFresh(self, operation, min, max))
                : callFresh(self, operation, min, max);
    }

    static Tensor inPlace(Tensor self, int operation, @Nullable Number min, @Nullable Number max) {
        return Recorder.hasOperators()
                ? recorded(self, operation, "_", () -> callInPlace(self, operation, min, max))
                : callInPlace(self, operation, min, max);
    }

    static Tensor into(Tensor self, int operation, @Nullable Number min, @Nullable Number max, Tensor out) {
        return Recorder.hasOperators()
                ? recorded(self, operation, ".out", () -> callInto(self, operation, min, max, out))
                : callInto(self, operation, min, max, out);
    }

    private static Tensor recorded(Tensor self, int operation, String suffix, Supplier<Tensor> call) {
        var event = new OperatorEvent(NAMES.get(operation) + suffix);
        long bytes = self.byteSize();
        try {
            Tensor result = call.get();
            event.succeeded();
            bytes += result == self ? 0 : result.byteSize();
            return result;
        } finally {
            event.write(bytes);
        }
    }

    // Each method makes its own Bounds, so that the JIT compiler can avoid the allocation.

    private static Tensor callFresh(Tensor self, int operation, @Nullable Number min, @Nullable Number max) {
        Bounds bounds = Bounds.of(operation, min, max);
        self.history.read(self.handle);
        // Before the call: an exception after it would leak the result.
        boolean isPlain = bounds.keep(self.handle.dtype()) && !self.isRecorded();
        Tensor room = isPlain ? roomFor(self, bounds) : null;
        if (room != null) {
            return clampedByShim(self, bounds, room, true)
                    ? room
                    : callInto(self, operation == RELU ? CLAMP_MIN : operation, min, max, room);
        }
        try (CallFrame frame = CallFrame.take()) {
            TorchException.check(tffm_clamp(
                    Modes.current(),
                    bounds.operation(),
                    self.handle(),
                    self.keptMemory(),
                    bounds.minKind(),
                    bounds.min(),
                    bounds.maxKind(),
                    bounds.max(),
                    frame.out()));
            return Adoption.elementwise(self, frame, isPlain);
        } catch (IllegalStateException | WrongThreadException e) {
            throw named(e, self, self);
        }
    }

    private static Tensor callInPlace(Tensor self, int operation, @Nullable Number min, @Nullable Number max) {
        Bounds bounds = Bounds.of(operation, min, max);
        self.requireWritable("self");
        self.history.read(self.handle);
        if (clampedByShim(self, bounds, self, false)) {
            return self;
        }
        try {
            TorchException.check(tffm_clamp_(
                    Modes.current(),
                    bounds.operation(),
                    self.handle(),
                    self.keptMemory(),
                    bounds.minKind(),
                    bounds.min(),
                    bounds.maxKind(),
                    bounds.max()));
        } catch (IllegalStateException | WrongThreadException e) {
            throw named(e, self, self);
        }
        return self;
    }

    private static Tensor callInto(Tensor self, int operation, @Nullable Number min, @Nullable Number max, Tensor out) {
        Bounds bounds = Bounds.of(operation, min, max);
        requireFitting(self, out);
        out.history.read(out.handle);
        if (clampedByShim(self, bounds, out, false)) {
            return out;
        }
        try {
            TorchException.check(tffm_clamp_out(
                    Modes.current(),
                    bounds.operation(),
                    self.handle(),
                    self.keptMemory(),
                    bounds.minKind(),
                    bounds.min(),
                    bounds.maxKind(),
                    bounds.max(),
                    out.handle(),
                    out.keptMemory()));
        } catch (IllegalStateException | WrongThreadException e) {
            throw named(e, self, out);
        }
        return out;
    }

    /** The linker's refusal of a closed arena or a wrong thread; where it is one of the tensors', it says which. */
    private static RuntimeException named(RuntimeException refusal, Tensor self, Tensor out) {
        self.requireAlive();
        out.requireAlive();
        return refusal;
    }

    /** With other sizes libtorch would move out to other memory, and its segment would be wrong. */
    private static void requireFitting(Tensor self, Tensor out) {
        Objects.requireNonNull(out, "out");
        out.requireWritable("out");
        if (!Arrays.equals(self.layout().sizes(), out.layout().sizes())) {
            throw new IllegalArgumentException("out has sizes " + Arrays.toString(out.sizes())
                    + ", and must have this tensor's, " + Arrays.toString(self.sizes()));
        }
        Overlap.refuse(out, self, false);
    }

    /** A tensor for a result of the same dtype, over recycled memory or for the shim's loop; else null. */
    private static @Nullable Tensor roomFor(Tensor self, Bounds bounds) {
        Tensor recycled = Adoption.recycledLike(self);
        return recycled == null && self.layout().numel() > 0 && clampedByShim(self, bounds, null, true)
                ? Torch.emptyLike(self)
                : recycled;
    }

    /**
     * Clamps by the shim's own loop, if the mode asks for it and the loop can do it; else returns false.
     *
     * @param to the tensor that is written, or null to only ask whether a new one of this layout could be
     * @param isNew whether {@code to} is a new tensor, whose version need not be counted; the loop counts none
     */
    private static boolean clampedByShim(Tensor self, Bounds bounds, @Nullable Tensor to, boolean isNew) {
        if (!Modes.hasShimKernels() || !shimMayRead(self)) {
            return false;
        }
        if (to != null && (to.handle.dtype() != self.handle.dtype() || !isNew && !shimMayWrite(to))) {
            return false;
        }
        self.requireAlive();
        Tensor target = to == null ? self : to;
        int status = ClampKernel.clamp(
                self.memory(),
                self.layout().offset(),
                target.memory(),
                target.layout().offset(),
                to == null ? 0 : self.layout().numel(),
                self.handle.dtype().code,
                bounds.minKind(),
                bounds.min(),
                bounds.maxKind(),
                bounds.max());
        if (status == Native.UNSUPPORTED) {
            return false;
        }
        TorchException.check(status);
        return true;
    }

    private static boolean shimMayRead(Tensor self) {
        return self.layout().isContiguous() && !self.isRecorded();
    }

    private static boolean shimMayWrite(Tensor self) {
        return !History.gradientsWereRequested() && shimMayRead(self) && (!self.isInference() || Modes.isInference());
    }
}
