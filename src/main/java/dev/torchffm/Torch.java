package dev.torchffm;

import static dev.torchffm.bindings.TorchFfm.tffm_empty;
import static dev.torchffm.bindings.TorchFfm.tffm_libtorch_version;
import static dev.torchffm.bindings.TorchFfm.tffm_manual_seed;
import static dev.torchffm.bindings.TorchFfm.tffm_set_num_threads;

import dev.torchffm.internal.CallFrame;
import dev.torchffm.internal.Modes;
import dev.torchffm.internal.Native;
import dev.torchffm.internal.Operator;
import dev.torchffm.internal.Scalar;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * New tensors, and any operator of libtorch by its name.
 *
 * <p>Each factory comes with and without an arena. Without one the tensor lives in an automatic arena of its
 * own and is garbage-collected. Sizes are the lengths of the dimensions, none for a tensor of no dimension; a
 * negative one, or a product that overflows, is an {@link IllegalArgumentException}. Where no dtype is named it
 * is PyTorch's default.
 *
 * <p>Any thread may call these methods; {@link #manualSeed} says what it asks of other threads.
 *
 * <p>Source: the PyTorch page "Creation Ops".
 */
public final class Torch {

    private Torch() {}

    /**
     * The version of the libtorch in use, such as {@code 2.13.0}: {@code torch.__version__} without the build's own part.
     * Results are those of this version, where the versions differ.
     */
    public static String libtorchVersion() {
        TorchException.requireLibtorch();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment version = arena.allocate(ValueLayout.JAVA_LONG);
            TorchException.check(tffm_libtorch_version(version));
            long packed = version.get(ValueLayout.JAVA_LONG, 0);
            return (packed >>> 56) + "." + (packed >>> 48 & 0xff) + "." + (packed >>> 40 & 0xff);
        }
    }

    private static Tensor make(@Nullable Arena arena, DType dtype, long[] sizes) {
        Layout.numel(sizes, dtype);
        TorchException.requireLibtorch();
        try (CallFrame frame = CallFrame.take();
                Arena shape = Arena.ofConfined()) {
            TorchException.check(tffm_empty(
                    Modes.current(),
                    sizes.length,
                    shape.allocateFrom(ValueLayout.JAVA_LONG, sizes),
                    dtype.code,
                    frame.out()));
            Adoption.receive(frame);
            return Adoption.unrecorded(arena, frame, 0, null);
        }
    }

    // ---- empty, zeros, ones, full ----

    /** {@return a FLOAT32 tensor whose elements are not initialised} */
    public static Tensor empty(long... sizes) {
        return make(null, DType.FLOAT32, sizes);
    }

    /** {@return a FLOAT32 tensor in the arena whose elements are not initialised} */
    public static Tensor empty(Arena arena, long... sizes) {
        return empty(arena, DType.FLOAT32, sizes);
    }

    /** {@return a tensor whose elements are not initialised} */
    public static Tensor empty(DType dtype, long... sizes) {
        return make(null, dtype, sizes);
    }

    /** {@return a tensor in the arena whose elements are not initialised} */
    public static Tensor empty(Arena arena, DType dtype, long... sizes) {
        return make(Tensor.requireArena(arena), dtype, sizes);
    }

    /** {@return a FLOAT32 tensor of zeros} */
    public static Tensor zeros(long... sizes) {
        return filled(null, DType.FLOAT32, sizes, 0);
    }

    /** {@return a FLOAT32 tensor of zeros in the arena} */
    public static Tensor zeros(Arena arena, long... sizes) {
        return zeros(arena, DType.FLOAT32, sizes);
    }

    /** {@return a tensor of zeros} */
    public static Tensor zeros(DType dtype, long... sizes) {
        return filled(null, dtype, sizes, 0);
    }

    /** {@return a tensor of zeros in the arena} */
    public static Tensor zeros(Arena arena, DType dtype, long... sizes) {
        return filled(Tensor.requireArena(arena), dtype, sizes, 0);
    }

    /** {@return a FLOAT32 tensor of ones} */
    public static Tensor ones(long... sizes) {
        return filled(null, DType.FLOAT32, sizes, 1);
    }

    /** {@return a FLOAT32 tensor of ones in the arena} */
    public static Tensor ones(Arena arena, long... sizes) {
        return ones(arena, DType.FLOAT32, sizes);
    }

    /** {@return a tensor of ones} */
    public static Tensor ones(DType dtype, long... sizes) {
        return filled(null, dtype, sizes, 1);
    }

    /** {@return a tensor of ones in the arena} */
    public static Tensor ones(Arena arena, DType dtype, long... sizes) {
        return filled(Tensor.requireArena(arena), dtype, sizes, 1);
    }

    /**
     * {@return a tensor of equal elements, INT64 for an integral value and FLOAT32 for another} As in PyTorch a Double
     * makes FLOAT32 too; {@link Tensor#of(double...)} makes FLOAT64.
     */
    public static Tensor full(long[] sizes, Number value) {
        return filled(null, defaultDType(value), sizes, value);
    }

    /** {@return a tensor of equal elements in the arena, INT64 for an integral value and FLOAT32 for another} */
    public static Tensor full(Arena arena, long[] sizes, Number value) {
        return full(arena, defaultDType(value), sizes, value);
    }

    /** {@return a tensor of equal elements} */
    public static Tensor full(DType dtype, long[] sizes, Number value) {
        return filled(null, dtype, sizes, value);
    }

    /**
     * A tensor of equal elements in the arena.
     *
     * @param value a Float, a Double or an integral Number
     * @throws TorchException when the value is out of the dtype's range
     */
    public static Tensor full(Arena arena, DType dtype, long[] sizes, Number value) {
        return filled(Tensor.requireArena(arena), dtype, sizes, value);
    }

    private static Tensor filled(@Nullable Arena arena, DType dtype, long[] sizes, Number value) {
        Layout.numel(sizes, dtype);
        return Operators.tensor(arena, Ops.FULL, sizes, Scalar.require("value", value), dtype);
    }

    private static DType defaultDType(Number... values) {
        for (Number value : values) {
            if (value instanceof Float || value instanceof Double) {
                return DType.FLOAT32;
            }
        }
        return DType.INT64;
    }

    // ---- random numbers ----

    private static Tensor random(@Nullable Arena arena, Operator operator, DType dtype, long[] sizes) {
        Layout.numel(sizes, dtype);
        return Operators.tensor(arena, operator, sizes, dtype);
    }

    /** {@return a FLOAT32 tensor of uniform random numbers in [0, 1)} */
    public static Tensor rand(long... sizes) {
        return random(null, Ops.RAND, DType.FLOAT32, sizes);
    }

    /** {@return a FLOAT32 tensor of uniform random numbers in [0, 1) in the arena} */
    public static Tensor rand(Arena arena, long... sizes) {
        return rand(arena, DType.FLOAT32, sizes);
    }

    /** {@return a tensor of uniform random numbers in [0, 1)} */
    public static Tensor rand(DType dtype, long... sizes) {
        return random(null, Ops.RAND, dtype, sizes);
    }

    /**
     * A tensor of uniform random numbers in [0, 1) in the arena.
     *
     * @param dtype a floating-point type
     * @throws TorchException for another dtype
     */
    public static Tensor rand(Arena arena, DType dtype, long... sizes) {
        return random(Tensor.requireArena(arena), Ops.RAND, dtype, sizes);
    }

    /** {@return a FLOAT32 tensor of standard normal random numbers} */
    public static Tensor randn(long... sizes) {
        return random(null, Ops.RANDN, DType.FLOAT32, sizes);
    }

    /** {@return a FLOAT32 tensor of standard normal random numbers in the arena} */
    public static Tensor randn(Arena arena, long... sizes) {
        return randn(arena, DType.FLOAT32, sizes);
    }

    /** {@return a tensor of standard normal random numbers} */
    public static Tensor randn(DType dtype, long... sizes) {
        return random(null, Ops.RANDN, dtype, sizes);
    }

    /**
     * A tensor of standard normal random numbers in the arena.
     *
     * @param dtype a floating-point type
     * @throws TorchException for another dtype
     */
    public static Tensor randn(Arena arena, DType dtype, long... sizes) {
        return random(Tensor.requireArena(arena), Ops.RANDN, dtype, sizes);
    }

    /**
     * Seeds the random numbers of {@link #rand}, {@link #randn} and every operator of libtorch that draws some: they
     * are those of Python after {@code torch.manual_seed(seed)}. No other thread may draw random numbers meanwhile.
     *
     * {@snippet class="dev.torchffm.examples.Snippets" region="manualSeed"}
     *
     * <p>Source: the PyTorch page "torch.manual_seed".
     *
     * @param seed any 64 bits
     */
    public static void manualSeed(long seed) {
        TorchException.requireLibtorch();
        TorchException.check(tffm_manual_seed(seed));
    }

    // ---- arange ----

    /** {@return the numbers from 0 up to end, not included} */
    public static Tensor arange(Number end) {
        return range(null, defaultDType(end), 0, end, 1);
    }

    /** {@return the numbers from start up to end, not included} */
    public static Tensor arange(Number start, Number end) {
        return range(null, defaultDType(start, end), start, end, 1);
    }

    /** {@return the numbers from start up to end, not included, a step apart} */
    public static Tensor arange(Number start, Number end, Number step) {
        return range(null, defaultDType(start, end, step), start, end, step);
    }

    /** {@return the numbers from 0 up to end, not included, in the arena} */
    public static Tensor arange(Arena arena, Number end) {
        return arange(arena, 0, end, 1);
    }

    /** {@return the numbers from start up to end, not included, in the arena} */
    public static Tensor arange(Arena arena, Number start, Number end) {
        return arange(arena, start, end, 1);
    }

    /**
     * The numbers from start up to end, not included, a step apart, in the arena: INT64 when all three are
     * integral, else FLOAT32.
     *
     * {@snippet class="dev.torchffm.examples.Snippets" region="arange"}
     *
     * @throws IllegalArgumentException when the step is 0 or leads away from end, or a number is not finite
     */
    public static Tensor arange(Arena arena, Number start, Number end, Number step) {
        return arange(arena, defaultDType(start, end, step), start, end, step);
    }

    /** {@return the numbers from start up to end, not included, a step apart, in the arena, of a dtype but BOOL} */
    public static Tensor arange(Arena arena, DType dtype, Number start, Number end, Number step) {
        return range(Tensor.requireArena(arena), dtype, start, end, step);
    }

    private static Tensor range(@Nullable Arena arena, DType dtype, Number start, Number end, Number step) {
        Objects.requireNonNull(dtype, "dtype");
        requireNumber("start", start);
        requireNumber("end", end);
        requireNumber("step", step);
        if (dtype == DType.BOOL) {
            throw new IllegalArgumentException("dtype is BOOL, and arange makes numbers");
        }
        double by = step.doubleValue();
        if (!Double.isFinite(start.doubleValue()) || !Double.isFinite(end.doubleValue()) || !Double.isFinite(by)) {
            throw new IllegalArgumentException(
                    "start, end and step are " + start + ", " + end + " and " + step + ", and must be finite");
        }
        int direction = exact(end).compareTo(exact(start)); // rounded, long numbers may lead the other way
        if (by == 0 || direction * Math.signum(by) < 0) {
            throw new IllegalArgumentException(
                    "step is " + step + ", and must not be 0 and must lead from start, " + start + ", to end, " + end);
        }
        BigDecimal count = exact(end).subtract(exact(start)).divide(exact(step), 0, RoundingMode.CEILING);
        if (count.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
            throw new IllegalArgumentException("start, end and step are " + start + ", " + end + " and " + step
                    + ", and must make fewer than 2^63 elements");
        }
        Layout.numel(new long[] {count.longValue()}, dtype);
        return Operators.tensor(arena, Ops.ARANGE, start, end, step, dtype);
    }

    private static void requireNumber(String name, Number number) {
        Scalar.kind(name, Objects.requireNonNull(number, name));
    }

    private static BigDecimal exact(Number number) {
        return number instanceof Float || number instanceof Double
                ? new BigDecimal(number.doubleValue())
                : BigDecimal.valueOf(number.longValue());
    }

    /** A contiguous tensor of the other's dtype and sizes, not initialised, that lives where its results do. */
    static Tensor emptyLike(Tensor other) {
        return make(other.resultArena, other.dtype(), other.layout().sizes());
    }

    // ---- gradients and parameters ----

    /** Computes gradients of inputs: {@code grad(outputs, inputs, null, false, false, false)}. */
    public static List<Tensor> grad(List<Tensor> outputs, List<Tensor> inputs) {
        return grad(outputs, inputs, null, false, false, false);
    }

    /**
     * Computes the gradients of outputs with respect to inputs, leaves or results, and adds them to no tensor's own.
     *
     * {@snippet class="dev.torchffm.examples.NnSnippets" region="grad"}
     *
     * <p>Source: the PyTorch page "torch.autograd.grad".
     *
     * @param gradOutputs for each output its gradient; null stands for 1, of an output of one element, or of all
     * @param retainGraph whether what the operators keep stays for another backward; createGraph keeps it too
     * @param createGraph whether this is recorded, for gradients of the gradients
     * @param allowUnused whether null is given for an input that no output comes from; else that fails
     * @return a gradient for each input, where results of the first input live; null only where allowUnused is true
     * @throws TorchException when an output was not recorded, or sizes differ
     */
    public static List<Tensor> grad(
            List<Tensor> outputs,
            List<Tensor> inputs,
            @Nullable List<@Nullable Tensor> gradOutputs,
            boolean retainGraph,
            boolean createGraph,
            boolean allowUnused) {
        return Gradients.grad(outputs, inputs, gradOutputs, retainGraph, createGraph, allowUnused);
    }

    /**
     * A module's parameter over the memory of a tensor: a leaf that requires its gradient, and is printed as a
     * parameter. The tensor itself stays as it is.
     *
     * {@snippet class="dev.torchffm.examples.NnSnippets" region="parameter"}
     *
     * <p>Source: the PyTorch page "torch.nn.parameter.Parameter".
     *
     * @param data floating-point; nothing is copied
     * @return a tensor that lives where results of data do
     * @throws TorchException when data is not floating-point
     */
    public static Tensor parameter(Tensor data) {
        return Adoption.parameter(Objects.requireNonNull(data, "data").detach()).requiresGrad_(true);
    }

    // ---- modes ----

    /**
     * Until the mode is closed, operators of this thread are not recorded for gradients: {@code torch.no_grad()}.
     *
     * {@snippet class="dev.torchffm.examples.Snippets" region="noGrad"}
     *
     * <p>Source: the PyTorch page "torch.no_grad".
     */
    public static Mode noGrad() {
        return new Mode(0, Modes.NO_GRAD);
    }

    /**
     * Until the mode is closed, operators of this thread are not recorded, and the tensors that it makes never take
     * part in autograd: {@code torch.inference_mode()}. It is the fastest mode of libtorch's own kernels.
     *
     * <p>Outside, an inference tensor may not be written in place, may not require gradients, and may not be saved for
     * them; libtorch then fails with its own text, a {@link TorchException}. {@link Tensor#clone} makes a normal one.
     *
     * {@snippet class="dev.torchffm.examples.Snippets" region="inferenceMode"}
     *
     * <p>Source: the PyTorch page "torch.autograd.grad_mode.inference_mode".
     */
    public static Mode inferenceMode() {
        return new Mode(0, Modes.INFERENCE);
    }

    /**
     * Until the mode is closed, {@code clamp}, {@code relu} and their variants run on this thread by these kernels. The
     * results are the same bit for bit, except for NaNs of 16 bits. The shim's kernels avoid libtorch's overhead, which
     * is most of the time of a small tensor. They do not count versions, so they do not work in place once any tensor
     * of the process has asked for gradients.
     *
     * <p>The system property {@code dev.torchffm.kernels=shim} sets them for all threads.
     *
     * {@snippet class="dev.torchffm.examples.Snippets" region="kernels"}
     */
    public static Mode kernels(Kernels kernels) {
        Objects.requireNonNull(kernels, "kernels");
        return new Mode(Modes.SHIM_KERNELS, kernels == Kernels.SHIM ? Modes.SHIM_KERNELS : 0);
    }

    // ---- threads ----

    /**
     * Sets how many threads an operator may run on, the calling one included: {@code torch.set_num_threads}. It holds for
     * the calling thread, and for each thread that has run no operator yet; for OpenBLAS, if libtorch has it, for all.
     * Each Java thread that runs large operators has a team of so many threads of its own.
     *
     * {@snippet class="dev.torchffm.examples.Snippets" region="setNumThreads"}
     *
     * <p>Source: the PyTorch page "torch.set_num_threads".
     *
     * @param count 1 to 1024
     * @throws IllegalArgumentException when the count is out of range
     */
    public static void setNumThreads(int count) {
        TorchException.requireLibtorch();
        TorchException.check(tffm_set_num_threads(count));
    }

    /** {@return how many threads an operator of the calling thread may run on: {@code torch.get_num_threads}} */
    public static int getNumThreads() {
        TorchException.requireLibtorch();
        return Native.numThreads();
    }

    // ---- any operator ----

    /**
     * Calls an operator of libtorch by its name. Results live where those of the first tensor among the arguments do that
     * is no {@link #parameter}, or else of the first.
     *
     * {@snippet class="dev.torchffm.examples.Snippets" region="call"}
     *
     * <p>A name without an overload is that of the overload without a name, where the arguments fit it; else of the one
     * that they fit, so that {@code aten::mul} of two tensors is {@code aten::mul.Tensor}. Arguments for what Python takes
     * by its name only do not count, if another overload takes them otherwise.
     *
     * @param operator the name, such as {@code aten::sum} or, with its overload, {@code aten::sum.dim_IntList}; in the
     *     namespace {@code aten}
     * @param arguments in the order of the operator's schema: tensors, Numbers, Booleans, Strings, DTypes, null for
     *     None, {@code long[]}, {@code double[]} and {@code boolean[]} for lists, and lists of tensors. Those left
     *     out at the end take the schema's defaults
     * @return the results in order: tensors, Longs, Doubles, Booleans, DTypes, or null for a tensor that is not defined.
     *     A tensor that the operator wrote in place is the argument's very object; one that shares an argument's
     *     memory can be used only as long as that
     * @throws IllegalArgumentException when the arguments do not fit the schema, or no overload, or several, which are
     *     listed; when a read-only tensor would be written, or the operator might give a tensor another memory or shape
     *     ({@code out=}, {@code resize_}, {@code set_}, {@code as_strided_}, {@code t_}, {@code squeeze_} and their like: call
     *     the operator without the underscore); for {@code from_file} and internal operators ({@code aten::_…},
     *     {@code …_backward}); and for operators and values that {@link #callUnchecked} takes
     * @throws TorchException when libtorch fails
     */
    public static Results call(String operator, @Nullable Object... arguments) {
        return new Results(NamedOperators.call(null, operator, arguments));
    }

    /** Calls an operator of libtorch by its name; results live in the arena. See {@link #call(String, Object...)}. */
    public static Results call(Arena arena, String operator, @Nullable Object... arguments) {
        return new Results(NamedOperators.call(Tensor.requireArena(arena), operator, arguments));
    }

    /**
     * Calls an operator of libtorch by its name, also one that {@link #call(String, Object...)} refuses because libtorch
     * does not check its values, and an internal one ({@code aten::_…}). Wrong values end the JVM, do not return, or read
     * and write other memory: a user must know what the operator asks for. Checked as ever are values of the schema's
     * types, that the tensors among the arguments are open, and that memory may be written where the schema tells that it
     * is. What only the operator knows is not: other tensors that a history needs, and writes that a schema hides.
     *
     * @throws IllegalArgumentException for {@code from_file}, {@code _backward} and what may give a tensor another memory or
     *     shape; else as {@link #call(String, Object...)}
     */
    public static Results callUnchecked(String operator, @Nullable Object... arguments) {
        return new Results(NamedOperators.callUnchecked(null, operator, arguments));
    }

    /** Likewise; results live in the arena. See {@link #callUnchecked(String, Object...)}. */
    public static Results callUnchecked(Arena arena, String operator, @Nullable Object... arguments) {
        return new Results(NamedOperators.callUnchecked(Tensor.requireArena(arena), operator, arguments));
    }
}
