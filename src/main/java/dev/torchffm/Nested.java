package dev.torchffm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Arrays of arrays of a primitive type as one tensor: as many dimensions as the type has brackets. */
final class Nested {

    private static final long UNKNOWN = -1;

    private final Object[] values;
    private final DType dtype;

    /** The lengths of the arrays by depth. */
    private final long[] sizes;

    private Nested(Object[] values) {
        this.values = Objects.requireNonNull(values, "values");
        Class<?> type = values.getClass();
        int depth = 0;
        for (; type.componentType() != null; type = type.componentType()) {
            depth++;
        }
        dtype = dtype(type);
        sizes = new long[depth];
        Arrays.fill(sizes, UNKNOWN);
        measure(values, 0, "values");
        for (int i = 0; i < depth; i++) {
            sizes[i] = Math.max(sizes[i], 0); // below an empty array nothing has a length
        }
    }

    static Tensor tensor(@Nullable Arena resultArena, Object[] values) {
        var nested = new Nested(values);
        Arena arena = Adoption.arenaFor(resultArena);
        Layout layout = Layout.contiguous(nested.sizes, nested.dtype);
        MemorySegment memory = arena.allocate(layout.numel() * nested.dtype.byteSize(), 64);
        copy(values, memory, 0);
        return Adoption.overSegment(resultArena, arena, memory, nested.dtype, layout);
    }

    private DType dtype(Class<?> element) {
        return switch (element.getName()) {
            case "float" -> DType.FLOAT32;
            case "double" -> DType.FLOAT64;
            case "long" -> DType.INT64;
            case "int" -> DType.INT32;
            case "short" -> DType.INT16;
            case "byte" -> DType.INT8;
            case "boolean" -> DType.BOOL;
            default ->
                throw new IllegalArgumentException(
                        "values is a " + values.getClass().getTypeName()
                                + ", and must be an array of arrays of float, double, long, int, short, byte or boolean");
        };
    }

    /** Notes the length of an array and of those in it, and refuses one that differs from others of its depth. */
    private void measure(@Nullable Object array, int depth, String name) {
        Objects.requireNonNull(array, name);
        long length = length(array);
        if (sizes[depth] == UNKNOWN) {
            sizes[depth] = length;
        }
        if (sizes[depth] != length) {
            throw new IllegalArgumentException(name + " has the length " + length + ", and must have " + sizes[depth]
                    + ", as the arrays before it");
        }
        if (array instanceof Object[] rows) {
            for (int i = 0; i < rows.length; i++) {
                measure(rows[i], depth + 1, name + "[" + i + "]");
            }
        }
    }

    private long length(Object array) {
        return array instanceof Object[] rows ? rows.length : bytes(array).byteSize() / dtype.byteSize();
    }

    /** The elements of an array of a primitive type. */
    private static MemorySegment bytes(Object array) {
        return switch (array) {
            case float[] row -> MemorySegment.ofArray(row);
            case double[] row -> MemorySegment.ofArray(row);
            case long[] row -> MemorySegment.ofArray(row);
            case int[] row -> MemorySegment.ofArray(row);
            case short[] row -> MemorySegment.ofArray(row);
            case byte[] row -> MemorySegment.ofArray(row);
            case boolean[] row -> Elements.bytes(row);
            default -> throw new AssertionError(array.getClass());
        };
    }

    /** Copies elements to an offset, and returns where the next ones go. */
    private static long copy(Object array, MemorySegment memory, long offset) {
        if (array instanceof Object[] rows) {
            long next = offset;
            for (Object row : rows) {
                next = copy(row, memory, next);
            }
            return next;
        }
        MemorySegment bytes = bytes(array);
        MemorySegment.copy(bytes, 0, memory, offset, bytes.byteSize());
        return offset + bytes.byteSize();
    }
}
