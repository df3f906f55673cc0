package dev.torchffm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Clamp in plain Java, on one element's bits at a time: {@code if (x < min) x = min; if (max < x) x = max}, and x's
 * own bits where neither holds. Bits are held in the low end of a long, zeros above.
 *
 * <p>Its domain: at least one bound, each in the range of the result's dtype, and a BOOL that is 0 or 1. Where libtorch
 * takes {@linkplain #takesWiderBounds() wider bounds}, also integral ones beyond it that bound nothing.
 */
final class ClampOracle {

    final DType from;
    final DType result;
    final @Nullable Number min;
    final @Nullable Number max;
    private final long minBits;
    private final long maxBits;
    private final double realMin;
    private final double realMax;
    private final long integerMin;
    private final long integerMax;
    private final boolean nanBound;

    ClampOracle(DType from, @Nullable Number min, @Nullable Number max) {
        this.from = from;
        this.min = min;
        this.max = max;
        result = promoted(from, isReal(min) || isReal(max));
        minBits = min == null ? 0 : bits(result, held(result, min));
        maxBits = max == null ? 0 : bits(result, held(result, max));
        realMin = result.isFloatingPoint() ? real(result, minBits) : 0;
        realMax = result.isFloatingPoint() ? real(result, maxBits) : 0;
        integerMin = integer(result, minBits);
        integerMax = integer(result, maxBits);
        nanBound = isNaN(min) || isNaN(max);
    }

    /** Whether a lower bound may be below an integral dtype's least value, and an upper one above its greatest. */
    static boolean takesWiderBounds() {
        return Libtorch.isSince(15);
    }

    /** The dtype's own number nearest to a bound; without wider bounds UINT8 wraps a negative one around instead. */
    private static Number held(DType dtype, Number bound) {
        if (dtype.isFloatingPoint() || !takesWiderBounds()) {
            return bound;
        }
        int width = 8 * dtype.byteSize();
        long least = dtype == DType.UINT8 ? 0 : -1L << width - 1;
        return Math.clamp(bound.longValue(), least, least + (-1L >>> Long.SIZE - width));
    }

    /** PyTorch's promotion: a real bound makes a whole number FLOAT32, any other makes a bool INT64. */
    private static DType promoted(DType from, boolean realBound) {
        if (!from.isFloatingPoint() && realBound) {
            return DType.FLOAT32;
        }
        return from == DType.BOOL ? DType.INT64 : from;
    }

    private static boolean isReal(@Nullable Number number) {
        return number instanceof Float || number instanceof Double;
    }

    private static boolean isNaN(@Nullable Number number) {
        return isReal(number) && Double.isNaN(number.doubleValue());
    }

    /** Whether the operator may write its result over the elements. */
    boolean keepsDType() {
        return result == from;
    }

    /** The bits in the result's dtype that clamp makes of an element's bits. */
    long clamp(long element) {
        if (nanBound) {
            return bits(result, Double.NaN);
        }
        return result.isFloatingPoint() ? clampReal(element) : clampInteger(element);
    }

    private long clampReal(long element) {
        long own = from == result ? element : bits(result, integer(from, element));
        double x = real(result, own);
        if (min != null && x < realMin) {
            x = realMin;
            own = minBits;
        }
        if (max != null && realMax < x) {
            own = maxBits;
        }
        return own;
    }

    private long clampInteger(long element) {
        long x = integer(from, element);
        long own = element; // a BOOL's bits are those of the INT64 as well
        if (min != null && x < integerMin) {
            x = integerMin;
            own = minBits;
        }
        if (max != null && integerMax < x) {
            own = maxBits;
        }
        return own;
    }

    /**
     * Whether an element of the result is right. libtorch's vector code passes 16-bit numbers through 32-bit ones,
     * which changes a NaN's sign and payload; {@code scalar} says that it must not have.
     */
    boolean agrees(long expected, long actual, boolean scalar) {
        return expected == actual
                || (!scalar
                        && result.isFloatingPoint()
                        && result.byteSize() == 2
                        && Double.isNaN(real(result, expected))
                        && Double.isNaN(real(result, actual)));
    }

    @Override
    public String toString() {
        return from + ".clamp(" + min + ", " + max + ")";
    }

    // ---- elements as bits ----

    static long read(MemorySegment memory, DType dtype, long place) {
        return switch (dtype.byteSize()) {
            case 1 -> Byte.toUnsignedLong(memory.get(ValueLayout.JAVA_BYTE, place));
            case 2 -> Short.toUnsignedLong(memory.getAtIndex(ValueLayout.JAVA_SHORT, place));
            case 4 -> Integer.toUnsignedLong(memory.getAtIndex(ValueLayout.JAVA_INT, place));
            default -> memory.getAtIndex(ValueLayout.JAVA_LONG, place);
        };
    }

    static void write(MemorySegment memory, DType dtype, long place, long bits) {
        switch (dtype.byteSize()) {
            case 1 -> memory.set(ValueLayout.JAVA_BYTE, place, (byte) bits);
            case 2 -> memory.setAtIndex(ValueLayout.JAVA_SHORT, place, (short) bits);
            case 4 -> memory.setAtIndex(ValueLayout.JAVA_INT, place, (int) bits);
            default -> memory.setAtIndex(ValueLayout.JAVA_LONG, place, bits);
        }
    }

    private static long integer(DType dtype, long bits) {
        return switch (dtype) {
            case INT8 -> (byte) bits;
            case INT16 -> (short) bits;
            case INT32 -> (int) bits;
            default -> bits;
        };
    }

    private static double real(DType dtype, long bits) {
        return switch (dtype) {
            case FLOAT16 -> Float.float16ToFloat((short) bits);
            case BFLOAT16 -> Float.intBitsToFloat((int) bits << 16);
            case FLOAT32 -> Float.intBitsToFloat((int) bits);
            case FLOAT64 -> Double.longBitsToDouble(bits);
            default -> throw new AssertionError(dtype);
        };
    }

    /** A number cast to a dtype, which for the 16-bit ones goes by way of a float. */
    static long bits(DType dtype, Number number) {
        return switch (dtype) {
            case FLOAT64 -> Double.doubleToLongBits(number.doubleValue());
            case FLOAT32 -> Integer.toUnsignedLong(Float.floatToIntBits(number.floatValue()));
            case FLOAT16 -> Short.toUnsignedLong(Float.floatToFloat16(number.floatValue()));
            case BFLOAT16 -> roundToUpperHalf(Float.floatToIntBits(number.floatValue()));
            case BOOL, INT8, UINT8, INT16, INT32, INT64 ->
                number.longValue() & (-1L >>> (Long.SIZE - 8 * dtype.byteSize()));
        };
    }

    /** The nearest number of 16 bits, the even one of two as near. */
    private static long roundToUpperHalf(int bits) {
        int toEven = 0x7fff + (bits >>> 16 & 1);
        return bits + toEven >>> 16;
    }
}
