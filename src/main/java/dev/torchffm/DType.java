package dev.torchffm;

import java.util.Locale;

/**
 * The type of a tensor's elements.
 *
 * <p>Source: the PyTorch page "Tensor Attributes", section torch.dtype.
 */
public enum DType {
    /** 32-bit IEEE 754 floating point, Java's {@code float}. */
    FLOAT32(6, 4, true),
    /** 64-bit IEEE 754 floating point, Java's {@code double}. */
    FLOAT64(7, 8, true),
    /** 16-bit IEEE 754 floating point; see {@link Float#float16ToFloat(short)}. */
    FLOAT16(5, 2, true),
    /** The upper 16 bits of a 32-bit floating-point number. */
    BFLOAT16(15, 2, true),
    /** 8-bit integer, Java's {@code byte}. */
    INT8(1, 1, false),
    /** 8-bit unsigned integer. */
    UINT8(0, 1, false),
    /** 16-bit integer, Java's {@code short}. */
    INT16(2, 2, false),
    /** 32-bit integer, Java's {@code int}. */
    INT32(3, 4, false),
    /** 64-bit integer, Java's {@code long}. */
    INT64(4, 8, false),
    /** A byte that is 0 for false or 1 for true. */
    BOOL(11, 1, false);

    private static final DType[] VALUES = values();

    final int code;
    private final int byteSize;
    private final boolean floatingPoint;

    DType(int code, int byteSize, boolean floatingPoint) {
        this.code = code;
        this.byteSize = byteSize;
        this.floatingPoint = floatingPoint;
    }

    /** {@return the size of one element, in bytes} */
    public int byteSize() {
        return byteSize;
    }

    /** {@return whether the elements are floating-point numbers} */
    public boolean isFloatingPoint() {
        return floatingPoint;
    }

    /** {@return PyTorch's name of the type, such as {@code torch.float32}} */
    public String torchName() {
        return "torch." + name().toLowerCase(Locale.ROOT);
    }

    /** The type with libtorch's code. */
    static DType of(int code) {
        for (DType dtype : VALUES) {
            if (dtype.code == code) {
                return dtype;
            }
        }
        throw new IllegalArgumentException("a result has libtorch's dtype " + code
                + ", which torch-ffm does not know; it must be one of the ten of DType");
    }
}
