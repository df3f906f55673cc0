package dev.torchffm.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.nn.MyReLU;
import java.nio.file.Path;
import org.apache.spark.SparkException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RefusalTest {

    private static final Model RELU = Model.of("relu", MyReLU::new);
    private static Cluster cluster;

    @BeforeAll
    static void start() {
        cluster = new Cluster(2, 1);
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    private static Dataset<Row> rows(String... columns) {
        return cluster.spark.range(0, 10, 1, 1).selectExpr(columns);
    }

    /** What is seen before any task runs. */
    private static void refused(String message, TorchColumn column, Dataset<Row> rows) {
        assertEquals(
                message,
                assertThrows(IllegalArgumentException.class, () -> column.apply(rows))
                        .getMessage());
    }

    /** What a task finds, which Spark reports with the text. */
    private static void fails(String message, TorchColumn column, Dataset<Row> rows) {
        Dataset<Row> results = column.apply(rows);
        String found =
                assertThrows(SparkException.class, results::collectAsList).getMessage();
        assertTrue(found.contains(message), found);
    }

    @Test
    void columns() {
        refused(
                "column z is not among the columns [id, x], and must be there once",
                TorchColumn.of(RELU, "y", "z"),
                rows("id", "1f as x"));
        refused(
                "column x is twice among the columns [x, x], and must be there once",
                TorchColumn.of(RELU, "y", "x"),
                rows("id as x", "1f as x"));
        refused(
                "column y is twice among the columns [y, Y, x], and must be there once",
                TorchColumn.of(RELU, "y", "x"),
                rows("id as y", "id as Y", "1f as x"));
        refused(
                "column s is of type string, and must be FLOAT, DOUBLE, INT, BIGINT, or an ARRAY of these",
                TorchColumn.of(RELU, "y", "s"),
                rows("'a' as s"));
        refused(
                "column a is of type array<array<float>>, and must be FLOAT, DOUBLE, INT, BIGINT, or an ARRAY of these",
                TorchColumn.of(RELU, "y", "a"),
                rows("array(array(1f)) as a"));
        refused(
                "column id is of type bigint and column x of type float, and several inputs must be numbers of one type",
                TorchColumn.of(RELU, "y", "x", "id"),
                rows("id", "1f as x"));
        refused(
                "column a is of type array<float> and column a of type array<float>, and several inputs must be numbers of one type",
                TorchColumn.of(RELU, "y", "a", "a"),
                rows("array(1f) as a"));
    }

    @Test
    void streams() {
        refused(
                "rows is a stream: apply the column to its batches, by foreachBatch",
                TorchColumn.of(RELU, "y", "value"),
                cluster.spark.readStream().format("rate").load());
    }

    @Test
    void options() {
        assertEquals(
                "inputs is empty, and must name at least 1 column",
                assertThrows(IllegalArgumentException.class, () -> TorchColumn.of(RELU, "y"))
                        .getMessage());
        TorchColumn column = TorchColumn.of(RELU, "y", "x");
        assertEquals(
                "batchRows is 0, and must be 1 or more",
                assertThrows(IllegalArgumentException.class, () -> column.inBatchesOf(0))
                        .getMessage());
        assertEquals(
                "column y is of type string, and must be FLOAT, DOUBLE, INT, BIGINT, or an ARRAY of these",
                assertThrows(IllegalArgumentException.class, () -> column.returning(DataTypes.StringType))
                        .getMessage());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "if(id = 7, array(1f), array(1f, 2f))      | row 7 of partition 0: the array has 1 elements, and must have 2, as the partition's first array has",
                "if(id = 7, array(1f, null), array(1f, 2f)) | row 7 of partition 0: the array has a null as element 1, and must have none: only a whole array may be null",
                "cast(array() as array<float>)              | row 0 of partition 0: the array has 0 elements, and must have at least 1",
            })
    void arrays(String arrays, String message) {
        Dataset<Row> rows = rows(arrays + " as a");
        fails("column a, " + message, TorchColumn.of(RELU, "y", "a"), rows);
        fails("column a, " + message, TorchColumn.of(RELU, "y", "a"), cluster.stored(rows));
    }

    @Test
    void widthsThatTheModelDoesNotTake() {
        Model mlp = Model.compiled(Path.of("src/test/resources/dev/torchffm/model/mlp.pt2")
                .toAbsolutePath()
                .toString());
        fails(
                "mlp.pt2 refuses columns [a] from row 0 of partition 0 on: inputs[0] has sizes [10, 15], and size 1 must be 16",
                TorchColumn.of(mlp, "y", "a"),
                rows("array_repeat(1f, 15) as a"));
    }

    @Test
    void results() {
        fails(
                "model relu made a FLOAT32 tensor of sizes [10] of 10 rows, and must make a FLOAT64 tensor of sizes [10] for a column of type double",
                TorchColumn.of(RELU, "y", "x").returning(DataTypes.DoubleType),
                rows("1f as x"));
        fails(
                "made a FLOAT32 tensor of sizes [10] of 10 rows, and must make a FLOAT32 tensor of sizes [10, n] for a column of type array<float>",
                TorchColumn.of(RELU, "y", "x").returning(DataTypes.createArrayType(DataTypes.FloatType)),
                rows("1f as x"));
        fails(
                "made a FLOAT32 tensor of sizes [1] of 10 rows, and must make a FLOAT32 tensor of sizes [10]",
                TorchColumn.of(Model.of("sum", () -> x -> x.sum().reshape(1)), "y", "x"),
                rows("1f as x"));
    }

    @Test
    void modulesInPlace() {
        for (boolean offHeap : new boolean[] {true, false}) {
            cluster.offHeap(offHeap);
            fails("read-only", TorchColumn.of(Model.of("in place", () -> new MyReLU(true)), "y", "x"), rows("1f as x"));
        }
    }

    @Test
    void nothing() {
        fails("model h gave null", TorchColumn.of(Model.of("h", () -> _ -> null), "y", "x"), rows("1f as x"));
        fails(
                "model h cannot be loaded: its loader gave null",
                TorchColumn.of(Model.of("h", () -> null), "y", "x"),
                rows("1f as x"));
    }

    @Test
    void modelsThatCannotBeLoaded() {
        fails(
                "model h cannot be loaded: no such library",
                TorchColumn.of(
                        Model.of("h", () -> {
                            throw new UnsatisfiedLinkError("no such library");
                        }),
                        "y",
                        "x"),
                rows("1f as x"));
        fails(
                "model /no/such.pt2 cannot be loaded: ",
                TorchColumn.of(Model.compiled("/no/such.pt2"), "y", "x"),
                rows("1f as x"));
    }
}
