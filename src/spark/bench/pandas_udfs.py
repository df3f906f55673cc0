"""Times PySpark's pandas_udf with PyTorch on the rows that Bench.java wrote, and prints all as a table: FOLDER."""

import sys
import time
from collections import defaultdict
from pathlib import Path

import numpy
import pandas
import torch
from pyspark.sql import SparkSession
from pyspark.sql.functions import col, pandas_udf
from pyspark.sql.types import ArrayType, FloatType

WHO = "PySpark's pandas_udf"
WARMUPS = 2


@pandas_udf(FloatType())
def relu(x: pandas.Series) -> pandas.Series:
    with torch.inference_mode():
        return pandas.Series(torch.relu(torch.tensor(x.to_numpy())).numpy())


network = torch.nn.Sequential(torch.nn.Linear(16, 64), torch.nn.ReLU(), torch.nn.Linear(64, 4))


@pandas_udf(ArrayType(FloatType()))
def forward(a: pandas.Series) -> pandas.Series:
    with torch.inference_mode():
        return pandas.Series(list(network(torch.from_numpy(numpy.stack(a))).numpy()))


def measure(spark, file, udf, column):
    """The median of the seconds, as often as Bench.java."""
    many = int(file.name.split("-")[1]) > 10_000_000
    seconds = []
    for _ in range(1 if many else WARMUPS + 3):
        start = time.perf_counter()
        frame = spark.read.parquet(str(file))
        frame.withColumn("y", udf(col(column))).write.format("noop").mode("overwrite").save()
        seconds.append(time.perf_counter() - start)
    seconds = sorted(seconds[0 if many else WARMUPS:])
    return seconds[len(seconds) // 2]


def table(lines):
    """Markdown: a row for each work and number of rows and partitions, and what each took."""
    rows = defaultdict(dict)
    for work, who, count, partitions, seconds in lines:
        rows[work, int(count), int(partitions)][who] = float(seconds)
    columns = list(dict.fromkeys(who for _, who, *_ in lines))
    print("\n| million rows a second | rows | partitions | " + " | ".join(columns) + " | pandas_udf ÷ torch-ffm |")
    print("|---|--:|--:|" + "--:|" * (len(columns) + 1))
    for (work, count, partitions), by in rows.items():
        speeds = [f"{count / by[who] / 1e6:.2f}" if who in by else "–" for who in columns]
        ratio = f"{by[WHO] / by[columns[0]]:.1f}" if WHO in by else "–"
        print(f"| {work} | {count:,} | {partitions} | " + " | ".join(speeds) + f" | {ratio} |")


def main(folder):
    spark = SparkSession.builder.getOrCreate()
    times = folder / "times.tsv"
    lines = [line.split("\t") for line in times.read_text().splitlines()]
    for work, count, partitions in dict.fromkeys((line[0], line[2], line[3]) for line in lines):
        column, udf = ("x", relu) if work.startswith("ReLU") else ("a", forward)
        seconds = measure(spark, folder / f"{column}-{count}-{partitions}", udf, column)
        lines.append([work, WHO, count, partitions, f"{seconds:.3f}"])
    spark.stop()
    table(lines)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
