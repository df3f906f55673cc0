package dev.torchffm.internal;

import dev.torchffm.bindings.TorchFfm;
import dev.torchffm.internal.events.OperatorEvent;
import dev.torchffm.internal.events.Recorder;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The shim's own loop, which clamps elements in a row without libtorch. */
public final class ClampKernel {

    /** A few microseconds of work. */
    private static final long MAX_CRITICAL_ELEMENTS = 1 << 13;

    /**
     * 256 KiB, some 10 µs of work. From 400 KiB on the shim uses libtorch's threads, which must never happen while the
     * garbage collector waits.
     */
    private static final int MAX_HEAP_FLOATS = 1 << 16;

    private ClampKernel() {}

    /** A call so short that its thread may stay in its Java state; leaving that is most of the cost of a call. */
    private static final class Critical {
        static final MethodHandle CLAMP = handle(false);
    }

    /** The same for Java arrays. The garbage collector, which could move them, waits for the call. */
    private static final class OnHeap {
        static final MethodHandle CLAMP = handle(true);
    }

    private static MethodHandle handle(boolean allowHeapAccess) {
        return Linker.nativeLinker()
                .downcallHandle(
                        TorchFfm.tffm_kernel_clamp$address(),
                        TorchFfm.tffm_kernel_clamp$descriptor(),
                        Linker.Option.critical(allowHeapAccess));
    }

    /** Clamps elements in a row and returns the status; see torch_ffm.h. */
    public static int clamp(
            MemorySegment from,
            long fromOffset,
            MemorySegment to,
            long toOffset,
            long count,
            int dtype,
            int minKind,
            long min,
            int maxKind,
            long max) {
        if (count > MAX_CRITICAL_ELEMENTS || from.isMapped() || to.isMapped()) { // access to a file may take long
            return TorchFfm.tffm_kernel_clamp(from, fromOffset, to, toOffset, count, dtype, minKind, min, maxKind, max);
        }
        try {
            return (int) Critical.CLAMP.invokeExact(
                    from, fromOffset, to, toOffset, count, dtype, minKind, min, maxKind, max);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /**
     * Rectifies a Java array in place, without a copy.
     *
     * @return whether it was done: false when libtorch is not loaded, or the garbage collector would have to wait too
     *     long
     */
    public static boolean rectify(float[] values) {
        if (values.length > MAX_HEAP_FLOATS || Native.loadingFailure() != null) {
            return false;
        }
        MemorySegment array = MemorySegment.ofArray(values);
        OperatorEvent event = Recorder.operator("aten::clamp_");
        try {
            int status = (int) OnHeap.CLAMP.invokeExact(
                    array,
                    0L,
                    array,
                    0L,
                    (long) values.length,
                    TorchFfm.TFFM_FLOAT32(),
                    Scalar.INTEGER,
                    0L,
                    Scalar.NONE,
                    0L);
            if (event != null) {
                event.succeeded();
                event.write(array.byteSize());
            }
            return status == Native.OK;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
