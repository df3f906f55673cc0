package dev.torchffm.interop;

import static dev.torchffm.bindings.TorchFfm.TFFM_BFLOAT16;
import static dev.torchffm.bindings.TorchFfm.TFFM_BOOL;
import static dev.torchffm.bindings.TorchFfm.TFFM_FLOAT16;
import static dev.torchffm.bindings.TorchFfm.TFFM_FLOAT32;
import static dev.torchffm.bindings.TorchFfm.TFFM_FLOAT64;
import static dev.torchffm.bindings.TorchFfm.TFFM_INT16;
import static dev.torchffm.bindings.TorchFfm.TFFM_INT32;
import static dev.torchffm.bindings.TorchFfm.TFFM_INT64;
import static dev.torchffm.bindings.TorchFfm.TFFM_INT8;
import static dev.torchffm.bindings.TorchFfm.TFFM_UINT8;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.TorchException;
import dev.torchffm.internal.DlPackExports;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

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

    private DlPack() {}

    /**
     * A tensor over another library's memory, from a {@code DLManagedTensorVersioned}. The tensor is like one by
     * {@link Tensor#fromSegment(Arena, MemorySegment, DType, long[], long[], long)} over memory of the arena; where
     * the struct says that it is read-only, operators that would write it are refused.
     *
     * <p>Ownership of the struct passes to the arena, which calls the deleter, if there is one, when it is closed: on
     * the thread that closes it, or, for an automatic arena, on a thread of the JVM some time after the tensor became
     * unreachable. When an exception is thrown the struct stays the caller's, except for a struct of another major
     * version than 1: DLPack asks the consumer to delete such a struct, so its deleter has been called.
     *
     * @param managed the struct's address; the struct must live until its deleter is called. A segment with a size must
     *     have room for the struct
     * @param arena keeps the tensor, its memory and its operators' results; never closed here
     * @throws IllegalArgumentException when the struct is NULL or not aligned, or of another major version, or has
     *     unknown flags; when the tensor is not the CPU's, or its type is not in {@link DType}, or it has more than 64
     *     dimensions, a negative size or stride, or sizes that overflow; when it has elements and no data, or data that
     *     is not aligned to them
     * @throws IllegalStateException when the arena is closed
     * @throws WrongThreadException when the arena is another thread's
     * @throws TorchException when libtorch cannot be loaded
     */
    public static Tensor importVersioned(MemorySegment managed, Arena arena) {
        return borrow(DlPackStruct.VERSIONED, managed, arena);
    }

    /**
     * A tensor over another library's memory, from a {@code DLManagedTensor}, the struct before DLPack 1.0. As
     * {@link #importVersioned}; such a struct has no version, and cannot say that its memory is read-only.
     *
     * @param managed the struct's address, as there
     * @param arena keeps the tensor, its memory and its operators' results; never closed here
     * @throws IllegalArgumentException as there; the struct stays the caller's
     */
    public static Tensor importLegacy(MemorySegment managed, Arena arena) {
        return borrow(DlPackStruct.LEGACY, managed, arena);
    }

    /**
     * A {@code DLManagedTensorVersioned} over a tensor's memory, for a consumer who must call its deleter exactly
     * once, from any thread and at any time, even while the JVM shuts down. Until then the memory is kept, even if the
     * tensor becomes unreachable or its arena is closed. Read-only memory is marked as read-only.
     *
     * <p>DLPack cannot tell a consumer that its memory was closed, so the memory must be one that cannot be closed:
     * that of an automatic arena (as of a tensor made without naming one), of the global arena, or of a direct buffer.
     * If native code made the buffer, its owner must keep it.
     *
     * @param tensor keeps its elements: the consumer sees what is written to them, and the other way round
     * @return the struct's address, to be given to one consumer, or to {@link #releaseVersioned}
     * @throws IllegalArgumentException when the tensor's memory can be closed, or it requires gradients, which DLPack
     *     does not carry
     */
    public static MemorySegment exportVersioned(Tensor tensor) {
        return lend(DlPackStruct.VERSIONED, tensor);
    }

    /**
     * A {@code DLManagedTensor}, the struct before DLPack 1.0, over a tensor's memory. As {@link #exportVersioned};
     * a tensor on read-only memory is refused, as this struct cannot say so.
     *
     * @param tensor keeps its elements
     * @return the struct's address, to be given to one consumer, or to {@link #releaseLegacy}
     * @throws IllegalArgumentException when the tensor's memory is read-only or can be closed, or it requires
     *     gradients
     */
    public static MemorySegment exportLegacy(Tensor tensor) {
        return lend(DlPackStruct.LEGACY, tensor);
    }

    /**
     * Calls the deleter of a {@code DLManagedTensorVersioned} that the caller owns, if it has one: of an exported one
     * that found no consumer, or of one whose import was refused.
     *
     * @param managed the struct's address; ownership passes to this call
     */
    public static void releaseVersioned(MemorySegment managed) {
        DlPackStruct.VERSIONED.delete(managed);
    }

    /**
     * Calls the deleter of a {@code DLManagedTensor} that the caller owns, if it has one.
     *
     * @param managed the struct's address; ownership passes to this call
     */
    public static void releaseLegacy(MemorySegment managed) {
        DlPackStruct.LEGACY.delete(managed);
    }

    private static Tensor borrow(DlPackStruct form, MemorySegment managed, Arena arena) {
        Objects.requireNonNull(arena, "arena");
        Torch.libtorchVersion(); // loads libtorch, and the shim, whose numbers are needed first
        DlPackTensor found = form.read(managed);
        MemorySegment memory = MemorySegment.ofAddress(found.address()).reinterpret(found.bytes(), arena, null);
        Tensor tensor = Tensor.fromSegment(
                arena,
                found.readOnly() ? memory.asReadOnly() : memory,
                found.dtype(),
                found.sizes(),
                found.strides(),
                0);
        // The last step: if an earlier one fails, the struct stays the caller's.
        MemorySegment.ofAddress(managed.address()).reinterpret(arena, form::delete);
        return tensor;
    }

    private static MemorySegment lend(DlPackStruct form, Tensor tensor) {
        MemorySegment elements = Borrowing.memory(tensor, "a DLPack consumer");
        return DlPackExports.export(
                form == DlPackStruct.VERSIONED, elements, code(tensor.dtype()), tensor.sizes(), tensor.strides());
    }

    /** libtorch's code of a type, which the shim uses too. */
    private static int code(DType dtype) {
        return switch (dtype) {
            case UINT8 -> TFFM_UINT8();
            case INT8 -> TFFM_INT8();
            case INT16 -> TFFM_INT16();
            case INT32 -> TFFM_INT32();
            case INT64 -> TFFM_INT64();
            case FLOAT16 -> TFFM_FLOAT16();
            case FLOAT32 -> TFFM_FLOAT32();
            case FLOAT64 -> TFFM_FLOAT64();
            case BFLOAT16 -> TFFM_BFLOAT16();
            case BOOL -> TFFM_BOOL();
        };
    }
}
