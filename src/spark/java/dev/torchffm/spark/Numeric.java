package dev.torchffm.spark;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.vectorized.ColumnarArray;

/** The types of numbers that Spark and libtorch both have. */
enum Numeric {
    FLOAT(DataTypes.FloatType, DType.FLOAT32),
    DOUBLE(DataTypes.DoubleType, DType.FLOAT64),
    INT(DataTypes.IntegerType, DType.INT32),
    BIGINT(DataTypes.LongType, DType.INT64);

    final DataType type;
    final DType dtype;

    Numeric(DataType type, DType dtype) {
        this.type = type;
        this.dtype = dtype;
    }

    static Optional<Numeric> of(DataType type) {
        return Arrays.stream(values())
                .filter(numeric -> numeric.type.equals(type))
                .findFirst();
    }

    long bytes(long values) {
        return values * dtype.byteSize();
    }

    /** Rows of one value, or of several. */
    Tensor tensor(Arena arena, MemorySegment memory, long... sizes) {
        long[] strides = sizes.length == 1 ? new long[] {1} : new long[] {sizes[1], 1};
        return Tensor.fromSegment(arena, memory, dtype, sizes, strides, 0);
    }

    /**
     * Copies values, a null as 0.
     *
     * @param start where the first one goes, counted in values
     * @param step from one to the next
     */
    void copy(ColumnarArray values, MemorySegment to, long start, long step) {
        int count = values.numElements();
        switch (this) {
            case FLOAT -> {
                for (int i = 0; i < count; i++) {
                    to.setAtIndex(JAVA_FLOAT, start + i * step, values.isNullAt(i) ? 0 : values.getFloat(i));
                }
            }
            case DOUBLE -> {
                for (int i = 0; i < count; i++) {
                    to.setAtIndex(JAVA_DOUBLE, start + i * step, values.isNullAt(i) ? 0 : values.getDouble(i));
                }
            }
            case INT -> {
                for (int i = 0; i < count; i++) {
                    to.setAtIndex(JAVA_INT, start + i * step, values.isNullAt(i) ? 0 : values.getInt(i));
                }
            }
            case BIGINT -> {
                for (int i = 0; i < count; i++) {
                    to.setAtIndex(JAVA_LONG, start + i * step, values.isNullAt(i) ? 0 : values.getLong(i));
                }
            }
        }
    }
}
