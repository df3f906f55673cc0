package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.fail;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** libtorch against the {@link ClampOracle}: every bit pattern of the narrow dtypes, ten million of each wide one. */
@Tag("kernels")
final class ClampExhaustiveTest {

    /** How the elements lie, so that libtorch takes each of its ways through them. */
    enum Layout {
        /** One call: vectors, shared among threads. */
        WHOLE(1 << 20, 1),
        /** Odd lengths: vectors from any address, and the elements left over. */
        ODD_CHUNKS(251, 1),
        /** A gap after each element: one at a time. */
        EVERY_SECOND(1 << 20, 2);

        private final int chunk;
        private final int step;

        Layout(int chunk, int step) {
            this.chunk = chunk;
            this.step = step;
        }

        /** Views that together are the elements of a memory, from element 1 on. */
        List<Tensor> views(Arena arena, MemorySegment memory, DType dtype, int count) {
            var views = new ArrayList<Tensor>();
            for (int start = 0; start < count; start += chunk) {
                long[] sizes = {Math.min(chunk, count - start)};
                views.add(Tensor.fromSegment(arena, memory, dtype, sizes, new long[] {step}, 1 + (long) start * step));
            }
            return views;
        }
    }

    /** Where an element's bits come from, in the low end. */
    interface Elements {
        long bits(int index);
    }

