package dev.torchffm;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;

/**
 * A tensor as text, exactly as PyTorch prints it with its default options.
 *
 * <p>Source: the PyTorch page "torch.set_printoptions" and the module {@code torch._tensor_str}.
 */
final class Printer {

    private static final int PRECISION = 4;
    private static final int THRESHOLD = 1000;
    private static final int EDGE_ITEMS = 3;
    private static final int LINE_WIDTH = 80;
    private static final String PREFIX = "tensor(";

    private final DType dtype;
    private final Layout layout;
    private final Elements elements;
    private final boolean summarized;

    private boolean wholeNumbers = true;
    private boolean scientific;
    private int width = 1;

    private Printer(Elements elements) {
        this.dtype = elements.dtype();
        this.layout = elements.layout();
        this.elements = elements;
        this.summarized = layout.numel() > THRESHOLD;
    }

    /** The text; {@code autograd} is its part about gradients, or empty. */
    static String print(Elements elements, String autograd) {
        DType dtype = elements.dtype();
        Layout layout = elements.layout();
        var suffixes = new ArrayList<String>();
        String contents;
        if (layout.numel() == 0) {
            contents = "[]";
            if (layout.sizes().length != 1) {
                suffixes.add(size(layout));
            }
            if (dtype != DType.FLOAT32) {
                suffixes.add("dtype=" + dtype.torchName());
            }
        } else {
            var printer = new Printer(elements);
            printer.chooseFormat();
            contents = printer.text(0, 0, PREFIX.length());
            if (dtype != DType.FLOAT32 && dtype != DType.INT64 && dtype != DType.BOOL) {
                suffixes.add("dtype=" + dtype.torchName());
            }
        }
        if (!autograd.isEmpty()) {
            suffixes.add(autograd);
        }
        return withSuffixes(PREFIX + contents, suffixes);
    }

    /** The text of a tensor whose elements cannot be read. */
    static String withoutElements(DType dtype, Layout layout, Throwable reason) {
        String state =
                switch (reason) {
                    case IllegalStateException _ -> "closed";
                    case WrongThreadException _ -> "confined to another thread";
                    default -> "unreadable";
                };
        return withSuffixes(PREFIX + "...", List.of(size(layout), "dtype=" + dtype.torchName(), state));
    }

    private static String size(Layout layout) {
        String end = layout.sizes().length == 1 ? ",)" : ")"; // a tuple of Python
        return "size="
                + Arrays.stream(layout.sizes()).mapToObj(Long::toString).collect(Collectors.joining(", ", "(", end));
    }

    private static String withSuffixes(String text, List<String> suffixes) {
        var result = new StringBuilder(text);
        int lastLine = text.length() - text.lastIndexOf('\n') + 1;
        for (String suffix : suffixes) {
            if (lastLine + suffix.length() + 2 > LINE_WIDTH) {
                result.append(",\n").append(" ".repeat(PREFIX.length())).append(suffix);
                lastLine = PREFIX.length() + suffix.length();
            } else {
                result.append(", ").append(suffix);
                lastLine += suffix.length() + 2;
            }
        }
        return result.append(')').toString();
    }

    /** Chooses width and notation by the printed elements, without zeros and non-finite ones. */
    private void chooseFormat() {
        if (!dtype.isFloatingPoint()) {
            forEachPrinted(0, 0, place -> width = Math.max(width, plain(place).length()));
            return;
        }
        var range = new double[] {Double.POSITIVE_INFINITY, 0};
        forEachPrinted(0, 0, place -> {
            double value = elements.real(place);
            if (counts(value)) {
                range[0] = Math.min(range[0], Math.abs(value));
                range[1] = Math.max(range[1], Math.abs(value));
                wholeNumbers &= value == Math.rint(value);
            }
        });
        if (range[1] == 0) {
            return;
        }
        scientific = range[1] / range[0] > 1000 || range[1] > 1e8 || (!wholeNumbers && range[0] < 1e-4);
        forEachPrinted(0, 0, place -> {
            double value = elements.real(place);
            if (counts(value)) {
                width = Math.max(width, real(value).length());
            }
        });
    }

    private static boolean counts(double value) {
        return value != 0 && Double.isFinite(value);
    }

    /** Visits the elements that are printed; a summary leaves some out. */
    private void forEachPrinted(int dim, long place, LongConsumer visitor) {
        if (dim == layout.sizes().length) {
            visitor.accept(place);
            return;
        }
        long size = layout.sizes()[dim];
        for (long i = 0; i < size; i++) {
            if (i == EDGE_ITEMS && isCut(dim)) {
                i = size - EDGE_ITEMS;
            }
            forEachPrinted(dim + 1, place + i * layout.strides()[dim], visitor);
        }
    }

    private boolean isCut(int dim) {
        return summarized && layout.sizes()[dim] > 2 * EDGE_ITEMS;
    }

    private String text(int dim, long place, int indent) {
        int dims = layout.sizes().length;
        if (dim == dims) {
            return padded(place);
        }
        long size = layout.sizes()[dim];
        var parts = new ArrayList<String>();
        for (long i = 0; i < size; i++) {
            if (i == EDGE_ITEMS && isCut(dim)) {
                parts.add(dim == dims - 1 ? " ..." : "...");
                i = size - EDGE_ITEMS;
            }
            parts.add(text(dim + 1, place + i * layout.strides()[dim], indent + 1));
        }
        String newLines = "\n".repeat(Math.max(1, dims - dim - 1)) + " ".repeat(indent + 1);
        if (dim < dims - 1) {
            return "[" + String.join("," + newLines, parts) + "]";
        }
        int perLine = Math.max(1, (LINE_WIDTH - indent) / (width + 2));
        var lines = new ArrayList<String>();
        for (int i = 0; i < parts.size(); i += perLine) {
            lines.add(String.join(", ", parts.subList(i, Math.min(parts.size(), i + perLine))));
        }
        return "[" + String.join("," + newLines, lines) + "]";
    }

    private String padded(long place) {
        String text = plain(place);
        return " ".repeat(Math.max(0, width - text.length())) + text;
    }

    private String plain(long place) {
        if (dtype.isFloatingPoint()) {
            return real(elements.real(place));
        }
        long value = elements.integer(place);
        return dtype == DType.BOOL ? (value != 0 ? "True" : "False") : Long.toString(value);
    }

    private String real(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        String sign = Double.doubleToRawLongBits(value) < 0 ? "-" : "";
        var magnitude = new BigDecimal(Math.abs(value));
        if (scientific) {
            return sign + scientific(magnitude);
        }
        return sign + (wholeNumbers ? fixed(magnitude, 0) + "." : fixed(magnitude, PRECISION));
    }

    /** C's %.nf: unlike Java's own, it rounds the exact binary value, ties to even. */
    private static String fixed(BigDecimal magnitude, int digits) {
        return magnitude.setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
    }

    /** C's %.4e. */
    private static String scientific(BigDecimal magnitude) {
        if (magnitude.signum() == 0) {
            return "0." + "0".repeat(PRECISION) + "e+00";
        }
        BigDecimal rounded = magnitude.round(new MathContext(PRECISION + 1, RoundingMode.HALF_EVEN));
        int exponent = rounded.precision() - rounded.scale() - 1;
        String mantissa = fixed(rounded.movePointLeft(exponent), PRECISION);
        return mantissa + (exponent < 0 ? "e-" : "e+") + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
    }
}
