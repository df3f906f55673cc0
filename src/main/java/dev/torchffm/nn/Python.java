package dev.torchffm.nn;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Values as Python prints them. */
final class Python {

    private Python() {}

    /** The class of an object; of one without a name, the class that it extends. */
    static String className(Object object) {
        Class<?> type = object.getClass();
        return (type.isAnonymousClass() ? type.getSuperclass() : type).getSimpleName();
    }

    static String repr(boolean value) {
        return value ? "True" : "False";
    }

    /** One number, or a tuple of two. */
    static String reprOfPair(List<Long> values) {
        return values.size() == 1 ? String.valueOf(values.getFirst()) : repr(values);
    }

    /** A tuple. */
    static String repr(List<Long> values) {
        return values.stream()
                .map(String::valueOf)
                .collect(Collectors.joining(", ", "(", values.size() == 1 ? ",)" : ")"));
    }

    static String repr(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        if (value == 0) {
            return Double.toString(value);
        }
        BigDecimal decimal = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        // Java prints two digits at least; of the least numbers, such as 5e-324, one is enough.
        BigDecimal one = decimal.round(new MathContext(1));
        if (one.doubleValue() == value) {
            decimal = one.stripTrailingZeros();
        }
        int exponent = decimal.precision() - decimal.scale() - 1;
        if (exponent < -4 || exponent >= 16) {
            String mantissa = decimal.movePointLeft(exponent).toPlainString();
            return String.format(Locale.ROOT, "%se%s%02d", mantissa, exponent < 0 ? "-" : "+", Math.abs(exponent));
        }
        String plain = decimal.toPlainString();
        return plain.contains(".") ? plain : plain + ".0";
    }
}
