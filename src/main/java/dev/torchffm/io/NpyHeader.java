package dev.torchffm.io;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

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
                .append(descr(dtype))
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

    /** NumPy's name of the dtype. */
    private static String descr(DType dtype) {
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

    static NpyHeader parse(String text, TensorFile file) {
        return new Parser(text, file).header();
    }

    /** Reads the literal, in the forms that a header may have. */
    private static final class Parser {

        private final String text;
        private final TensorFile file;
        private int at;

        Parser(String text, TensorFile file) {
            this.text = text;
            this.file = file;
        }

        NpyHeader header() {
            DType dtype = null;
            boolean fortranOrder = false;
            long[] sizes = null;
            Set<String> keys = new LinkedHashSet<>();
            expect('{');
            while (!next('}')) {
                String key = string();
                if (!keys.add(key)) {
                    throw file.refused("its header has the key " + TensorFile.quote(key) + " twice");
                }
                expect(':');
                switch (key) {
                    case "descr" -> dtype = dtype();
                    case "fortran_order" -> fortranOrder = bool();
                    case "shape" -> sizes = tuple();
                    default -> throw wrongKeys(keys);
                }
                if (!next(',')) {
                    expect('}');
                    break;
                }
            }
            skipSpace();
            if (at < text.length()) {
                throw unexpected("the end of the header");
            }
            if (dtype == null || sizes == null || keys.size() < 3) {
                throw wrongKeys(keys);
            }
            return new NpyHeader(dtype, fortranOrder, sizes);
        }

        private IllegalArgumentException wrongKeys(Set<String> keys) {
            return file.refused("its header must have the keys descr, fortran_order and shape, and no other, and has "
                    + TensorFile.quote(String.join(", ", keys)));
        }

        private DType dtype() {
            if (next('[')) {
                throw file.refused("its descr is a list, that of a structured dtype, and must be one of " + descrs());
            }
            String descr = string();
            // '=' is the machine's own order, which is little-endian here; for one byte every order is the same.
            String ofOneByte = descr.matches("[<>=|].*") ? descr.substring(1) : "";
            String own = descr.startsWith("=") ? descr.substring(1) : "";
            for (DType dtype : DType.values()) {
                if (dtype != DType.BFLOAT16
                        && (descr(dtype).equals(descr)
                                || descr(dtype).substring(1).equals(dtype.byteSize() == 1 ? ofOneByte : own))) {
                    return dtype;
                }
            }
            throw file.refused("its descr is " + TensorFile.quote(descr) + ", and must be one of " + descrs());
        }

        private static String descrs() {
            return Arrays.stream(DType.values())
                    .filter(dtype -> dtype != DType.BFLOAT16)
                    .map(NpyHeader::descr)
                    .collect(Collectors.joining(" "));
        }

        private boolean bool() {
            boolean value = text.startsWith("True", skipSpace());
            if (!value && !text.startsWith("False", at)) {
                throw unexpected("True or False");
            }
            at += value ? "True".length() : "False".length();
            return value;
        }

        private long[] tuple() {
            var sizes = new long[TensorFile.MAX_DIM];
            int dim = 0;
            boolean separated = true;
            expect('(');
            while (!next(')')) {
                if (!separated) {
                    throw unexpected("a comma or the end of a tuple");
                }
                if (dim == sizes.length) {
                    throw file.refused(
                            "its shape has more than " + sizes.length + " dimensions, the most that a" + " tensor has");
                }
                sizes[dim++] = integer();
                separated = next(',');
            }
            if (dim == 1 && !separated) {
                throw file.refused("its shape is a number, and must be a tuple, which needs a comma");
            }
            return Arrays.copyOf(sizes, dim);
        }

        private long integer() {
            int start = skipSpace();
            if (at < text.length() && text.charAt(at) == '-') {
                at++;
            }
            int digits = at;
            while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
                at++;
            }
            if (at == digits || at - digits > 1 && text.charAt(digits) == '0') {
                at = start;
                throw unexpected("an integer");
            }
            String number = text.substring(start, at);
            if (digits > start) {
                throw file.refused(
                        "its shape has the size " + TensorFile.quote(number) + ", and a size must be 0 or more");
            }
            try {
                return Long.parseLong(number);
            } catch (NumberFormatException e) {
                throw file.refused(
                        "its shape has the size " + TensorFile.quote(number) + ", and a size must be less than 2^63",
                        e);
            }
        }

        private String string() {
            if (!next('\'') && !next('"')) {
                throw unexpected("a string");
            }
            int end = text.indexOf(text.charAt(at - 1), at);
            if (end < 0 || text.substring(at, end).contains("\\")) {
                throw unexpected("a string that ends and has no backslash");
            }
            String string = text.substring(at, end);
            at = end + 1;
            return string;
        }

        private void expect(char character) {
            if (!next(character)) {
                throw unexpected("'" + character + "'");
            }
        }

        /** Skips a character if it comes next, and says whether it did. */
        private boolean next(char character) {
            skipSpace();
            if (at < text.length() && text.charAt(at) == character) {
                at++;
                return true;
            }
            return false;
        }

        private int skipSpace() {
            while (at < text.length() && " \t\n\r\f".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
            return at;
        }

        private IllegalArgumentException unexpected(String wanted) {
            return file.refused("its header has " + TensorFile.quote(text.substring(at)) + " at character " + at
                    + ", and there must be " + wanted);
        }
    }
}
