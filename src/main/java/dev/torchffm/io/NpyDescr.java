package dev.torchffm.io;

import dev.torchffm.DType;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * NumPy's names of the dtypes.
 *
 * <p>Source: the NumPy pages "Data type objects" and "Scalars".
 */
final class NpyDescr {

    private NpyDescr() {}

    /** The name that NumPy writes. */
    static String of(DType dtype) {
        return switch (dtype) {
            case FLOAT16 -> "<f2";
            case FLOAT32 -> "<f4";
            case FLOAT64 -> "<f8";
            case INT8 -> "|i1";
            case UINT8 -> "|u1";
            case INT16 -> "<i2";
            case INT32 -> "<i4";
            case INT64 -> "<i8";
            case BOOL -> "|b1";
            case BFLOAT16 ->
                throw new IllegalArgumentException(
                        "tensor is BFLOAT16, which NumPy does not have: save it as safetensors, or cast it to FLOAT32");
        };
    }

    /** All names that NumPy writes. */
    static String all() {
        return Arrays.stream(DType.values())
                .filter(dtype -> dtype != DType.BFLOAT16)
                .map(NpyDescr::of)
                .collect(Collectors.joining(" "));
    }

    /** The dtype of any name that NumPy reads, or null. */
    static @Nullable DType dtype(String descr) {
        if (descr.isEmpty() || "<>=|".indexOf(descr.charAt(0)) < 0) {
            DType dtype = ofCode(descr);
            return dtype == null ? ofWord(descr) : dtype;
        }
        // The machine's own order is little-endian, and | and = are read as that; a byte has no order.
        DType dtype = ofCode(descr.substring(1));
        return dtype != null && descr.charAt(0) == '>' && dtype.byteSize() > 1 ? null : dtype;
    }

    /** A byte order may stand before a code. */
    private static @Nullable DType ofCode(String code) {
        return switch (code) {
            case "f2", "e" -> DType.FLOAT16;
            case "f4", "f" -> DType.FLOAT32;
            case "f8", "d" -> DType.FLOAT64;
            case "i1", "b" -> DType.INT8;
            case "u1", "B" -> DType.UINT8;
            case "i2", "h" -> DType.INT16;
            case "i4", "i" -> DType.INT32;
            case "i8", "l", "q", "p", "n" -> DType.INT64;
            case "b1", "?" -> DType.BOOL;
            default -> null;
        };
    }

    private static @Nullable DType ofWord(String word) {
        return switch (word) {
            case "float16", "half" -> DType.FLOAT16;
            case "float32", "single" -> DType.FLOAT32;
            case "float64", "double", "float" -> DType.FLOAT64;
            case "int8", "byte" -> DType.INT8;
            case "uint8", "ubyte" -> DType.UINT8;
            case "int16", "short" -> DType.INT16;
            case "int32", "intc" -> DType.INT32;
            case "int64", "long", "longlong", "intp", "int_", "int" -> DType.INT64;
            case "bool", "bool_" -> DType.BOOL;
            default -> null;
        };
    }
}
