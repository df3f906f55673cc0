package dev.torchffm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Elements in memory as Java's numbers. */
final class Elements {

    private Elements() {}

    /** The element at a place as an integer; not for floating-point types. A bool is 0 or 1. */
    static long integer(MemorySegment elements, DType dtype, long place) {
        return switch (dtype) {
            case INT8 -> elements.get(ValueLayout.JAVA_BYTE, place);
            case UINT8 -> Byte.toUnsignedLong(elements.get(ValueLayout.JAVA_BYTE, place));
            case BOOL -> elements.get(ValueLayout.JAVA_BYTE, place) == 0 ? 0 : 1;
            case INT16 -> elements.getAtIndex(ValueLayout.JAVA_SHORT, place);
            case INT32 -> elements.getAtIndex(ValueLayout.JAVA_INT, place);
            case INT64 -> elements.getAtIndex(ValueLayout.JAVA_LONG, place);
            case FLOAT16, BFLOAT16, FLOAT32, FLOAT64 -> throw new AssertionError(dtype);
        };
    }

    /** The element at a place as a floating-point number; exact for all types but INT64. */
    static double real(MemorySegment elements, DType dtype, long place) {
        return switch (dtype) {
            case FLOAT16 -> Float.float16ToFloat(elements.getAtIndex(ValueLayout.JAVA_SHORT, place));
            case BFLOAT16 -> Float.intBitsToFloat(elements.getAtIndex(ValueLayout.JAVA_SHORT, place) << 16);
            case FLOAT32 -> elements.getAtIndex(ValueLayout.JAVA_FLOAT, place);
            case FLOAT64 -> elements.getAtIndex(ValueLayout.JAVA_DOUBLE, place);
            default -> integer(elements, dtype, place);
        };
    }
}