    private static void check(ClampOracle oracle, Layout layout, int count, Elements elements) {
        DType dtype = oracle.from;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate((1 + (long) count * layout.step) * dtype.byteSize(), 64);
            var expected = new long[count];
            for (int i = 0; i < count; i++) {
                long place = 1 + (long) i * layout.step;
                ClampOracle.write(memory, dtype, place, elements.bits(i));
                expected[i] = oracle.clamp(ClampOracle.read(memory, dtype, place));
            }
            int done = 0;
            for (Tensor view : layout.views(arena, memory, dtype, count)) {
                Tensor result = view.clamp(oracle.min, oracle.max);
                assertEquals(oracle.result, result.dtype(), oracle.toString());
                compare(oracle, layout, expected, done, result, elements);
                if (oracle.keepsDType()) {
                    assertSame(view, view.clamp_(oracle.min, oracle.max));
                    compare(oracle, layout, expected, done, view, elements);
                }
                done += (int) view.numel();
            }
            assertEquals(count, done);
        }
    }

    private static void compare(
            ClampOracle oracle, Layout layout, long[] expected, int start, Tensor result, Elements elements) {
        MemorySegment actual = result.segment();
        long step = result.strides()[0];
        long numel = result.numel();
        for (int i = 0; i < numel; i++) {
            long bits = ClampOracle.read(actual, oracle.result, i * step);
            if (!oracle.agrees(expected[start + i], bits, layout == Layout.EVERY_SECOND)) {
                fail("%s, %s, element %d: of %x libtorch makes %x, the oracle %x"
                        .formatted(oracle, layout, start + i, elements.bits(start + i), bits, expected[start + i]));
            }
        }
    }

    // ---- bounds ----

    private record Bounds(@Nullable Number min, @Nullable Number max) {}

    private static final double INFINITY = Double.POSITIVE_INFINITY;

    private static final List<Bounds> REAL_BOUNDS = List.of(
            new Bounds(0.0, null),
            new Bounds(-0.0, null),
            new Bounds(null, 0.0),
            new Bounds(null, -0.0),
            new Bounds(-0.0, 0.0),
            new Bounds(0.0, -0.0),
            new Bounds(-1.5, 6.0),
            new Bounds(2.0, -3.0),
            new Bounds(0.1f, 1000.1),
            new Bounds(-INFINITY, INFINITY),
            new Bounds(INFINITY, null),
            new Bounds(null, -INFINITY),
            new Bounds(INFINITY, -INFINITY),
            new Bounds(-0x1p-24, 0x1p-24), // the least of FLOAT16
            new Bounds(-0x1p-133, 0x1p-133), // the least of BFLOAT16
            new Bounds(Float.MIN_VALUE, null),
            new Bounds(-Double.MIN_VALUE, Double.MIN_VALUE),
            new Bounds(Double.NaN, null),
            new Bounds(null, Double.NaN),
            new Bounds(0.0, Double.NaN),
            new Bounds(Double.NaN, 0.0));

    private static final List<Bounds> INTEGER_BOUNDS = List.of(
            new Bounds(0, null), new Bounds(null, 0), new Bounds(0, 6), new Bounds(100, 20), new Bounds(1, 127));

    private static final List<Bounds> SIGNED_BOUNDS =
            List.of(new Bounds(-1, null), new Bounds(null, -1), new Bounds(-100, 100), new Bounds(7, -7));

    private static final List<Bounds> WIDER_BOUNDS = List.of(
            new Bounds(Long.MIN_VALUE, Long.MAX_VALUE),
            new Bounds(Long.MIN_VALUE, 5),
            new Bounds(5, Long.MAX_VALUE),
            new Bounds(-1, 10));

    /** Every pair of bounds for a dtype; those that libtorch refuses for it are not among them. */
    private static List<ClampOracle> oracles(DType dtype) {
        var bounds = new ArrayList<>(REAL_BOUNDS);
        bounds.addAll(INTEGER_BOUNDS);
        bounds.addAll(SIGNED_BOUNDS);
        if (ClampOracle.takesWiderBounds()) {
            bounds.removeIf(pair -> dtype == DType.UINT8 && pair.max instanceof Integer max && max < 0);
            if (!dtype.isFloatingPoint()) {
                bounds.addAll(WIDER_BOUNDS);
            }
        }
        switch (dtype) {
            case INT64 -> bounds.add(new Bounds(Long.MIN_VALUE + 1, Long.MAX_VALUE - 1));
            case INT32 -> bounds.add(new Bounds(Integer.MIN_VALUE, Integer.MAX_VALUE - 1));
            case INT16 -> bounds.add(new Bounds(Short.MIN_VALUE + 1, Short.MAX_VALUE));
            case UINT8 -> bounds.add(new Bounds(-255, 255));
            case FLOAT16 -> bounds.add(new Bounds(-65504, 65504.0));
            case BFLOAT16 -> bounds.add(new Bounds(-0x1.fep127, 16_777_217));
            case FLOAT32 -> bounds.add(new Bounds(-Float.MAX_VALUE, 16_777_217));
            case FLOAT64 -> bounds.add(new Bounds(-Double.MAX_VALUE, Long.MAX_VALUE));
            case INT8, BOOL -> {}
        }
        return bounds.stream()
                .map(pair -> new ClampOracle(dtype, pair.min, pair.max))
                .toList();
    }

    // ---- tests ----

    static Stream<Arguments> narrow() {
        return EnumSet.allOf(DType.class).stream()
                .filter(dtype -> dtype.byteSize() <= 2)
                .flatMap(dtype -> Arrays.stream(Layout.values()).map(layout -> Arguments.of(dtype, layout)));
    }

    @ParameterizedTest
    @MethodSource("narrow")
    void clampTakesEveryPatternOfNarrowDTypes(DType dtype, Layout layout) {
        int patterns = dtype == DType.BOOL ? 2 : 1 << 8 * dtype.byteSize();
        for (ClampOracle oracle : oracles(dtype)) {
            check(oracle, layout, patterns, index -> index);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"FLOAT32", "FLOAT64", "INT32", "INT64"})
    void clampTakesTenMillionPatternsOfWideDTypes(DType dtype) {
        var random = new SplittableRandom(20_260_101);
        List<ClampOracle> oracles = oracles(dtype);
        Layout[] layouts = Layout.values();
        int count = 100_003;
        for (int round = 0; round < 100; round++) {
            var patterns = random.longs(count).toArray();
            check(
                    oracles.get(round % oracles.size()),
                    layouts[round % layouts.length],
                    count,
                    index -> patterns[index]);
        }
    }

    @Tag("soak")
    @Test
    void clampTakesEveryPatternOfFloat32() {
        var oracle = new ClampOracle(DType.FLOAT32, -1.5, 6.0);
        int count = 1 << 20;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment expected = arena.allocate(4L * count, 64);
            MemorySegment memory = arena.allocate(4L * count, 64);
            Tensor x = Tensor.fromSegment(memory, DType.FLOAT32, count);
            for (long first = 0; first < 1L << 32; first += count) {
                for (int i = 0; i < count; i++) {
                    memory.setAtIndex(ValueLayout.JAVA_INT, i, (int) (first + i));
                    expected.setAtIndex(ValueLayout.JAVA_INT, i, (int) oracle.clamp(first + i));
                }
                try (Arena results = Arena.ofConfined()) {
                    Tensor result = x.in(results).clamp(oracle.min, oracle.max);
                    assertEquals(-1, result.segment().mismatch(expected), "patterns from " + first);
                }
                x.clamp_(oracle.min, oracle.max);
                assertEquals(-1, memory.mismatch(expected), "in place, patterns from " + first);
            }
        }
    }
}
