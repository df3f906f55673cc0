package dev.torchffm.internal;

import dev.torchffm.bindings.TorchFfm;
import dev.torchffm.bindings.tffm_info;
import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Calls of the shim. Each returns the shim's status; {@link #lastError()} of the same thread tells more, and
 * nothing may come between the two that could move a virtual thread to another carrier.
 *
 * <p>A tensor is passed as its handle and the memory that it stands on: the linker keeps alive what is an
 * argument, so neither can be closed under a running call.
 */
public final class Shim {

    // Literals: the generated ones are not to be had before the shim is loaded, and a test compares them.

    /** The status of a call that went well. */
    public static final int OK = 0;

    /** The status of a call whose arguments the shim refused. */
    public static final int INVALID_ARGUMENT = 2;

    /** The status of a call that did nothing, for another must be made. */
    public static final int NOT_SERVED = 3;

    /** The most dimensions that a tensor may have. */
    public static final int MAX_DIM = 64;

    /** What the shim must have. */
    static final List<String> FUNCTIONS = List.of(
            "tffm_last_error",
            "tffm_libtorch_version",
            "tffm_from_memory",
            "tffm_free",
            "tffm_describe",
            "tffm_data_ptr",
            "tffm_clamp",
            "tffm_clamp_",
            "tffm_clamp_out",
            "tffm_clamp_min",
            "tffm_clamp_min_",
            "tffm_clamp_min_out",
            "tffm_clamp_max",
            "tffm_clamp_max_",
            "tffm_clamp_max_out",
            "tffm_kernel_clamp",
            "tffm_block_allocate",
            "tffm_block_free",
            "tffm_relu",
            "tffm_relu_",
            "tffm_add",
            "tffm_sub",
            "tffm_add_scalar",
            "tffm_sub_scalar",
            "tffm_mul_scalar",
            "tffm_div_scalar",
            "tffm_eq_scalar",
            "tffm_leaky_relu",
            "tffm_leaky_relu_",
            "tffm_manual_seed",
            "tffm_clone",
            "tffm_contiguous",
            "tffm_copy_",
            "tffm_empty",
            "tffm_full",
            "tffm_rand",
            "tffm_randn",
            "tffm_requires_grad_",
            "tffm_grad",
            "tffm_clear_grad_",
            "tffm_grad_fn",
            "tffm_dlpack_export",
            "tffm_dlpack_await",
            "tffm_call");

    private static final @Nullable Throwable LOADING_FAILURE = load();

