package dev.torchffm.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.complex.ListVector;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.execution.vectorized.OffHeapColumnVector;
import org.apache.spark.sql.execution.vectorized.OnHeapColumnVector;
import org.apache.spark.sql.execution.vectorized.WritableColumnVector;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.vectorized.ArrowColumnVector;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import org.junit.jupiter.api.Test;

/** Where the tensors that a model gets stand. */
class MemoryTest {

    private static Tensor tensor(Input input, ColumnVector vector, int from, int count, Block block, Arena arena) {
        var batch = new ColumnarBatch(new ColumnVector[] {vector}, from + count);
        return input.tensor(batch, from, count, 0, block, arena).orElseThrow();
    }

    private static final Input NUMBERS = new NumberInput(Numeric.FLOAT, new int[] {0});

    private static Input arrays() {
        return new ArrayInput("a", Numeric.FLOAT, 0);
    }

    @Test
    void numbersOfSparkOffTheHeap() {
        try (var vector = new OffHeapColumnVector(4, DataTypes.FloatType);
                var block = new Block();
                Arena arena = Arena.ofConfined()) {
            for (int i = 0; i < 4; i++) {
                vector.putFloat(i, i);
            }
            Tensor tensor = tensor(NUMBERS, vector, 0, 4, block, arena);
            assertEquals(vector.valuesNativeAddress(), tensor.segment().address());
            assertEquals("tensor([0., 1., 2., 3.])", tensor.toString());
            assertEquals(
                    vector.valuesNativeAddress() + 8,
                    tensor(NUMBERS, vector, 2, 2, block, arena).segment().address());
            vector.putNull(1);
            Tensor copied = tensor(NUMBERS, vector, 0, 4, block, arena);
            assertEquals(block.first(0).address(), copied.segment().address());
            assertEquals("tensor([0., 0., 2., 3.])", copied.toString());
        }
    }

    @Test
    void arraysOfSparkOffTheHeap() {
        try (var vector = new OffHeapColumnVector(3, DataTypes.createArrayType(DataTypes.FloatType));
                var block = new Block();
                Arena arena = Arena.ofConfined()) {
            OffHeapColumnVector values = fill(vector);
            Tensor tensor = tensor(arrays(), vector, 0, 3, block, arena);
            assertEquals(values.valuesNativeAddress(), tensor.segment().address());
            assertEquals("[[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]", rows(tensor));
            assertEquals(
                    values.valuesNativeAddress() + 8,
                    tensor(arrays(), vector, 1, 2, block, arena).segment().address());
            vector.putArray(1, 4, 2); // out of order
            Tensor copied = tensor(arrays(), vector, 0, 3, block, arena);
            assertEquals(block.first(0).address(), copied.segment().address());
            assertEquals("[[0.0, 1.0], [4.0, 5.0], [4.0, 5.0]]", rows(copied));
        }
    }

    private static OffHeapColumnVector fill(OffHeapColumnVector vector) {
        var values = (OffHeapColumnVector) vector.getChild(0);
        for (int i = 0; i < 6; i++) {
            values.appendFloat(i);
        }
        for (int i = 0; i < 3; i++) {
            vector.putArray(i, 2 * i, 2);
        }
        return values;
    }

    private static String rows(Tensor matrix) {
        float[] values = matrix.toFloatArray();
        int width = Math.toIntExact(matrix.sizes()[1]);
        var rows = new ArrayList<List<Float>>();
        for (int i = 0; i < values.length; i += width) {
            var row = new ArrayList<Float>();
            for (int j = 0; j < width; j++) {
                row.add(values[i + j]);
            }
            rows.add(row);
        }
        return rows.toString();
    }

    @Test
    void numbersOnTheHeapAreCopiedIntoTheOneBlock() {
        try (WritableColumnVector vector = new OnHeapColumnVector(4, DataTypes.FloatType);
                var block = new Block();
                Arena arena = Arena.ofConfined()) {
            vector.putFloats(0, 4, new float[] {1, 2, 3, 4}, 0);
            Tensor first = tensor(NUMBERS, vector, 0, 4, block, arena);
            Tensor second = tensor(NUMBERS, vector, 1, 3, block, arena);
            assertEquals(first.segment().address(), second.segment().address());
            assertEquals("tensor([2., 3., 4.])", second.toString());
        }
    }

    @Test
    void arrowsVectors() {
        try (var allocator = new RootAllocator();
                var numbers = new Float4Vector("x", allocator);
                var list = ListVector.empty("a", allocator);
                var block = new Block();
                Arena arena = Arena.ofConfined()) {
            numbers.allocateNew(4);
            list.addOrGetVector(FieldType.notNullable(
                    new ArrowType.FloatingPoint(org.apache.arrow.vector.types.FloatingPointPrecision.SINGLE)));
            var values = (Float4Vector) list.getDataVector();
            for (int i = 0; i < 4; i++) {
                numbers.set(i, i);
                values.setSafe(i, i);
            }
            numbers.setValueCount(4);
            for (int i = 0; i < 2; i++) {
                list.startNewValue(i);
                list.endValue(i, 2);
            }
            list.setValueCount(2);
            Tensor tensor = tensor(NUMBERS, new ArrowColumnVector(numbers), 0, 4, block, arena);
            assertEquals(
                    numbers.getDataBuffer().memoryAddress(), tensor.segment().address());
            Tensor matrix = tensor(arrays(), new ArrowColumnVector(list), 0, 2, block, arena);
            assertEquals(
                    values.getDataBuffer().memoryAddress(), matrix.segment().address());
            assertEquals("[[0.0, 1.0], [2.0, 3.0]]", rows(matrix));
        }
    }

    /** In the executors, on the vectors that Spark's own reader fills. */
    @Test
    void vectorsOfSparksReaderOfParquet() {
        try (var cluster = new Cluster(2, 1)) {
            cluster.offHeap(true);
            Dataset<Row> rows =
                    cluster.stored(cluster.rows(20_000, 2, false).selectExpr("x", "array(x, x + 0.5f) as a"));
            var dataset = (org.apache.spark.sql.classic.Dataset<Row>) rows;
            List<Boolean> same = Plans.batches(dataset)
                    .toJavaRDD()
                    .map(MemoryTest::standsOnSparksMemory)
                    .collect();
            assertTrue(same.size() >= 4, same.toString());
            assertEquals(List.of(true), same.stream().distinct().toList());
        }
    }

    private static boolean standsOnSparksMemory(ColumnarBatch batch) {
        try (var block = new Block();
                Arena arena = Arena.ofConfined()) {
            Input second = new ArrayInput("a", Numeric.FLOAT, 1);
            Tensor numbers =
                    NUMBERS.tensor(batch, 0, batch.numRows(), 0, block, arena).orElseThrow();
            Tensor matrix =
                    second.tensor(batch, 0, batch.numRows(), 0, block, arena).orElseThrow();
            return numbers.segment().address() == address(batch.column(0))
                    && matrix.segment().address() == address(batch.column(1).getChild(0));
        }
    }

    private static long address(ColumnVector vector) {
        return ((OffHeapColumnVector) vector).valuesNativeAddress();
    }
}
