package dev.torchffm.interop;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.TorchException;
import dev.torchffm.internal.Handles;
import dev.torchffm.internal.Lent;
import dev.torchffm.internal.Shim;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Tensors exchanged with other libraries of the same process through DLPack, without a copy: both sides see one
 * memory.
 *
 * <p>A tensor travels as the address of a C struct that its consumer owns: a {@code DLManagedTensorVersioned} of
 * DLPack 1.x, or a {@code DLManagedTensor}, the struct before 1.0. In Python these are what the capsules named
 * {@code "dltensor_versioned"} and {@code "dltensor"} hold. The struct has a deleter, which its owner calls exactly
 * once when it is done; until then the producer keeps the memory.
 *
 * {@snippet class="dev.torchffm.examples.DlPackSnippets" region="dlpack"}
 *
 * <p>Any thread may call these methods. DLPack does not order accesses: as with any tensor, no thread may write
 * elements while another, of whichever library, uses them.
 *
 * <p>The ten types of {@link DType} travel in memory of the CPU, one element a lane; strides are 0 or more.
 *
 * <p>Source: DLPack's header {@code dlpack/dlpack.h}, version 1.1, and its page "Python Specification for DLPack".
 */
public final class DlPack {

    /** By libtorch's codes, which the shim speaks. */
    private static final Map<Integer, DType> DTYPES = Map.of(
            0, DType.UINT8,
            1, DType.INT8,
            2, DType.INT16,
            3, DType.INT32,
            4, DType.INT64,
            5, DType.FLOAT16,
            6, DType.FLOAT32,
            7, DType.FLOAT64,
            11, DType.BOOL,
            15, DType.BFLOAT16);

    private static final Map<DType, Integer> CODES =
            DTYPES.entrySet().stream().collect(Collectors.toMap(Map.Entry::getValue, Map.Entry::getKey));

    private enum Form {
        LEGACY("DLManagedTensor", 64),
        VERSIONED("DLManagedTensorVersioned", 80);

        final String struct;
        final long bytes;

        Form(String struct, long bytes) {
            this.struct = struct;
            this.bytes = bytes;
        }
    }

    private DlPack() {}

    /**
     * A tensor over another library's memory, from a {@code DLManagedTensorVersioned}. The tensor is like one by
     * {@link Tensor#fromSegment(Arena, MemorySegment, DType, long[], long[], long)} over memory of the arena; where
     * the struct says that it is read-only, operators that would write it are refused.
     *
     * <p>Ownership of the struct passes to the arena, which calls the deleter, if there is one, when it is closed: on
     * the thread that closes it, or, for an automatic arena, on a thread of the JVM's own some time after nobody
     * refers to the tensor any more. The struct stays the caller's when an exception is thrown, but for one: a struct
     * of another major version than 1 may only be deleted, and DLPack lays that on the consumer, so its deleter has
     * been called.
     *
     * @param managed the struct's address; the struct itself, whichever memory it is in, must live until its deleter
     *     is called. A segment with a size must have room for the struct
     * @param arena keeps the tensor, its memory and its operators' results; never closed here
     * @throws IllegalArgumentException when the struct is NULL or not aligned, or of another major version, or has
     *     unknown flags; when the tensor is not the CPU's, or of no type of ours, or has more than 64 dimensions, a
     *     negative size or stride, or sizes that overflow; when it has elements and no data, or data that is not
     *     aligned to them
     * @throws IllegalStateException when the arena is closed
     * @throws WrongThreadException when the arena is another thread's
     * @throws TorchException when libtorch cannot be loaded
     */
    public static Tensor importVersioned(MemorySegment managed, Arena arena) {
        return borrow(Form.VERSIONED, managed, arena);
    }

    /**
     * A tensor over another library's memory, from a {@code DLManagedTensor}, the struct before DLPack 1.0. As
     * {@link #importVersioned}; such a struct tells no version, and nothing of read-only memory.
     *
     * @param managed the struct's address, as there
     * @param arena keeps the tensor, its memory and its operators' results; never closed here
     * @throws IllegalArgumentException as there; the struct stays the caller's
     */
    public static Tensor importLegacy(MemorySegment managed, Arena arena) {
        return borrow(Form.LEGACY, managed, arena);
    }

