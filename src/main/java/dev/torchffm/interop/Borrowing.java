package dev.torchffm.interop;

import dev.torchffm.Tensor;
import dev.torchffm.internal.Handles;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;

/**
 * Which memory another library may borrow by its address. Such a library neither notices nor prevents that an arena is
 * closed, so only memory that cannot be closed is lent. It records no gradients either, so a tensor that requires them
 * is refused, as by PyTorch's {@code numpy()} and {@code __dlpack__()}.
 */
final class Borrowing {

    private static final Class<?> GLOBAL = Arena.global().scope().getClass();

    /** Also the scope of a direct buffer's memory, which refers to the buffer. */
    private static final Class<?> HEAP =
            MemorySegment.ofArray(new byte[0]).scope().getClass();

    private Borrowing() {}

    /**
     * The memory of a tensor's elements, which lives for as long as the segment is reachable.
     *
     * @param borrower who gets its address, for exceptions
     * @throws IllegalArgumentException when the tensor's memory can be closed, or it requires gradients
     */
    static MemorySegment memory(Tensor tensor, String borrower) {
        Objects.requireNonNull(tensor, "tensor");
        MemorySegment memory = tensor.segment();
        if (tensor.requiresGrad()) {
            throw new IllegalArgumentException(
                    "tensor requires gradients, and " + borrower + " records none: give it tensor.detach()");
        }
        if (canBeClosed(memory.scope())) {
            throw new IllegalArgumentException("tensor stands on memory whose arena can be closed, " + memory
                    + ", and " + borrower + " would go on using it: make the tensor without naming an arena, or give "
                    + borrower + " tensor.in(Arena.ofAuto()).clone()");
        }
        return memory;
    }

    /**
     * As {@link #memory}, for a library that knows neither strides nor read-only memory.
     *
     * @throws IllegalArgumentException as there, and when the tensor is not contiguous, or its memory is read-only
     */
    static MemorySegment plainMemory(Tensor tensor, String borrower) {
        Objects.requireNonNull(tensor, "tensor");
        MemorySegment memory = tensor.segment();
        if (!tensor.isContiguous()) {
            throw new IllegalArgumentException("tensor has sizes " + Arrays.toString(tensor.sizes()) + " and strides "
                    + Arrays.toString(tensor.strides()) + ", and " + borrower
                    + " takes a contiguous one: give it tensor.in(Arena.ofAuto()).contiguous()");
        }
        if (memory.isReadOnly()) {
            throw new IllegalArgumentException("tensor stands on read-only memory, " + memory + ", and " + borrower
                    + " may write it: give it tensor.in(Arena.ofAuto()).clone()");
        }
        return memory(tensor, borrower);
    }

    /** The JDK shows the kind of a scope only by its class. */
    private static boolean canBeClosed(MemorySegment.Scope scope) {
        return !Handles.isAutomatic(scope) && scope.getClass() != GLOBAL && scope.getClass() != HEAP;
    }
}
