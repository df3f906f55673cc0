package dev.torchffm.spark;

import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.when;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.Tensor;
import dev.torchffm.model.CompiledModel;
import dev.torchffm.nn.MyReLU;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TorchColumnTest {

    private static final Model RELU = Model.of("relu", MyReLU::new);
    private static final Path MLP =
            Path.of("src/test/resources/dev/torchffm/model/mlp.pt2").toAbsolutePath();
    private static Cluster cluster;

    @BeforeAll
    static void start() {
        cluster = new Cluster(2, 1);
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @ParameterizedTest
    @CsvSource({"float, true", "double, true", "int, true", "bigint, true", "float, false", "bigint, false"})
    void rectifiesNumbersOfEachType(String type, boolean offHeap) {
        cluster.offHeap(offHeap);
        Dataset<Row> rows = cluster.stored(cluster.rows(10_000, 2, true).withColumn("x", col("x").cast(type)));
        List<Row> results =
                TorchColumn.of(RELU, "y", "x").apply(rows).orderBy("id").collectAsList();
        assertEquals(10_000, results.size());
        for (Row row : results) {
            Number x = row.getAs("x");
            Number y = row.getAs("y");
            assertEquals(row.getLong(0) % 7 == 0, x == null);
            assertEquals(
                    x == null ? null : Double.valueOf(Math.max(0, x.doubleValue())),
                    y == null ? null : y.doubleValue());
        }
    }

    /** Parquet keeps few values in a dictionary, and Spark leaves them there until they are read. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void readsDictionaries(boolean offHeap) {
        cluster.offHeap(offHeap);
        Dataset<Row> rows =
                cluster.stored(cluster.rows(9_000, 1, false).withColumn("x", expr("cast(id % 3 - 1 as int)")));
        for (Row row : TorchColumn.of(RELU, "y", "x").apply(rows).collectAsList()) {
            assertEquals(Math.max(0, row.<Integer>getAs("x")), row.<Integer>getAs("y"));
        }
    }

    @Test
    void keepsOtherColumnsAndTheOrderOfRows() {
        Dataset<Row> rows = cluster.rows(5_000, 3, true)
                .selectExpr(
                        "id",
                        "concat('s', id) as text",
                        "x",
                        "cast(id as decimal(20,3)) as money",
                        "date'2026-01-01' as day",
                        "named_struct('a', id, 'b', array(map('k', x))) as nested",
                        "cast('abc' as binary) as bytes",
                        "id % 2 = 0 as even",
                        "timestamp'2026-01-01 00:00:00' as time",
                        "cast(null as string) as nothing",
                        "cast(id as smallint) as small");
        for (Dataset<Row> input : List.of(
                rows,
                cluster.stored(rows),
                rows.where("id != 17"),
                rows.orderBy(col("id").desc()))) {
            List<Row> expected =
                    input.withColumn("x", expr("if(x > 0, x, x - x)")).collectAsList();
            Dataset<Row> output = TorchColumn.of(RELU, "x", "x").apply(input);
            assertEquals(input.schema(), output.schema());
            assertEquals(expected, output.collectAsList());
        }
    }

    @Test
    void addsTheOutputLast() {
        StructType schema =
                TorchColumn.of(RELU, "y", "x").apply(cluster.rows(1, 1, true)).schema();
        assertEquals(List.of("id", "x", "y"), List.of(schema.fieldNames()));
        assertEquals(DataTypes.FloatType, schema.apply("y").dataType());
        assertTrue(schema.apply("y").nullable());
    }

    @Test
    void findsNamesAsSparkDoes() {
        Dataset<Row> rows = cluster.rows(10, 1, false);
        assertEquals(
                List.of("id", "X"),
                List.of(TorchColumn.of(RELU, "X", "X").apply(rows).schema().fieldNames()));
        cluster.spark.conf().set("spark.sql.caseSensitive", true);
        try {
            assertEquals(
                    List.of("id", "x", "X"),
                    List.of(TorchColumn.of(RELU, "X", "x").apply(rows).schema().fieldNames()));
        } finally {
            cluster.spark.conf().unset("spark.sql.caseSensitive");
        }
        Dataset<Row> dotted = TorchColumn.of(RELU, "y.z", "x.y").apply(rows.withColumnRenamed("x", "x.y"));
        assertEquals(
                4f, dotted.selectExpr("max(`y.z`)").collectAsList().getFirst().getFloat(0));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void takesArraysAsRowsOfAMatrix(boolean offHeap) {
        cluster.offHeap(offHeap);
        Column values = array(col("x"), col("x").multiply(-1).plus(0), lit(-1f)).cast("array<float>");
        Dataset<Row> rows = cluster.rows(10_000, 2, false);
        for (Column column : List.of(values, when(col("id").mod(5).notEqual(0), values))) {
            Dataset<Row> stored = cluster.stored(rows.withColumn("a", column));
            for (Row row : TorchColumn.of(RELU, "b", "a").apply(stored).collectAsList()) {
                List<Float> a = row.isNullAt(2) ? null : row.getList(2);
                assertEquals(
                        a == null
                                ? null
                                : a.stream().map(value -> Math.max(0, value)).toList(),
                        row.isNullAt(3) ? null : List.copyOf(row.<Float>getList(3)));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void runsACompiledModelInBatchesThatItTakes(boolean offHeap) throws IOException {
        cluster.offHeap(offHeap);
        int width = 16;
        int count = 5_000;
        Column[] features = IntStream.range(0, width)
                .mapToObj(i -> expr("cast((id * " + (i + 3) + " % 101) / 50 - 1 as float)")
                        .as("f" + i))
                .toArray(Column[]::new);
        Dataset<Row> rows = cluster.stored(
                        cluster.spark.range(0, count, 1, 3).toDF().select(features))
                .withColumn(
                        "a",
                        array(IntStream.range(0, width)
                                .mapToObj(i -> col("f" + i))
                                .toArray(Column[]::new)));
        String[] names = IntStream.range(0, width).mapToObj(i -> "f" + i).toArray(String[]::new);
        Model mlp = Model.compiled(MLP.toString());
        Dataset<Row> results =
                TorchColumn.of(mlp, "ofNumbers", names).inBatchesOf(1000).apply(rows);
        results = TorchColumn.of(mlp, "ofArrays", "a").inBatchesOf(1024).apply(results);
        try (CompiledModel model = CompiledModel.load(MLP)) {
            for (Row row : results.collectAsList().subList(0, count)) {
                Tensor x = Tensor.of(floats(row.getList(width))).reshape(1, width);
                float[] expected = model.run(x).getFirst().toFloatArray();
                assertArrayEquals(expected, floats(row.getList(width + 1)), 1e-5f);
                assertArrayEquals(expected, floats(row.getList(width + 2)), 1e-5f);
            }
        }
    }

    @Test
    void returnsAnotherType() {
        Model sum = Model.of("sum", () -> x -> x.sum(new long[] {1}).to(dev.torchffm.DType.FLOAT64));
        Dataset<Row> rows = cluster.spark.range(4).selectExpr("array(id, id) as a");
        List<Row> results = TorchColumn.of(sum, "s", "a")
                .returning(DataTypes.DoubleType)
                .apply(rows)
                .orderBy("s")
                .collectAsList();
        assertEquals(
                List.of(0.0, 2.0, 4.0, 6.0),
                results.stream().map(row -> row.getDouble(1)).toList());
    }

    @Test
    void acceptsEmptyPartitionsAndColumnsOfNulls() {
        Dataset<Row> rows = cluster.rows(3, 2, true);
        assertEquals(
                0, TorchColumn.of(RELU, "y", "x").apply(rows.where("id < 0")).count());
        assertEquals(
                1,
                TorchColumn.of(RELU, "y", "x")
                        .apply(rows.where("id = 2").repartition(5))
                        .count());
        Dataset<Row> nulls = rows.withColumn("a", lit(null).cast("array<float>"))
                .withColumn("x", lit(null).cast("float"));
        for (String name : List.of("a", "x")) {
            for (Row row : TorchColumn.of(RELU, "y", name).apply(nulls).collectAsList()) {
                assertTrue(row.isNullAt(row.fieldIndex("y")));
            }
        }
    }

    private static float[] floats(List<Float> values) {
        float[] floats = new float[values.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = values.get(i);
        }
        return floats;
    }
}
