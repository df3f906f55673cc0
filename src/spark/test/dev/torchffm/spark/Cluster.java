package dev.torchffm.spark;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.when;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Executor processes of one core each, and a folder that they share. */
final class Cluster implements AutoCloseable {

    private static final AtomicInteger FILES = new AtomicInteger();

    final SparkSession spark;
    final Path folder;

    /** With as many tries of a task. */
    Cluster(int executors, int tries) {
        try {
            Path folders = Files.createDirectories(Path.of("target/spark-tests"));
            folder = Files.createTempDirectory(folders.toAbsolutePath(), "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        spark = SparkSession.builder()
                .master("local-cluster[" + executors + ",1,1024]")
                .config("spark.task.maxFailures", tries)
                .config("spark.ui.enabled", false)
                .config("spark.log.level", "OFF")
                .config("spark.sql.shuffle.partitions", 2)
                .getOrCreate();
    }

    /** Rows with an id from 0 on, x = id - rows / 2, which is null in every seventh where there are nulls. */
    Dataset<Row> rows(long rows, int partitions, boolean nulls) {
        Column x = col("id").minus(rows / 2).cast("float");
        return spark.range(0, rows, 1, partitions)
                .toDF()
                .withColumn("x", nulls ? when(col("id").mod(7).notEqual(0), x) : x.multiply(lit(1f)));
    }

    /** What comes back from a file of Parquet. */
    Dataset<Row> stored(Dataset<Row> rows) {
        String file =
                folder.resolve("rows" + FILES.incrementAndGet() + ".parquet").toString();
        rows.write().parquet(file);
        return spark.read().parquet(file);
    }

    /** Spark's vectors off the heap, where tensors stand on them, or on the heap. */
    void offHeap(boolean offHeap) {
        spark.conf().set("spark.sql.columnVector.offheap.enabled", offHeap);
    }

    @Override
    public void close() {
        spark.stop();
    }
}
