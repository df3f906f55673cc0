package dev.torchffm.spark.bench;

import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.randn;
import static org.apache.spark.sql.functions.udf;

import dev.torchffm.nn.Linear;
import dev.torchffm.nn.MyReLU;
import dev.torchffm.nn.Sequential;
import dev.torchffm.spark.Model;
import dev.torchffm.spark.TorchColumn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import scala.collection.Seq;

/**
 * Times the job over Parquet: {@code Bench FOLDER ROWS…}. Writes the rows and then a line for each measurement, of the
 * work, who does it, the rows, the partitions and the seconds, into the folder.
 */
public final class Bench {

    private static final int WIDTH = 16;
    private static final int WARMUPS = 2;
    private static final DataType FLOATS = DataTypes.createArrayType(DataTypes.FloatType);

    private final SparkSession spark;
    private final Path folder;

    private Bench(SparkSession spark, Path folder) {
        this.spark = spark;
        this.folder = folder;
    }

    /** Measures; the session's settings are those of spark-submit. */
    public static void main(String[] args) throws IOException {
        try (SparkSession spark = SparkSession.builder().getOrCreate()) {
            var bench = new Bench(spark, Path.of(args[0]));
            long[] rows = Arrays.stream(args).skip(1).mapToLong(Long::parseLong).toArray();
            bench.arrays(rows[0]);
            bench.numbers(rows);
        }
    }

    private void numbers(long... rows) throws IOException {
        var relu = TorchColumn.of(Model.of("relu", MyReLU::new), "y", "x");
        Column plain = udf((UDF1<Float, Float>) x -> x == null ? null : Math.max(0, x), DataTypes.FloatType)
                .apply(col("x"));
        for (long count : rows) {
            for (int partitions : count == rows[0] ? new int[] {2, 1, 4} : new int[] {2}) {
                String file = store(
                        "x", count, partitions, expr("cast(randn(1) as float)").as("x"));
                time("ReLU of a FLOAT", "torch-ffm, on Spark's memory", file, true, relu::apply);
                time("ReLU of a FLOAT", "torch-ffm, copied", file, false, relu::apply);
                time("ReLU of a FLOAT", "Java UDF", file, false, read -> read.withColumn("y", plain));
            }
        }
    }

    private void arrays(long count) throws IOException {
        Column[] values = IntStream.range(0, WIDTH)
                .mapToObj(i -> randn(i).cast(DataTypes.FloatType))
                .toArray(Column[]::new);
        String file = store("a", count, 2, array(values).as("a"));
        var network = TorchColumn.of(
                Model.of("network", () -> new Sequential(new Linear(WIDTH, 64), new MyReLU(), new Linear(64, 4))),
                "y",
                "a");
        Column plain = udf((UDF1<Seq<Float>, float[]>) new PlainNetwork()::forward, FLOATS)
                .apply(col("a"));
        time("network of 16, 64, 4 units", "torch-ffm, on Spark's memory", file, true, network::apply);
        time("network of 16, 64, 4 units", "torch-ffm, copied", file, false, network::apply);
        time("network of 16, 64, 4 units", "Java UDF", file, false, read -> read.withColumn("y", plain));
    }

    /** A file of so many rows, that many to a partition of what reads it. */
    private String store(String name, long rows, int partitions, Column column) {
        String file = folder.resolve(String.join("-", name, Long.toString(rows), Integer.toString(partitions)))
                .toString();
        spark.range(0, rows, 1, partitions)
                .select(col("id"), column)
                .write()
                .mode("overwrite")
                .parquet(file);
        return file;
    }

    private void time(String work, String who, String file, boolean offHeap, UnaryOperator<Dataset<Row>> job)
            throws IOException {
        spark.conf().set("spark.sql.columnVector.offheap.enabled", offHeap);
        Dataset<Row> read = spark.read().parquet(file);
        String[] parts = Path.of(file).getFileName().toString().split("-");
        boolean many = Long.parseLong(parts[1]) > 10_000_000; // which come last, when all is warm
        double[] seconds = new double[many ? 1 : 3];
        for (int i = many ? 0 : -WARMUPS; i < seconds.length; i++) {
            long start = System.nanoTime();
            job.apply(read).write().format("noop").mode("overwrite").save();
            if (i >= 0) {
                seconds[i] = (System.nanoTime() - start) / 1e9;
            }
        }
        Arrays.sort(seconds);
        String line = String.format(
                Locale.ROOT, "%s\t%s\t%s\t%s\t%.3f%n", work, who, parts[1], parts[2], seconds[seconds.length / 2]);
        System.out.print(line);
        Files.writeString(folder.resolve("times.tsv"), line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
