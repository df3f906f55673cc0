package dev.torchffm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;
import org.jspecify.annotations.Nullable;

/** Random calls of clamp, for the properties. */
final class ClampCases {

    private ClampCases() {}

    /** A view with its bounds; the seed makes the values. */
    record ClampCase(
            DType dtype,
            Layout layout,
            long offset,
            @Nullable Number min,
            @Nullable Number max,
            long seed) {

        /** How many elements of storage lie after the view, which nobody may touch. */
        private static final int BEHIND = 16;

        private static final long[] SPECIAL_BITS = {
            0,
            1,
            -1, // and the least and the greatest of every width, zeros, infinities and NaNs:
            0x7f,
            0x80,
            0x7fff,
            0x8000,
            0x7c00,
            0xfc00,
            0x7c01,
            0x7e00,
            0x7f80,
            0xff80,
            0x7f81,
            0x7fc0,
            0x7fff_ffff,
            0x8000_0000L,
            0x7f80_0000,
            0xff80_0000L,
            0x7f80_0001,
            0x7fc0_0000,
            0xffc0_0000L,
            Long.MAX_VALUE,
            Long.MIN_VALUE,
            0x7ff0_0000_0000_0000L,
            0xfff0_0000_0000_0000L,
            0x7ff0_0000_0000_0001L
        };

        long[] sizes() {
            return layout.sizes;
        }

        long[] strides() {
            return layout.strides;
        }

        Way way() {
            return Way.values()[(int) Math.floorMod(seed, (long) Way.values().length)];
        }

        ClampOracle oracle() {
            return new ClampOracle(dtype, min, max);
        }

        /** Memory before, within and behind the view, all of it filled. */
        MemorySegment storage(Arena arena) {
            long extent = LongStream.of(places(sizes(), strides())).max().orElse(-1) + 1;
            long count = offset + extent + BEHIND;
            MemorySegment storage = arena.allocate(count * dtype.byteSize(), 64);
            var random = new SplittableRandom(seed);
            for (long place = 0; place < count; place++) {
                ClampOracle.write(storage, dtype, place, dtype == DType.BOOL ? random.nextInt(2) : element(random));
            }
            return storage;
        }

        private long element(SplittableRandom random) {
            return switch (random.nextInt(4)) {
                case 0 -> SPECIAL_BITS[random.nextInt(SPECIAL_BITS.length)];
                case 1 -> ClampOracle.bits(dtype, random.nextInt(-8, 9));
                case 2 -> ClampOracle.bits(dtype, min != null ? min : max);
                default -> random.nextLong();
            };
        }

        Tensor tensor(Arena arena, MemorySegment storage) {
            return Tensor.fromSegment(arena, storage, dtype, sizes(), strides(), offset);
        }

        /** A promoted result comes from a converted copy, whose strides follow the rule as well. */
        long[] resultStrides() {
            long[] read = oracle().keepsDType() ? strides() : StrideRule.resultStrides(sizes(), strides());
            return StrideRule.resultStrides(sizes(), read);
        }

        /** The beginning of libtorch's text where the operator must not write over the elements. */
        @Nullable
        String refusalInPlace() {
            if (!oracle().keepsDType()) {
                return "result type ";
            }
            return StrideRule.overlapsItself(sizes(), strides())
                    ? "unsupported operation: more than one element of the written-to tensor refers to a single memory"
                            + " location. Please clone() the tensor before performing the operation."
                    : null;
        }
    }

    /** Sizes and strides, in elements. */
    record Layout(long[] sizes, long[] strides) {
        @Override
        public String toString() {
            return "sizes " + Arrays.toString(sizes) + " strides " + Arrays.toString(strides);
        }
    }

    /** The places of the elements in row-major order, in elements from element 0. */
    static long[] places(long[] sizes, long[] strides) {
        LongStream places = LongStream.of(0);
        for (int d = 0; d < sizes.length; d++) {
            long size = sizes[d];
            long stride = strides[d];
            places = places.flatMap(place -> LongStream.range(0, size).map(index -> place + index * stride));
        }
        return places.toArray();
    }

    static Arbitrary<ClampCase> any() {
        return Arbitraries.of(DType.class)
                .flatMap(dtype -> Combinators.combine(
                                layouts(),
                                Arbitraries.longs().between(0, 20),
                                bounds(dtype, leastInteger(dtype, true), greatestInteger(dtype, false)),
                                bounds(dtype, leastInteger(dtype, false), greatestInteger(dtype, true)),
                                Arbitraries.longs())
                        .as((layout, offset, min, max, seed) -> new ClampCase(dtype, layout, offset, min, max, seed)))
                .filter(given -> given.min != null || given.max != null);
    }

    // ---- bounds that the dtype takes, and FLOAT32 where they promote to it ----

