package dev.torchffm.interop;

import static dev.torchffm.bindings.TorchFfm.TFFM_MAX_DIM;
import static dev.torchffm.bindings.TorchFfm.kDLBfloat;
import static dev.torchffm.bindings.TorchFfm.kDLBool;
import static dev.torchffm.bindings.TorchFfm.kDLCPU;
import static dev.torchffm.bindings.TorchFfm.kDLFloat;
import static dev.torchffm.bindings.TorchFfm.kDLInt;
import static dev.torchffm.bindings.TorchFfm.kDLUInt;

import dev.torchffm.DType;
import dev.torchffm.bindings.DLDataType;
import dev.torchffm.bindings.DLDevice;
import dev.torchffm.bindings.DLTensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The checked contents of a {@code DLTensor}. Each field is read once, so that the checked value is the one in use.
 *
 * @param address where element 0 is; 0 when there are no elements
 * @param bytes from element 0 to the end of the last one, gaps between them included
 */
record DlPackTensor(DType dtype, long[] sizes, long[] strides, long address, long bytes, boolean readOnly) {

    /**
     * Reads a tensor.
     *
     * @throws IllegalArgumentException when it is on another device, its type is not in {@link DType}, or it has a
     *     shape, strides or data that a tensor cannot have
     */
    static DlPackTensor read(MemorySegment tensor, boolean readOnly) {
        int device = DLDevice.device_type(DLTensor.device(tensor));
        if (device != kDLCPU()) {
            throw new IllegalArgumentException(
                    "device_type is " + device + ", and must be " + kDLCPU() + ", the CPU's");
        }
        DType dtype = dtype(DLTensor.dtype(tensor));
        int dim = DLTensor.ndim(tensor);
        if (dim < 0 || dim > TFFM_MAX_DIM()) {
            throw new IllegalArgumentException("dim is " + dim + ", not within 0 to " + TFFM_MAX_DIM());
        }
        MemorySegment shape = DLTensor.shape(tensor);
        if (dim > 0 && shape.address() == 0) {
            throw new IllegalArgumentException("sizes must not be NULL");
        }
        long[] sizes = numbers(shape, dim);
        long numel = numel(sizes, dtype);
        MemorySegment steps = DLTensor.strides(tensor);
        long[] strides = steps.address() == 0 ? rowMajor(sizes) : numbers(steps, dim);
        long last = last(sizes, strides);
        if (numel == 0) {
            return new DlPackTensor(dtype, sizes, strides, 0, 0, readOnly);
        }
        long data = DLTensor.data(tensor).address();
        if (data == 0) {
            throw new IllegalArgumentException("data is NULL, and the tensor has " + numel + " elements");
        }
        long offset = DLTensor.byte_offset(tensor);
        long address = data + offset;
        long bytes = (last + 1) * dtype.byteSize();
        if (last >= Long.MAX_VALUE / dtype.byteSize()
                || Long.compareUnsigned(address, data) < 0
                || Long.compareUnsigned(address + bytes, address) < 0) {
            throw new IllegalArgumentException("data is 0x" + Long.toHexString(data) + " and byte_offset "
                    + Long.toUnsignedString(offset) + ", and the elements reach beyond all memory");
        }
        if (address % dtype.byteSize() != 0) {
            throw new IllegalArgumentException("data + byte_offset is 0x" + Long.toHexString(address)
                    + ", not aligned to the element's " + dtype.byteSize() + " bytes");
        }
        return new DlPackTensor(dtype, sizes, strides, address, bytes, readOnly);
    }

    private static DType dtype(MemorySegment type) {
        int code = Byte.toUnsignedInt(DLDataType.code(type));
        int bits = Byte.toUnsignedInt(DLDataType.bits(type));
        int lanes = Short.toUnsignedInt(DLDataType.lanes(type));
        for (DType dtype : DType.values()) {
            if (code == code(dtype) && bits == 8 * dtype.byteSize() && lanes == 1) {
                return dtype;
            }
        }
        throw new IllegalArgumentException("dtype is code " + code + " of " + bits + " bits and " + lanes
                + " lanes, which is not the type of any DType");
    }

    private static int code(DType dtype) {
        return switch (dtype) {
            case INT8, INT16, INT32, INT64 -> kDLInt();
            case UINT8 -> kDLUInt();
            case FLOAT16, FLOAT32, FLOAT64 -> kDLFloat();
            case BFLOAT16 -> kDLBfloat();
            case BOOL -> kDLBool();
        };
    }

    private static long[] numbers(MemorySegment array, int count) {
        return array.reinterpret((long) count * Long.BYTES).toArray(ValueLayout.JAVA_LONG_UNALIGNED);
    }

    /** The number of elements. The other sizes must not overflow beside a 0 either: strides are made from them. */
    private static long numel(long[] sizes, DType dtype) {
        requireNotNegative("sizes", sizes);
        boolean empty = false;
        long bytes = dtype.byteSize();
        for (int d = 0; d < sizes.length; d++) {
            empty |= sizes[d] == 0;
            long size = Math.max(1, sizes[d]);
            if (bytes > Long.MAX_VALUE / size) {
                throw new IllegalArgumentException("the sizes' product in bytes overflows 63 bits at sizes[" + d + "]");
            }
            bytes *= size;
        }
        return empty ? 0 : bytes / dtype.byteSize();
    }

    /** How many elements after element 0 the last one is. */
    private static long last(long[] sizes, long[] strides) {
        requireNotNegative("strides", strides);
        long last = 0;
        for (int d = 0; d < sizes.length; d++) {
            long steps = Math.max(1, sizes[d]) - 1;
            if (steps > 0 && strides[d] > (Long.MAX_VALUE - last) / steps) {
                throw new IllegalArgumentException("the last element's offset overflows 63 bits at strides[" + d + "]");
            }
            last += steps * strides[d];
        }
        return last;
    }

    private static void requireNotNegative(String name, long[] numbers) {
        for (int d = 0; d < numbers.length; d++) {
            if (numbers[d] < 0) {
                throw new IllegalArgumentException(name + "[" + d + "] is " + numbers[d] + ", below 0");
            }
        }
    }

    /** The strides where a struct has none, as older producers leave them out. */
    private static long[] rowMajor(long[] sizes) {
        var strides = new long[sizes.length];
        long step = 1;
        for (int d = sizes.length - 1; d >= 0; d--) {
            strides[d] = step;
            step *= Math.max(1, sizes[d]);
        }
        return strides;
    }
}
