package dev.torchffm;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * The elements of a {@link Tensor} as Java's numbers, copied out of its memory; {@link Tensor#segment} is that memory.
 *
 * <p>Each method throws an {@link IllegalStateException} when the tensor's arena is closed, and a
 * {@link WrongThreadException} on a thread that a confined arena does not belong to.
 *
 * <p>Source: the PyTorch pages "torch.Tensor.item" and "torch.Tensor.tolist".
 */
public sealed interface TensorElements permits Tensor {

    private Elements elements() {
        return ((Tensor) this).elements();
    }

    /**
     * The element of a tensor that has exactly one.
     *
     * @return a {@code Float} for FLOAT32, FLOAT16 and BFLOAT16, a {@code Double} for FLOAT64, a {@code Long} for
     *     INT64, an {@code Integer} for the narrower integers, and for BOOL an {@code Integer} 0 or 1
     * @throws IllegalStateException when the tensor has not exactly one element
     */
    default Number item() {
        return elements().item();
    }

    /**
     * The elements in row-major order, in a new array.
     *
     * @throws IllegalStateException for a dtype whose values a {@code float} does not hold: FLOAT64, INT32, INT64
     *     and BOOL
     */
    default float[] toFloatArray() {
        return elements().toFloatArray();
    }

    /**
     * The elements in row-major order, in a new array.
     *
     * @throws IllegalStateException for a dtype whose values a {@code double} does not hold: INT64 and BOOL
     */
    default double[] toDoubleArray() {
        return elements().toDoubleArray();
    }

    /** {@return the elements of an INT8, UINT8, INT16, INT32 or INT64 tensor in row-major order, in a new array} */
    default long[] toLongArray() {
        return elements().toLongArray();
    }

    /** {@return the elements of an INT8, UINT8, INT16 or INT32 tensor in row-major order, in a new array} */
    default int[] toIntArray() {
        return elements().toIntArray();
    }

    /** {@return the elements of an INT8, UINT8 or INT16 tensor in row-major order, in a new array} */
    default short[] toShortArray() {
        return elements().toShortArray();
    }

    /** {@return the elements of an INT8 tensor in row-major order, in a new array} */
    default byte[] toByteArray() {
        return elements().toByteArray();
    }

    /** {@return the elements of a BOOL tensor in row-major order, in a new array} */
    default boolean[] toBooleanArray() {
        return elements().toBooleanArray();
    }

    /**
     * Copies the elements in row-major order.
     *
     * @param target written from its start; on or off the heap, of any alignment, and at least
     *     {@code numel() * dtype().byteSize()} bytes long
     * @throws IllegalArgumentException when the target is shorter, or read-only
     */
    default void copyTo(MemorySegment target) {
        elements().copyTo(Objects.requireNonNull(target, "target"));
    }
}
