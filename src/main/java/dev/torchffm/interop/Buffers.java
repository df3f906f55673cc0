package dev.torchffm.interop;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Tensors over direct {@code java.nio} buffers, and such buffers over tensors. One memory: what one side writes, the
 * other sees.
 *
 * {@snippet class="dev.torchffm.examples.BufferSnippets" region="tensor"}
 *
 * <h2>Lifetime</h2>
 *
 * A tensor keeps its buffer's memory, and a buffer keeps its tensor's, from being garbage-collected; either object may
 * be dropped first. Where the memory belongs to an arena that is closed, access through a buffer throws an
 * {@link IllegalStateException}, as every use of the tensor does; where it is confined, access from another thread
 * throws a {@link WrongThreadException}. libtorch does not count a write through a buffer as a change, so
 * gradients that need the overwritten elements are wrong, as for {@link Tensor#segment}.
 *
 * <p>An address alone keeps no memory. A buffer that native code made (JNI's {@code NewDirectByteBuffer}), such as
 * JavaCPP's {@code createBuffer}, does not own its memory: keep the owner, by
 * {@link java.lang.ref.Reference#reachabilityFence} after the tensor's last use, and do not deallocate it before. Where
 * native code takes the address of a buffer over a tensor, as JavaCPP's {@code from_blob} does, keep the tensor in the
 * same way, and its arena open. The caller must see to this: a use without the owner reads or writes freed memory,
 * which may end the process and cannot be noticed here.
 *
 * <p>Stateless: any thread may call these methods.
 *
 * <p>Source: the package page "java.nio" and the class page "MemorySegment" of the JDK.
 */
public final class Buffers {

    /** The longest segment that the JDK makes a buffer of. */
    private static final int MAX_BYTES = Integer.MAX_VALUE - 8;

    private Buffers() {}

    /**
     * A row-major tensor over a buffer's elements from its position on, in an automatic arena. Nothing is copied, and
     * the buffer's position and limit stay.
     *
     * @param buffer direct and in the machine's byte order: a {@code FloatBuffer} gives FLOAT32, a
     *     {@code DoubleBuffer} FLOAT64, an {@code IntBuffer} INT32, a {@code LongBuffer} INT64, a {@code ShortBuffer}
     *     INT16 and a {@code ByteBuffer} INT8. Operators may read a read-only one; those that would write it are
     *     refused
     * @param sizes the shape, of no more elements than lie between position and limit; none for a tensor of no
     *     dimension, with one element
     * @throws IllegalArgumentException when the buffer is on the heap, a {@code CharBuffer}, of the other byte order,
     *     misaligned at its position or too short, or the sizes are not a tensor's
     */
    public static Tensor tensor(Buffer buffer, long... sizes) {
        return tensor(buffer, dtype(buffer), sizes);
    }

    /**
     * A row-major tensor of a dtype over a buffer's memory; see {@link #tensor(Buffer, long...)}.
     *
     * @param buffer likewise; its byte order does not matter for a dtype of one byte
     * @param dtype the elements' type: any for a {@code ByteBuffer} (new ones are in big-endian order); INT16, FLOAT16
     *     or BFLOAT16 for a {@code ShortBuffer}; for other buffers the type of their elements
     * @param sizes the shape
     * @throws IllegalArgumentException as there, and when the buffer's elements do not have the dtype
     */
    public static Tensor tensor(Buffer buffer, DType dtype, long... sizes) {
        Objects.requireNonNull(dtype, "dtype");
        DType usual = dtype(buffer);
        boolean serves =
                switch (buffer) {
                    case ByteBuffer _ -> true;
                    case ShortBuffer _ -> dtype.byteSize() == Short.BYTES;
                    default -> dtype == usual;
                };
        if (!serves) {
            throw new IllegalArgumentException("dtype is " + dtype + ", and buffer is " + buffer
                    + ", whose elements are " + usual + "; only a ByteBuffer may be of any dtype");
        }
        if (!buffer.isDirect()) {
            throw new IllegalArgumentException(
                    "buffer is " + buffer + ", on the Java heap, and must be direct: allocate"
                            + " it by ByteBuffer.allocateDirect, or copy its elements by Tensor.of");
        }
        if (dtype.byteSize() > 1 && order(buffer) != ByteOrder.nativeOrder()) {
            throw new IllegalArgumentException("buffer is " + buffer + " in " + order(buffer) + " byte order, and must"
                    + " be in this machine's, " + ByteOrder.nativeOrder() + ", for " + dtype + ": set the ByteBuffer's"
                    + " order(ByteOrder.nativeOrder()) before making a view of it");
        }
        MemorySegment memory = MemorySegment.ofBuffer(buffer);
        if (memory.address() % dtype.byteSize() != 0) {
            throw new IllegalArgumentException("buffer is " + buffer + ", at its position at address 0x"
                    + Long.toHexString(memory.address()) + ", and must be aligned there to the " + dtype.byteSize()
                    + " bytes of a " + dtype);
        }
        return Tensor.fromSegment(memory, dtype, sizes);
    }

    /** What a buffer's elements are. */
    private static DType dtype(Buffer buffer) {
        return switch (Objects.requireNonNull(buffer, "buffer")) {
            case ByteBuffer _ -> DType.INT8;
            case ShortBuffer _ -> DType.INT16;
            case IntBuffer _ -> DType.INT32;
            case LongBuffer _ -> DType.INT64;
            case FloatBuffer _ -> DType.FLOAT32;
            case DoubleBuffer _ -> DType.FLOAT64;
            case CharBuffer chars ->
                throw new IllegalArgumentException(
                        "buffer is " + chars.getClass().getName() + ", a CharBuffer, and no dtype is a character");
        };
    }

    private static ByteOrder order(Buffer buffer) {
        return switch (buffer) {
            case ByteBuffer bytes -> bytes.order();
            case ShortBuffer shorts -> shorts.order();
            case IntBuffer ints -> ints.order();
            case LongBuffer longs -> longs.order();
            case FloatBuffer floats -> floats.order();
            case DoubleBuffer doubles -> doubles.order();
            case CharBuffer chars -> chars.order();
        };
    }

    /**
     * A direct buffer over a tensor's memory, in the machine's byte order, from element 0 to the last one. Nothing is
     * copied.
     *
     * {@snippet class="dev.torchffm.examples.BufferSnippets" region="buffer"}
     *
     * @param tensor contiguous, of any dtype; over read-only memory the buffer is read-only
     * @return a buffer at position 0 whose limit is the elements' bytes
     * @throws IllegalArgumentException when the tensor is not contiguous, or has more than 2,147,483,639
     *     bytes, 2 GiB - 9
     */
    public static ByteBuffer buffer(Tensor tensor) {
        Objects.requireNonNull(tensor, "tensor");
        if (!tensor.isContiguous()) {
            throw new IllegalArgumentException("tensor has sizes " + Arrays.toString(tensor.sizes()) + " and strides "
                    + Arrays.toString(tensor.strides()) + ", and must be contiguous: take tensor.contiguous()");
        }
        MemorySegment memory = tensor.segment();
        if (memory.byteSize() > MAX_BYTES) {
            throw new IllegalArgumentException("tensor has " + memory.byteSize() + " bytes, and a buffer has at most "
                    + MAX_BYTES + ": use tensor.segment()");
        }
        return memory.asByteBuffer().order(ByteOrder.nativeOrder());
    }

    /**
     * A direct buffer over the elements of a FLOAT32 tensor; see {@link #buffer}.
     *
     * @throws IllegalArgumentException as there, and when the tensor is of another dtype
     */
    public static FloatBuffer floatBuffer(Tensor tensor) {
        return buffer(tensor, DType.FLOAT32).asFloatBuffer();
    }

    /**
     * A direct buffer over the elements of a FLOAT64 tensor; see {@link #buffer}.
     *
     * @throws IllegalArgumentException as there, and when the tensor is of another dtype
     */
    public static DoubleBuffer doubleBuffer(Tensor tensor) {
        return buffer(tensor, DType.FLOAT64).asDoubleBuffer();
    }

    /**
     * A direct buffer over the elements of an INT32 tensor; see {@link #buffer}.
     *
     * @throws IllegalArgumentException as there, and when the tensor is of another dtype
     */
    public static IntBuffer intBuffer(Tensor tensor) {
        return buffer(tensor, DType.INT32).asIntBuffer();
    }

    /**
     * A direct buffer over the elements of an INT64 tensor; see {@link #buffer}.
     *
     * @throws IllegalArgumentException as there, and when the tensor is of another dtype
     */
    public static LongBuffer longBuffer(Tensor tensor) {
        return buffer(tensor, DType.INT64).asLongBuffer();
    }

    /**
     * A direct buffer over the elements of an INT16 tensor, or over the bits of a FLOAT16 or BFLOAT16 one; see
     * {@link #buffer}.
     *
     * @throws IllegalArgumentException as there, and when the tensor is of another dtype
     */
    public static ShortBuffer shortBuffer(Tensor tensor) {
        return buffer(tensor, DType.INT16, DType.FLOAT16, DType.BFLOAT16).asShortBuffer();
    }

    private static ByteBuffer buffer(Tensor tensor, DType... dtypes) {
        Objects.requireNonNull(tensor, "tensor");
        if (!List.of(dtypes).contains(tensor.dtype())) {
            throw new IllegalArgumentException("tensor is of " + tensor.dtype() + ", and must be of one of "
                    + Arrays.toString(dtypes) + ": buffer(tensor) takes any");
        }
        return buffer(tensor);
    }
}
