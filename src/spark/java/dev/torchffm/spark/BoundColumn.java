package dev.torchffm.spark;

import dev.torchffm.Tensor;
import java.io.Serializable;
import java.util.Arrays;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;

/**
 * A {@link TorchColumn} of a certain DataFrame, as executors get it.
 *
 * @param names of the inputs
 * @param inputs where they are among the DataFrame's columns
 * @param number of the inputs' values
 * @param arrays whether the input is a column of arrays
 * @param type of the output
 * @param result of the output's values
 * @param output where it goes
 * @param columns how many there are then
 */
record BoundColumn(
        Model model,
        String[] names,
        int[] inputs,
        Numeric number,
        boolean arrays,
        DataType type,
        Numeric result,
        int output,
        int columns,
        int batchRows)
        implements Serializable {

    Input input() {
        return arrays ? new ArrayInput(names[0], number, inputs[0]) : new NumberInput(number, inputs);
    }

    /** How many numbers of a result make a row, by the first result of a batch. */
    int width(Tensor result, int rows) {
        long[] sizes = result.sizes();
        int width = type instanceof ArrayType ? sizes.length == 2 ? Math.toIntExact(sizes[1]) : 0 : 1;
        require(width > 0, result, rows, width);
        return width;
    }

    /** Refuses a result that is not as many rows of the column's type. */
    void requireRows(Tensor result, int rows, int width) {
        long[] expected = type instanceof ArrayType ? new long[] {rows, width} : new long[] {rows};
        require(result.dtype() == this.result.dtype && Arrays.equals(result.sizes(), expected), result, rows, width);
    }

    private void require(boolean fits, Tensor result, int rows, int width) {
        if (!fits) {
            throw new IllegalArgumentException("model " + model + " made a " + result.dtype() + " tensor of sizes "
                    + Arrays.toString(result.sizes()) + " of " + rows + " rows, and must make a " + this.result.dtype
                    + " tensor of sizes [" + rows + (type instanceof ArrayType ? ", " + (width > 0 ? width : "n") : "")
                    + "] for a column of type " + type.catalogString());
        }
    }
}