    private static Arbitrary<@Nullable Number> bounds(DType dtype, long least, long most) {
        Arbitrary<Number> integers = Arbitraries.frequencyOf(
                        Tuple.of(2, Arbitraries.longs().between(Math.max(-8, least), 8)),
                        Tuple.of(1, Arbitraries.longs().between(least, most)))
                .map(n -> n);
        double greatest = greatestReal(dtype);
        Arbitrary<Number> reals = Arbitraries.frequencyOf(
                        Tuple.of(4, Arbitraries.integers().between(-32, 32).map(n -> n * 0.25)),
                        Tuple.of(2, Arbitraries.doubles().between(-greatest, greatest)),
                        Tuple.of(1, Arbitraries.of(0.0, -0.0, Double.MIN_VALUE, -greatest, greatest)),
                        Tuple.of(1, Arbitraries.of(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, Double.NaN)))
                .map(n -> n);
        return Arbitraries.frequencyOf(Tuple.of(1, integers), Tuple.of(1, reals))
                .injectNull(0.2);
    }

    private static boolean isWider(DType dtype, boolean mayBeBeyond) {
        return mayBeBeyond && ClampOracle.takesWiderBounds() && !dtype.isFloatingPoint();
    }

    private static long leastInteger(DType dtype, boolean mayBeBeyond) {
        if (isWider(dtype, mayBeBeyond)) {
            return Long.MIN_VALUE;
        }
        return switch (dtype) {
            case UINT8 -> ClampOracle.takesWiderBounds() ? 0 : -255; // wraps to 1
            case FLOAT16, BFLOAT16, FLOAT32, FLOAT64 -> -greatestInteger(dtype, false);
            case INT8, INT16, INT32, INT64, BOOL -> -greatestInteger(dtype, false) - 1;
        };
    }

    private static long greatestInteger(DType dtype, boolean mayBeBeyond) {
        if (isWider(dtype, mayBeBeyond)) {
            return Long.MAX_VALUE;
        }
        return switch (dtype) {
            case INT8 -> Byte.MAX_VALUE;
            case UINT8 -> 255;
            case INT16 -> Short.MAX_VALUE;
            case INT32 -> Integer.MAX_VALUE;
            case FLOAT16 -> 65504;
            case INT64, BOOL, BFLOAT16, FLOAT32, FLOAT64 -> Long.MAX_VALUE;
        };
    }

    private static double greatestReal(DType dtype) {
        return switch (dtype) {
            case FLOAT64 -> Double.MAX_VALUE;
            case FLOAT16 -> 65504;
            case BFLOAT16 -> 0x1.fep127;
            default -> Float.MAX_VALUE;
        };
    }

    // ---- layouts ----

    /** What becomes of the strides, given the order of the dimensions. */
    private enum Kind {
        DENSE,
        GAPS,
        EXPANDED,
        ANY
    }

    private static Arbitrary<Layout> layouts() {
        Arbitrary<Long> size = Arbitraries.frequencyOf(
                Tuple.of(1, Arbitraries.just(0L)),
                Tuple.of(6, Arbitraries.just(1L)),
                Tuple.of(18, Arbitraries.longs().between(2, 4)));
        Arbitrary<List<Long>> sizes = Arbitraries.frequencyOf(
                Tuple.of(6, size.list().ofMaxSize(6)),
                Tuple.of(1, Arbitraries.longs().between(0, 300).list().ofSize(1)));
        return sizes.flatMap(list -> {
            int dim = list.size();
            Arbitrary<List<Integer>> orders =
                    Arbitraries.shuffle(IntStream.range(0, dim).boxed().toList());
            Arbitrary<List<Integer>> numbers =
                    Arbitraries.integers().between(0, 9).list().ofSize(dim);
            long[] lengths = list.stream().mapToLong(n -> n).toArray();
            return Combinators.combine(Arbitraries.of(Kind.class), orders, numbers)
                    .as((kind, order, number) -> new Layout(lengths, strides(kind, lengths, order, number)));
        });
    }

    /** Strides from the innermost dimension to the outermost; the numbers say how they leave the dense way. */
    private static long[] strides(Kind kind, long[] sizes, List<Integer> order, List<Integer> numbers) {
        var strides = new long[sizes.length];
        long step = 1;
        for (int d : order) {
            int number = numbers.get(d);
            strides[d] = switch (kind) {
                case DENSE -> sizes[d] == 1 ? number : step;
                case GAPS -> step + number % 3;
                case EXPANDED -> number < 4 ? 0 : step;
                case ANY -> number;
            };
            if (kind == Kind.DENSE || strides[d] != 0) {
                step = Math.max(step, strides[d]) * Math.max(1, sizes[d]);
            }
        }
        return strides;
    }
}
