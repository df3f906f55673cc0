package dev.torchffm.testing;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import org.junit.jupiter.api.Assertions;

/**
 * Assertions on tensors: one memory, the same bits, close values. A failure names the first element that
 * differs, both values and their bits.
 *
 * {@snippet class="dev.torchffm.examples.ReluExampleTest" region="example"}
 */
public final class TensorAssertions {

    private TensorAssertions() {}

    /**
     * Asserts that two tensors stand on one storage, as a tensor and its views do: their storages start at the same
     * address, PyTorch's {@code untyped_storage().data_ptr()}.
     *
     * @throws AssertionError when they do not, or one has no memory
     */
    public static void assertSameStorage(Tensor expected, Tensor actual) {
        long first = storageAddress(Objects.requireNonNull(expected, "expected"));
        long second = storageAddress(Objects.requireNonNull(actual, "actual"));
        if (first != second || first == 0) {
            Assertions.fail("expected one storage, and the tensors' start at 0x" + Long.toHexString(first) + " and 0x"
                    + Long.toHexString(second));
        }
    }

    private static long storageAddress(Tensor tensor) {
        return tensor.dataPtr() - tensor.storageOffset() * tensor.dtype().byteSize();
    }

    /**
     * Asserts that two tensors have one dtype and the same sizes, and that each element has the same bits: -0.0 is
     * not 0.0, and a NaN is equal to a NaN of its bits.
     *
     * @throws AssertionError when they differ
     */
    public static void assertBitEquals(Tensor expected, Tensor actual) {
        assertSameShape(expected, actual);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment want = copy(expected, arena);
            MemorySegment have = copy(actual, arena);
            long first = want.mismatch(have);
            if (first >= 0) {
                int size = expected.dtype().byteSize();
                fail(expected, want, have, first / size, "have other bits");
            }
        }
    }

    /**
     * Asserts that two tensors have one dtype and the same sizes, and that their elements are close by PyTorch's
     * default tolerances.
     *
     * <table class="striped">
     * <caption>Tolerances by dtype</caption>
     * <thead><tr><th>dtype</th><th>rtol</th><th>atol</th></tr></thead>
     * <tbody>
     * <tr><td>FLOAT16</td><td>1e-3</td><td>1e-5</td></tr>
     * <tr><td>BFLOAT16</td><td>1.6e-2</td><td>1e-5</td></tr>
     * <tr><td>FLOAT32</td><td>1.3e-6</td><td>1e-5</td></tr>
     * <tr><td>FLOAT64</td><td>1e-7</td><td>1e-7</td></tr>
     * <tr><td>others</td><td>0</td><td>0</td></tr>
     * </tbody>
     * </table>
     *
     * <p>Source: the PyTorch page "torch.testing".
     *
     * @throws AssertionError when they differ
     */
    public static void assertAllClose(Tensor expected, Tensor actual) {
        DType dtype = Objects.requireNonNull(expected, "expected").dtype();
        double rtol =
                switch (dtype) {
                    case FLOAT16 -> 1e-3;
                    case BFLOAT16 -> 1.6e-2;
                    case FLOAT32 -> 1.3e-6;
                    case FLOAT64 -> 1e-7;
                    case INT8, UINT8, INT16, INT32, INT64, BOOL -> 0;
                };
        assertAllClose(expected, actual, rtol, dtype == DType.FLOAT64 ? 1e-7 : dtype.isFloatingPoint() ? 1e-5 : 0);
    }

    /**
     * Asserts that two tensors have one dtype and the same sizes, and that each element is close:
     * {@code |actual - expected| <= atol + rtol * |expected|}, by libtorch's {@code isclose}. A NaN is close to
     * nothing, an infinity to itself.
     *
     * @param rtol the relative tolerance, 0 or more
     * @param atol the absolute tolerance, 0 or more
     * @throws AssertionError when they differ
     */
    public static void assertAllClose(Tensor expected, Tensor actual, double rtol, double atol) {
        assertSameShape(expected, actual);
        try (Arena arena = Arena.ofConfined()) {
            var close = (Tensor)
                    Objects.requireNonNull(Torch.call(arena, "aten::isclose", actual, expected, rtol, atol, false)
                            .getFirst());
            MemorySegment closeness = copy(close, arena);
            for (long element = 0; element < closeness.byteSize(); element++) {
                if (closeness.get(ValueLayout.JAVA_BYTE, element) == 0) {
                    fail(
                            expected,
                            copy(expected, arena),
                            copy(actual, arena),
                            element,
                            "differ by more than atol " + atol + " + rtol " + rtol + " * |expected|");
                }
            }
        }
    }

    private static void assertSameShape(Tensor expected, Tensor actual) {
        Objects.requireNonNull(expected, "expected");
        Objects.requireNonNull(actual, "actual");
        if (expected.dtype() != actual.dtype() || !Arrays.equals(expected.sizes(), actual.sizes())) {
            Assertions.fail("expected a tensor of " + expected.dtype() + " with sizes "
                    + Arrays.toString(expected.sizes()) + ", and it is of " + actual.dtype() + " with sizes "
                    + Arrays.toString(actual.sizes()));
        }
    }

    /** The elements in row-major order. */
    private static MemorySegment copy(Tensor tensor, Arena arena) {
        MemorySegment elements = arena.allocate(tensor.numel() * tensor.dtype().byteSize(), 8);
        tensor.copyTo(elements);
        return elements;
    }

    private static void fail(Tensor shape, MemorySegment expected, MemorySegment actual, long first, String rule) {
        Assertions.fail("elements " + rule + ", the first at " + Arrays.toString(index(first, shape.sizes()))
                + ": expected " + element(expected, first, shape.dtype()) + ", and it is "
                + element(actual, first, shape.dtype()));
    }

    private static long[] index(long number, long[] sizes) {
        var index = new long[sizes.length];
        long rest = number;
        for (int d = sizes.length - 1; d >= 0; d--) {
            index[d] = rest % sizes[d];
            rest /= sizes[d];
        }
        return index;
    }

    /** The value and its bits, such as {@code -0.0 (0x80000000)}. */
    private static String element(MemorySegment elements, long number, DType dtype) {
        int size = dtype.byteSize();
        MemorySegment element = elements.asSlice(number * size, size);
        Number value;
        try (Arena arena = Arena.ofConfined()) {
            var sizes = new long[0];
            value = Tensor.fromSegment(arena, element, dtype, sizes, sizes, 0).item();
        }
        var bits = new StringBuilder();
        for (int i = size - 1; i >= 0; i--) {
            bits.append(HexFormat.of().toHexDigits(element.get(ValueLayout.JAVA_BYTE, i)));
        }
        return value + " (0x" + bits + ")";
    }
}