    /**
     * A {@code DLManagedTensorVersioned} over a tensor's memory, for a consumer who must call its deleter exactly
     * once, from any thread and at any time, also when the JVM is on its way down. Until then the memory is kept,
     * also when nobody in Java refers to the tensor any more, or its arena is closed. The memory of a tensor on
     * read-only memory is marked as that.
     *
     * <p>A consumer's memory must not be closed under it, and DLPack has no way to say that it was. So only memory
     * that nobody can close is exported: that of a tensor in an automatic arena, made without naming one, or in the
     * global one, or of a direct buffer; one that native code made must be kept by its owner.
     *
     * @param tensor keeps its elements: the consumer sees what is written to them, and the other way round
     * @return the struct's address, to be given to one consumer, or to {@link #releaseVersioned}
     * @throws IllegalArgumentException when the tensor's memory can be closed, or it requires gradients, which do not
     *     travel
     */
    public static MemorySegment exportVersioned(Tensor tensor) {
        return lend(Form.VERSIONED, tensor);
    }

    /**
     * A {@code DLManagedTensor}, the struct before DLPack 1.0, over a tensor's memory. As {@link #exportVersioned};
     * a tensor on read-only memory is refused, for this struct cannot say so.
     *
     * @param tensor keeps its elements
     * @return the struct's address, to be given to one consumer, or to {@link #releaseLegacy}
     * @throws IllegalArgumentException when the tensor's memory is read-only or can be closed, or it requires
     *     gradients
     */
    public static MemorySegment exportLegacy(Tensor tensor) {
        return lend(Form.LEGACY, tensor);
    }

    /**
     * Calls the deleter of a {@code DLManagedTensorVersioned} that the caller owns, if it has one: of an exported one
     * that found no consumer, or of one whose import was refused.
     *
     * @param managed the struct's address; ownership passes to this call
     */
    public static void releaseVersioned(MemorySegment managed) {
        release(Form.VERSIONED, managed);
    }

    /**
     * Calls the deleter of a {@code DLManagedTensor} that the caller owns, if it has one.
     *
     * @param managed the struct's address; ownership passes to this call
     */
    public static void releaseLegacy(MemorySegment managed) {
        release(Form.LEGACY, managed);
    }

    private static Tensor borrow(Form form, MemorySegment managed, Arena arena) {
        requireStruct(form, managed);
        Objects.requireNonNull(arena, "arena");
        requireLibtorch();
        Shim.@Nullable Foreign foreign = Shim.dlpackImport(form == Form.VERSIONED, managed);
        if (foreign == null) {
            throw refused();
        }
        // Not counted: it is another's memory, and its size another's word.
        MemorySegment memory = Handles.memory(arena, foreign.data(), foreign.bytes(), false);
        Tensor tensor = Tensor.fromSegment(
                arena,
                foreign.readOnly() ? memory.asReadOnly() : memory,
                Objects.requireNonNull(DTYPES.get(foreign.dtype())),
                foreign.sizes(),
                foreign.strides(),
                0);
        // The last step, so that the struct is the caller's when any other fails.
        MemorySegment owned = MemorySegment.ofAddress(managed.address());
        owned.reinterpret(arena, struct -> Shim.dlpackRelease(form == Form.VERSIONED, struct));
        return tensor;
    }

    private static MemorySegment lend(Form form, Tensor tensor) {
        MemorySegment elements = Lending.memory(tensor, "a DLPack consumer");
        MemorySegment managed = Lent.lend(
                form == Form.VERSIONED,
                elements,
                Objects.requireNonNull(CODES.get(tensor.dtype())),
                tensor.sizes(),
                tensor.strides());
        if (managed == null) {
            throw refused();
        }
        return managed;
    }

    private static void release(Form form, MemorySegment managed) {
        requireStruct(form, managed);
        requireLibtorch();
        if (Shim.dlpackRelease(form == Form.VERSIONED, managed) != Shim.OK) {
            throw refused();
        }
    }

    private static void requireStruct(Form form, MemorySegment managed) {
        Objects.requireNonNull(managed, "managed");
        if (!managed.isNative()) {
            throw new IllegalArgumentException(
                    "managed is " + managed + ", on the Java heap, and must be the address of a " + form.struct);
        }
        if (managed.byteSize() > 0 && managed.byteSize() < form.bytes) {
            throw new IllegalArgumentException(
                    "managed has " + managed.byteSize() + " bytes, and a " + form.struct + " has " + form.bytes);
        }
    }

    private static IllegalArgumentException refused() {
        return new IllegalArgumentException(Shim.lastError());
    }

    /** A tensor cannot be made without libtorch, and says why. */
    private static void requireLibtorch() {
        if (Shim.loadingFailure() != null) {
            Tensor.of(new float[0]);
        }
    }
}
