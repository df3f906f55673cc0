package dev.torchffm.io;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The header of an .npy file, the literal of a Python dict with three keys.
 *
 * <p>Source: the NumPy page "numpy.lib.format".
 */
record NpyHeader(DType dtype, boolean fortranOrder, long[] sizes) {

    static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

    /** Magic, version and the header's length, in version 1.0. */
    private static final int PREFIX = 10;

    private static final int ALIGNMENT = 64;

    private static final Set<String> KEYS = Set.of("descr", "fortran_order", "shape");

    /** NumPy leaves room for this many digits of the length of the dimension along which a file would grow. */
    private static final int GROWTH_DIGITS = 21;

    static NpyHeader of(Tensor tensor) {
        return new NpyHeader(tensor.dtype(), !tensor.isContiguous() && isColumnMajor(tensor), tensor.sizes());
    }

    /** Whether the elements lie in column-major order without a gap. */
    private static boolean isColumnMajor(Tensor tensor) {
        long[] sizes = tensor.sizes();
        long[] strides = tensor.strides();
        long step = 1;
        for (int d = 0; d < sizes.length; d++) {
            if (sizes[d] != 1) {
                if (strides[d] != step) {
                    return false;
                }
                step *= sizes[d];
            }
        }
        return true;
    }

    /** The file's bytes before the elements, exactly as NumPy writes them. */
    byte[] toBytes() {
        String shape = LongStream.of(sizes).mapToObj(Long::toString).collect(Collectors.joining(", "));
        var text = new StringBuilder("{'descr': '")
                .append(NpyDescr.of(dtype))
                .append("', 'fortran_order': ")
                .append(fortranOrder ? "True" : "False")
                .append(", 'shape': (")
                .append(shape)
                .append(sizes.length == 1 ? ",), }" : "), }");
        if (sizes.length > 0) {
            long growing = sizes[fortranOrder ? sizes.length - 1 : 0];
            text.append(" ".repeat(GROWTH_DIGITS - Long.toString(growing).length()));
        }
        int length = PREFIX + text.length() + 1;
        text.append(" ".repeat(ALIGNMENT - length % ALIGNMENT)).append('\n');
        // With 64 dimensions the length always fits the two bytes of version 1.0.
        return ByteBuffer.allocate(PREFIX + text.length())
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(MAGIC)
                .put((byte) 1)
                .put((byte) 0)
                .putShort((short) text.length())
                .put(text.toString().getBytes(StandardCharsets.US_ASCII))
                .array();
    }

    /**
     * Reads the text of a header.
     *
     * @param major the format's version
     */
    static NpyHeader parse(String text, int major, TensorFile file) {
        Map<String, Object> dict = PythonLiteral.dict(text, major < 3, file);
        if (!dict.keySet().equals(KEYS)) {
            throw file.refused("its header must have the keys descr, fortran_order and shape, and no other, and has "
                    + TensorFile.quote(String.join(", ", dict.keySet())));
        }
        if (!(dict.get("fortran_order") instanceof Boolean fortranOrder)) {
            throw file.refused("its fortran_order must be True or False, and is not");
        }
        return new NpyHeader(dtype(dict.get("descr"), file), fortranOrder, sizes(dict.get("shape"), file));
    }

    private static DType dtype(@Nullable Object descr, TensorFile file) {
        if (!(descr instanceof String name)) {
            throw file.refused("its descr is a list or the like, that of a structured dtype, and must be one of "
                    + NpyDescr.all());
        }
        DType dtype = NpyDescr.dtype(name);
        if (dtype == null) {
            throw file.refused("its descr is " + TensorFile.quote(name) + ", and must be one of " + NpyDescr.all());
        }
        return dtype;
    }

    private static long[] sizes(@Nullable Object shape, TensorFile file) {
        if (!(shape instanceof PythonLiteral.Tuple(List<Object> items))) {
            throw file.refused("its shape must be a tuple, which needs a comma if it has one size, and is not");
        }
        if (items.size() > TensorFile.MAX_DIM) {
            throw file.refused(
                    "its shape has more than " + TensorFile.MAX_DIM + " dimensions, the most that a tensor has");
        }
        return items.stream().mapToLong(item -> size(item, file)).toArray();
    }

    private static long size(Object item, TensorFile file) {
        return switch (item) {
            case BigInteger size when size.signum() >= 0 && size.bitLength() < Long.SIZE -> size.longValue();
            default ->
                throw file.refused("its shape has the size " + TensorFile.quote(item.toString())
                        + ", and a size must be an integer of 0 or more and less than 2^63");
        };
    }
}
