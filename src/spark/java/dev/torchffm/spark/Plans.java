package dev.torchffm.spark;

import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.classic.Dataset;
import org.apache.spark.sql.execution.ColumnarToRowExec;
import org.apache.spark.sql.execution.RowToColumnarExec;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.WholeStageCodegenExec;
import org.apache.spark.sql.vectorized.ColumnarBatch;

/** Takes Spark's columns before Spark makes rows of them, as it does last. Where there are only rows, it makes columns. */
final class Plans {

    private Plans() {}

    static RDD<ColumnarBatch> batches(Dataset<Row> rows) {
        SparkPlan plan = rows.queryExecution().executedPlan();
        SparkPlan last = plan instanceof WholeStageCodegenExec stage ? stage.child() : plan;
        return last instanceof ColumnarToRowExec columns
                ? columns.child().executeColumnar()
                : new RowToColumnarExec(plan).executeColumnar();
    }
}
