/**
 * Models over the columns of Apache Spark's DataFrames: {@link dev.torchffm.spark.TorchColumn} is the job, and
 * {@link dev.torchffm.spark.Model} what it applies.
 */
@NullMarked
package dev.torchffm.spark;

import org.jspecify.annotations.NullMarked;
