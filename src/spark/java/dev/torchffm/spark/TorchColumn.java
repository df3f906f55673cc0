package dev.torchffm.spark;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * A column that a model computes of other columns, batch by batch, in the executors.
 *
 * {@snippet :
 * var relu = Model.of("relu", MyReLU::new);
 * Dataset<Row> rectified = TorchColumn.of(relu, "y", "x").apply(spark.read().parquet("rows.parquet"));
 * }
 *
 * <h2>What the model gets</h2>
 *
 * <table>
 * <caption>n rows of a batch as a tensor</caption>
 * <tr><th>input</th><th>sizes</th></tr>
 * <tr><td>one column of FLOAT, DOUBLE, INT or BIGINT</td><td>[n]</td></tr>
 * <tr><td>k such columns, all of one type</td><td>[n, k]</td></tr>
 * <tr><td>one column of ARRAY of these, each of k elements</td><td>[n, k]</td></tr>
 * </table>
 *
 * The model gives a tensor of sizes [n] for a column of numbers, or [n, m] for one of arrays. A row of the result must
 * depend on that row alone, for which rows make a batch is Spark's matter. The tensor stands on Spark's own memory where
 * Spark has the values off the heap ({@code spark.sql.columnVector.offheap.enabled=true}, or Arrow's vectors) without
 * nulls; else its values are copied into a block off the heap that the task keeps for all its batches. It is
 * read-only in both cases, so a module in place is refused.
 *
 * <h2>Nulls</h2>
 *
 * A null stays null: where one of the inputs is null, so is the result. The model sees zeros in its place. An array with a
 * null in it is refused, and so is an array that is empty or of another length than the first one of its partition.
 *
 * <h2>Rows and columns</h2>
 *
 * All other columns, their order and that of the rows stay. The output is the last column, or takes the place of the one
 * that has its name. Names are compared as Spark compares them, by default without regard to case; a dot in one is part of
 * it. Rows that are no columns yet, as those of a shuffle, Spark makes columns of, unless one is of type VOID or of a type
 * of a user, which it refuses.
 *
 * @param model what computes
 * @param inputs the names of the columns that it reads
 * @param output the name of the column that it makes
 * @param type the output's, or null for that of the inputs, of arrays where several are read
 * @param batchRows how many rows the model gets at most in one call; Spark's batches have some thousands
 */
public record TorchColumn(
        Model model,
        List<String> inputs,
        String output,
        @Nullable DataType type,
        int batchRows) {

    private static final int BATCH_ROWS = 4096;

    /**
     * Checks what can be checked without rows.
     *
     * @throws IllegalArgumentException when there are no inputs, or less than 1 row a batch, or the type is none that a
     *     model makes
     */
    public TorchColumn {
        Objects.requireNonNull(model, "model");
        inputs = List.copyOf(inputs);
        Objects.requireNonNull(output, "output");
        if (inputs.isEmpty()) {
            throw new IllegalArgumentException("inputs is empty, and must name at least 1 column");
        }
        if (batchRows < 1) {
            throw new IllegalArgumentException("batchRows is " + batchRows + ", and must be 1 or more");
        }
        if (type != null) {
            numeric(type).orElseThrow(() -> wrong("column " + output, type));
        }
    }

    /** A column of the inputs' own type, in batches of at most 4096 rows. */
    public static TorchColumn of(Model model, String output, String... inputs) {
        return new TorchColumn(model, List.of(inputs), output, null, BATCH_ROWS);
    }

    /** The same with a type of its own, such as {@code DataTypes.createArrayType(DataTypes.FloatType)}. */
    public TorchColumn returning(DataType type) {
        return new TorchColumn(model, inputs, output, Objects.requireNonNull(type, "type"), batchRows);
    }

    /** The same in batches of at most so many rows, as a model with a largest batch needs. */
    public TorchColumn inBatchesOf(int rows) {
        return new TorchColumn(model, inputs, output, type, rows);
    }

    /**
     * Adds the column to rows, or replaces one. It is computed when the result is read, but stages that {@code rows} needs
     * before, such as those of a shuffle, may run at once.
     *
     * @throws IllegalArgumentException when the rows lack a column, or have one of that name twice, or one of a wrong type,
     *     or are a stream, or belong to a Spark Connect session, which has no executors at hand
     */
    public Dataset<Row> apply(Dataset<Row> rows) {
        if (!(rows instanceof org.apache.spark.sql.classic.Dataset<Row> dataset)) {
            throw new IllegalArgumentException("rows is a " + rows.getClass().getName()
                    + ", and must be a Dataset of a session that is not Spark Connect's");
        }
        if (rows.isStreaming()) {
            throw new IllegalArgumentException("rows is a stream: apply the column to its batches, by foreachBatch");
        }
        StructType schema = rows.schema();
        int[] places =
                inputs.stream().mapToInt(name -> requirePlace(dataset, name)).toArray();
        DataType read = schema.fields()[places[0]].dataType();
        Numeric number = requireOneType(schema, places);
        boolean arrays = read instanceof ArrayType;
        DataType made = type != null ? type : inputs.size() > 1 ? DataTypes.createArrayType(read, false) : read;
        Numeric result = numeric(made).orElseThrow();
        if (made instanceof ArrayType) {
            made = DataTypes.createArrayType(result.type, false);
        }
        boolean nullable = Arrays.stream(places).anyMatch(place -> schema.fields()[place].nullable());
        var fields = new ArrayList<>(List.of(schema.fields()));
        int output = place(dataset, this.output);
        var field = new StructField(this.output, made, nullable, Metadata.empty());
        if (output < 0) {
            output = fields.size();
            fields.add(field);
        } else {
            fields.set(output, field);
        }
        var bound = new BoundColumn(
                model,
                inputs.toArray(String[]::new),
                places,
                number,
                arrays,
                made,
                result,
                output,
                fields.size(),
                batchRows);
        var results = Plans.batches(dataset).toJavaRDD().mapPartitions(batches -> new ModelTask(bound, batches));
        return dataset.sparkSession()
                .internalCreateDataFrame(results.rdd(), new StructType(fields.toArray(StructField[]::new)), false);
    }

    private static int requirePlace(Dataset<Row> rows, String name) {
        int place = place(rows, name);
        if (place < 0) {
            throw misplaced("not", rows, name);
        }
        return place;
    }

    /** Where a column is, or -1. Spark says whether x is X, by {@code spark.sql.caseSensitive}. */
    private static int place(Dataset<Row> rows, String name) {
        var same = rows.sparkSession().sessionState().conf().resolver();
        String[] names = rows.schema().fieldNames();
        int[] places = IntStream.range(0, names.length)
                .filter(i -> (boolean) same.apply(names[i], name))
                .toArray();
        if (places.length > 1) {
            throw misplaced("twice", rows, name);
        }
        return places.length == 0 ? -1 : places[0];
    }

    private static IllegalArgumentException misplaced(String how, Dataset<Row> rows, String name) {
        return new IllegalArgumentException("column " + name + " is " + how + " among the columns "
                + Arrays.toString(rows.schema().fieldNames()) + ", and must be there once");
    }

    private static Numeric requireOneType(StructType schema, int[] places) {
        StructField first = schema.fields()[places[0]];
        for (int place : places) {
            StructField field = schema.fields()[place];
            if (numeric(field.dataType()).isEmpty()) {
                throw wrong("column " + field.name(), field.dataType());
            }
            if (places.length > 1
                    && (field.dataType() instanceof ArrayType
                            || !field.dataType().equals(first.dataType()))) {
                throw new IllegalArgumentException("column " + field.name() + " is of type "
                        + field.dataType().catalogString() + " and column " + first.name() + " of type "
                        + first.dataType().catalogString() + ", and several inputs must be numbers of one type");
            }
        }
        return numeric(first.dataType()).orElseThrow();
    }

    private static Optional<Numeric> numeric(DataType type) {
        return Numeric.of(type instanceof ArrayType array ? array.elementType() : type);
    }

    private static IllegalArgumentException wrong(String column, DataType type) {
        return new IllegalArgumentException(column + " is of type " + type.catalogString()
                + ", and must be FLOAT, DOUBLE, INT, BIGINT, or an ARRAY of these");
    }
}