    /** Where a call of this thread writes its result. */
    private static final ThreadLocal<MemorySegment> RESULT =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(ValueLayout.ADDRESS));

    /** One of its own: a failure must not overwrite a result that is still to be freed. */
    private static final ThreadLocal<MemorySegment> ERROR =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(ValueLayout.ADDRESS));

    private static final ThreadLocal<MemorySegment> INFO =
            ThreadLocal.withInitial(() -> tffm_info.allocate(Arena.ofAuto()));

    private Shim() {}

    private static @Nullable Throwable load() {
        try {
            Settings.check();
            Libraries.load();
            return null;
        } catch (LinkageError | RuntimeException e) {
            return e;
        }
    }

    /** Why libtorch could not be loaded, or null when it is. */
    public static @Nullable Throwable loadingFailure() {
        return LOADING_FAILURE;
    }

    /** The text of this thread's last failure. */
    public static String lastError() {
        MemorySegment cell = ERROR.get();
        TorchFfm.tffm_last_error(cell);
        return cell.get(TorchFfm.C_POINTER, 0).getString(0);
    }

    /** The cell that the next call of this thread may write its result to. */
    public static MemorySegment resultCell() {
        return RESULT.get();
    }

    public static int fromMemory(
            MemorySegment memory, int dtype, long[] sizes, long[] strides, long storageOffset, MemorySegment result) {
        try (Arena arena = Arena.ofConfined()) {
            return TorchFfm.tffm_from_memory(
                    Modes.current(),
                    memory,
                    memory.byteSize(),
                    dtype,
                    sizes.length,
                    arena.allocateFrom(ValueLayout.JAVA_LONG, sizes),
                    arena.allocateFrom(ValueLayout.JAVA_LONG, strides),
                    storageOffset,
                    result);
        }
    }

    /** What {@link #describe} tells of a tensor. */
    public record Info(
            MemorySegment data,
            MemorySegment storage,
            int dtype,
            long numel,
            long[] sizes,
            long[] strides,
            long storageOffset,
            boolean requiresGrad,
            boolean inference) {}

    /** Describes a tensor, or returns null on a failure. */
    public static @Nullable Info describe(MemorySegment tensor) {
        MemorySegment info = INFO.get();
        if (TorchFfm.tffm_describe(tensor, info) != OK) {
            return null;
        }
        int dim = (int) tffm_info.dim(info);
        return new Info(
                tffm_info.data(info),
                tffm_info.storage(info),
                tffm_info.dtype(info),
                tffm_info.numel(info),
                numbers(tffm_info.sizes(info), dim),
                numbers(tffm_info.strides(info), dim),
                tffm_info.storage_offset(info),
                tffm_info.requires_grad(info) != 0,
                tffm_info.inference(info) != 0);
    }

    private static long[] numbers(MemorySegment array, int count) {
        return array.asSlice(0, count * (long) Long.BYTES).toArray(ValueLayout.JAVA_LONG);
    }

    /** Gives the address of element 0 in the cell. */
    public static int dataPtr(MemorySegment tensor, MemorySegment cell) {
        return TorchFfm.tffm_data_ptr(tensor, cell);
    }

    public static int requiresGrad_(MemorySegment self, boolean requiresGrad) {
        return TorchFfm.tffm_requires_grad_(Modes.current(), self, requiresGrad ? 1 : 0);
    }

    public static int grad(MemorySegment self, MemorySegment result) {
        return TorchFfm.tffm_grad(self, result);
    }

    public static int clearGrad_(MemorySegment self) {
        return TorchFfm.tffm_clear_grad_(self);
    }

    /** The name of the backward that made a tensor, empty for a leaf. */
    public static String gradFn(MemorySegment self) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocate(256);
            return TorchFfm.tffm_grad_fn(self, name, name.byteSize()) == OK ? name.getString(0) : "";
        }
    }

    public static int clamp(
            MemorySegment self,
            MemorySegment memory,
            int minKind,
            long min,
            int maxKind,
            long max,
            MemorySegment result) {
        return TorchFfm.tffm_clamp(Modes.current(), self, memory, minKind, min, maxKind, max, result);
    }

    public static int clamp_(MemorySegment self, MemorySegment memory, int minKind, long min, int maxKind, long max) {
        return TorchFfm.tffm_clamp_(Modes.current(), self, memory, minKind, min, maxKind, max);
    }

    public static int clampOut(
            MemorySegment self,
            MemorySegment memory,
            int minKind,
            long min,
            int maxKind,
            long max,
            MemorySegment out,
            MemorySegment outMemory) {
        return TorchFfm.tffm_clamp_out(Modes.current(), self, memory, minKind, min, maxKind, max, out, outMemory);
    }

    public static int clampMin(MemorySegment self, MemorySegment memory, int kind, long min, MemorySegment result) {
        return TorchFfm.tffm_clamp_min(Modes.current(), self, memory, kind, min, result);
    }

    public static int clampMin_(MemorySegment self, MemorySegment memory, int kind, long min) {
        return TorchFfm.tffm_clamp_min_(Modes.current(), self, memory, kind, min);
    }

    public static int clampMinOut(
            MemorySegment self, MemorySegment memory, int kind, long min, MemorySegment out, MemorySegment outMemory) {
        return TorchFfm.tffm_clamp_min_out(Modes.current(), self, memory, kind, min, out, outMemory);
    }

    public static int clampMax(MemorySegment self, MemorySegment memory, int kind, long max, MemorySegment result) {
        return TorchFfm.tffm_clamp_max(Modes.current(), self, memory, kind, max, result);
    }

    public static int clampMax_(MemorySegment self, MemorySegment memory, int kind, long max) {
        return TorchFfm.tffm_clamp_max_(Modes.current(), self, memory, kind, max);
    }

    public static int clampMaxOut(
            MemorySegment self, MemorySegment memory, int kind, long max, MemorySegment out, MemorySegment outMemory) {
        return TorchFfm.tffm_clamp_max_out(Modes.current(), self, memory, kind, max, out, outMemory);
    }

    /** Clamps elements in a row by the shim's own loops; see torch_ffm.h. */
    public static int kernelClamp(
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
        if (count > Critical.MOST_ELEMENTS || from.isMapped() || to.isMapped()) { // a file may have to be waited for
            return TorchFfm.tffm_kernel_clamp(from, fromOffset, to, toOffset, count, dtype, minKind, min, maxKind, max);
        }
        try {
            return (int) Critical.KERNEL_CLAMP.invokeExact(
                    from, fromOffset, to, toOffset, count, dtype, minKind, min, maxKind, max);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** Calls so short that the JVM need not be told that its thread is away, which is most of their cost. */
    private static final class Critical {

        /** Some microseconds of work. */
        static final long MOST_ELEMENTS = 1 << 13;

        static final MethodHandle KERNEL_CLAMP = Linker.nativeLinker()
                .downcallHandle(
                        TorchFfm.tffm_kernel_clamp$address(),
                        TorchFfm.tffm_kernel_clamp$descriptor(),
                        Linker.Option.critical(false));
    }

    /**
     * Rectifies a Java array in place by the shim's own loops, without a copy.
     *
     * @return whether that was done; not where libtorch is not loaded, nor where the garbage collector would have to
     *     wait too long
     */
    public static boolean kernelRelu(float[] values) {
        if (values.length > OnHeap.MOST_FLOATS || LOADING_FAILURE != null) {
            return false;
        }
        MemorySegment array = MemorySegment.ofArray(values);
        try {
            int status = (int) OnHeap.KERNEL_CLAMP.invokeExact(
                    array,
                    0L,
                    array,
                    0L,
                    (long) values.length,
                    TorchFfm.TFFM_FLOAT32(),
                    TorchFfm.TFFM_INTEGER(),
                    0L,
                    TorchFfm.TFFM_NO_NUMBER(),
                    0L);
            return status == OK;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    /** The same for arrays of Java's, which the garbage collector must not move meanwhile: it waits for the call. */
    private static final class OnHeap {

        /**
         * 256 KiB, some 10 µs of work. From 400 KiB on the shim has libtorch's threads work, which must never happen
         * in such a call.
         */
        static final int MOST_FLOATS = 1 << 16;

        static final MethodHandle KERNEL_CLAMP = Linker.nativeLinker()
                .downcallHandle(
                        TorchFfm.tffm_kernel_clamp$address(),
                        TorchFfm.tffm_kernel_clamp$descriptor(),
                        Linker.Option.critical(true));
    }

    public static int relu(MemorySegment self, MemorySegment memory, MemorySegment result) {
        return TorchFfm.tffm_relu(Modes.current(), self, memory, result);
    }

    public static int relu_(MemorySegment self, MemorySegment memory) {
        return TorchFfm.tffm_relu_(Modes.current(), self, memory);
    }

    public static int add(
            MemorySegment self,
            MemorySegment memory,
            MemorySegment other,
            MemorySegment otherMemory,
            MemorySegment result) {
        return TorchFfm.tffm_add(Modes.current(), self, memory, other, otherMemory, result);
    }

    public static int sub(
            MemorySegment self,
            MemorySegment memory,
            MemorySegment other,
            MemorySegment otherMemory,
            MemorySegment result) {
        return TorchFfm.tffm_sub(Modes.current(), self, memory, other, otherMemory, result);
    }

    public static int addScalar(MemorySegment self, MemorySegment memory, int kind, long number, MemorySegment result) {
        return TorchFfm.tffm_add_scalar(Modes.current(), self, memory, kind, number, result);
    }

    public static int subScalar(MemorySegment self, MemorySegment memory, int kind, long number, MemorySegment result) {
        return TorchFfm.tffm_sub_scalar(Modes.current(), self, memory, kind, number, result);
    }

    public static int mulScalar(MemorySegment self, MemorySegment memory, int kind, long number, MemorySegment result) {
        return TorchFfm.tffm_mul_scalar(Modes.current(), self, memory, kind, number, result);
    }

    public static int divScalar(MemorySegment self, MemorySegment memory, int kind, long number, MemorySegment result) {
        return TorchFfm.tffm_div_scalar(Modes.current(), self, memory, kind, number, result);
    }

    public static int eqScalar(MemorySegment self, MemorySegment memory, int kind, long number, MemorySegment result) {
        return TorchFfm.tffm_eq_scalar(Modes.current(), self, memory, kind, number, result);
    }

    public static int leakyRelu(MemorySegment self, MemorySegment memory, int kind, long slope, MemorySegment result) {
        return TorchFfm.tffm_leaky_relu(Modes.current(), self, memory, kind, slope, result);
    }

    public static int leakyRelu_(MemorySegment self, MemorySegment memory, int kind, long slope) {
        return TorchFfm.tffm_leaky_relu_(Modes.current(), self, memory, kind, slope);
    }

    public static int manualSeed(long seed) {
        return TorchFfm.tffm_manual_seed(seed);
    }

    public static int clone(MemorySegment self, MemorySegment memory, MemorySegment result) {
        return TorchFfm.tffm_clone(Modes.current(), self, memory, result);
    }

    public static int contiguous(MemorySegment self, MemorySegment memory, MemorySegment result) {
        return TorchFfm.tffm_contiguous(Modes.current(), self, memory, result);
    }

    public static int copy_(
            MemorySegment self, MemorySegment memory, MemorySegment source, MemorySegment sourceMemory) {
        return TorchFfm.tffm_copy_(Modes.current(), self, memory, source, sourceMemory);
    }

    /** A function that makes a tensor of a shape. */
    @FunctionalInterface
    private interface Maker {
        int make(long dim, MemorySegment sizes, MemorySegment result);
    }

    private static int make(long[] sizes, Maker maker, MemorySegment result) {
        try (Arena arena = Arena.ofConfined()) {
            return maker.make(sizes.length, arena.allocateFrom(ValueLayout.JAVA_LONG, sizes), result);
        }
    }

    public static int empty(long[] sizes, int dtype, MemorySegment result) {
        return make(sizes, (dim, shape, cell) -> TorchFfm.tffm_empty(Modes.current(), dim, shape, dtype, cell), result);
    }

    public static int full(long[] sizes, int kind, long value, int dtype, MemorySegment result) {
        return make(
                sizes,
                (dim, shape, cell) -> TorchFfm.tffm_full(Modes.current(), dim, shape, kind, value, dtype, cell),
                result);
    }

    public static int rand(long[] sizes, int dtype, MemorySegment result) {
        return make(sizes, (dim, shape, cell) -> TorchFfm.tffm_rand(Modes.current(), dim, shape, dtype, cell), result);
    }

    public static int randn(long[] sizes, int dtype, MemorySegment result) {
        return make(sizes, (dim, shape, cell) -> TorchFfm.tffm_randn(Modes.current(), dim, shape, dtype, cell), result);
    }
}
