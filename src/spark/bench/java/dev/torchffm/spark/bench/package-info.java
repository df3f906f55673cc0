/** The job beside a plain UDF of Java; Python is measured by pandas_udfs.py. */
@NullMarked
package dev.torchffm.spark.bench;

import org.jspecify.annotations.NullMarked;
