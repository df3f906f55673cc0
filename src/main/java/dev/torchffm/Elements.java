package dev.torchffm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Elements in memory as Java's numbers.
 *
 * @param segment starts at element 0
 * @param dtype their type
 * @param layout where they lie; its offset is not used
 */
record Elements(MemorySegment segment, DType dtype, Layout layout) {

    /** The values as a BOOL tensor stores them, a byte each. */
    static MemorySegment bytes(boolean[] values) {
        var bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) (values[i] ? 1 : 0);
        }
        return MemorySegment.ofArray(bytes);
    }

    /** The element at a place as an integer; not for floating-point types. A bool is 0 or 1. */
    long integer(long place) {
        return switch (dtype) {
            case INT8 -> segment.get(ValueLayout.JAVA_BYTE, place);
            case UINT8 -> Byte.toUnsignedLong(segment.get(ValueLayout.JAVA_BYTE, place));
            case BOOL -> segment.get(ValueLayout.JAVA_BYTE, place) == 0 ? 0 : 1;
            case INT16 -> segment.getAtIndex(ValueLayout.JAVA_SHORT, place);
            case INT32 -> segment.getAtIndex(ValueLayout.JAVA_INT, place);
            case INT64 -> segment.getAtIndex(ValueLayout.JAVA_LONG, place);
            case FLOAT16, BFLOAT16, FLOAT32, FLOAT64 -> throw new AssertionError(dtype);
        };
    }

    /** The element at a place as a floating-point number; exact for all types but INT64. */
    double real(long place) {
        return switch (dtype) {
            case FLOAT16 -> Float.float16ToFloat(segment.getAtIndex(ValueLayout.JAVA_SHORT, place));
            case BFLOAT16 -> Float.intBitsToFloat(segment.getAtIndex(ValueLayout.JAVA_SHORT, place) << 16);
            case FLOAT32 -> segment.getAtIndex(ValueLayout.JAVA_FLOAT, place);
            case FLOAT64 -> segment.getAtIndex(ValueLayout.JAVA_DOUBLE, place);
            case INT8, UINT8, INT16, INT32, INT64, BOOL -> integer(place);
        };
    }

    /** The only element. */
    Number item() {
        if (layout.numel() != 1) {
            throw new IllegalStateException(
                    "the tensor has " + layout.numel() + " elements, and item() needs exactly one");
        }
        return switch (dtype) {
            case FLOAT32, FLOAT16, BFLOAT16 -> (float) real(0);
            case FLOAT64 -> real(0);
            case INT64 -> integer(0);
            case INT8, UINT8, INT16, INT32, BOOL -> (int) integer(0);
        };
    }

    // ---- as arrays, in row-major order ----

    float[] toFloatArray() {
        var values = new float
                [arrayLength(
                        "float", DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16, DType.INT8, DType.UINT8, DType.INT16)];
        layout.forEach((place, number) -> values[(int) number] = (float) real(place));
        return values;
    }

    double[] toDoubleArray() {
        var values = new double
                [arrayLength(
                        "double",
                        DType.FLOAT64,
                        DType.FLOAT32,
                        DType.FLOAT16,
                        DType.BFLOAT16,
                        DType.INT8,
                        DType.UINT8,
                        DType.INT16,
                        DType.INT32)];
        layout.forEach((place, number) -> values[(int) number] = real(place));
        return values;
    }

    long[] toLongArray() {
        var values = new long[arrayLength("long", DType.INT64, DType.INT32, DType.INT16, DType.UINT8, DType.INT8)];
        layout.forEach((place, number) -> values[(int) number] = integer(place));
        return values;
    }

    int[] toIntArray() {
        var values = new int[arrayLength("int", DType.INT32, DType.INT16, DType.UINT8, DType.INT8)];
        layout.forEach((place, number) -> values[(int) number] = (int) integer(place));
        return values;
    }

    short[] toShortArray() {
        var values = new short[arrayLength("short", DType.INT16, DType.UINT8, DType.INT8)];
        layout.forEach((place, number) -> values[(int) number] = (short) integer(place));
        return values;
    }

    byte[] toByteArray() {
        var values = new byte[arrayLength("byte", DType.INT8)];
        layout.forEach((place, number) -> values[(int) number] = (byte) integer(place));
        return values;
    }

    boolean[] toBooleanArray() {
        var values = new boolean[arrayLength("boolean", DType.BOOL)];
        layout.forEach((place, number) -> values[(int) number] = integer(place) != 0);
        return values;
    }

    /** The length of an array of the elements, which holds all values of these dtypes. */
    private int arrayLength(String type, DType... dtypes) {
        if (!List.of(dtypes).contains(dtype)) {
            throw new IllegalStateException(
                    "the tensor is " + dtype + ", and a " + type + "[] cannot hold all its values: take " + holder()
                            + ", or convert it by to(DType." + dtypes[0] + ")");
        }
        if (layout.numel() > Integer.MAX_VALUE - 8) {
            throw new IllegalStateException(
                    "the tensor has " + layout.numel() + " elements, more than an array may have: use segment()");
        }
        return (int) layout.numel();
    }

    /** The method whose array holds all values of this dtype. */
    private String holder() {
        if (dtype == DType.BOOL) {
            return "toBooleanArray()";
        }
        return dtype == DType.FLOAT64
                ? "toDoubleArray()"
                : dtype.isFloatingPoint() ? "toFloatArray()" : "toLongArray()";
    }

    /** Copies the elements' bytes in row-major order. */
    void copyTo(MemorySegment target) {
        int size = dtype.byteSize();
        long bytes = layout.numel() * size;
        if (target.byteSize() < bytes) {
            throw new IllegalArgumentException(
                    "target has " + target.byteSize() + " bytes, and the elements take " + bytes);
        }
        if (layout.isContiguous()) {
            MemorySegment.copy(segment, 0, target, 0, bytes);
        } else {
            layout.forEach((place, number) -> MemorySegment.copy(segment, place * size, target, number * size, size));
        }
    }
}
