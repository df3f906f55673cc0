package dev.torchffm.spark;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.stream.IntStream;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.Decimal;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarArray;
import org.apache.spark.sql.vectorized.ColumnarMap;
import org.apache.spark.unsafe.types.UTF8String;

/** A model's results as Spark reads a column: numbers, or arrays of so many. It is null where one of its inputs is. */
final class ResultVector extends ColumnVector {

    private static final ColumnVector[] NONE = {};

    private final MemorySegment memory;
    private final int width;
    private final int rows;
    private final ColumnVector[] inputs;

    /**
     * @param type a number's or an array's
     * @param memory of the numbers
     * @param width how many numbers a row has
     * @param inputs whose nulls are nulls of the result
     */
    ResultVector(DataType type, MemorySegment memory, int width, int rows, ColumnVector... inputs) {
        super(type);
        this.memory = memory;
        this.width = width;
        this.rows = rows;
        this.inputs = inputs;
    }

    @Override
    public boolean isNullAt(int row) {
        for (ColumnVector input : inputs) {
            if (input.isNullAt(row)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean hasNull() {
        for (ColumnVector input : inputs) {
            if (input.hasNull()) {
                return true;
            }
        }
        return false;
    }

    @Override
    public int numNulls() {
        return (int) IntStream.range(0, rows).filter(this::isNullAt).count();
    }

    @Override
    public int getInt(int row) {
        return memory.getAtIndex(ValueLayout.JAVA_INT, row);
    }

    @Override
    public long getLong(int row) {
        return memory.getAtIndex(ValueLayout.JAVA_LONG, row);
    }

    @Override
    public float getFloat(int row) {
        return memory.getAtIndex(ValueLayout.JAVA_FLOAT, row);
    }

    @Override
    public double getDouble(int row) {
        return memory.getAtIndex(ValueLayout.JAVA_DOUBLE, row);
    }

    @Override
    public ColumnarArray getArray(int row) {
        return new ColumnarArray(getChild(0), row * width, width);
    }

    @Override
    public ColumnVector getChild(int ordinal) {
        if (type instanceof ArrayType array) {
            return new ResultVector(array.elementType(), memory, 1, Math.multiplyExact(rows, width), NONE);
        }
        throw other();
    }

    /** The block's, which the task frees. */
    @Override
    public void close() {}

    private UnsupportedOperationException other() {
        return new UnsupportedOperationException("a column of type " + type.catalogString() + " has no such value");
    }

    @Override
    public boolean getBoolean(int row) {
        throw other();
    }

    @Override
    public byte getByte(int row) {
        throw other();
    }

    @Override
    public short getShort(int row) {
        throw other();
    }

    @Override
    public ColumnarMap getMap(int row) {
        throw other();
    }

    @Override
    public Decimal getDecimal(int row, int precision, int scale) {
        throw other();
    }

    @Override
    public UTF8String getUTF8String(int row) {
        throw other();
    }

    @Override
    public byte[] getBinary(int row) {
        throw other();
    }
}
