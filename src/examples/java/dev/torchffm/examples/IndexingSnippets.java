package dev.torchffm.examples;

import dev.torchffm.Selection;
import dev.torchffm.Slice;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.util.List;

/** The examples of the Javadoc on nested arrays and indexing; the tests run them. */
public final class IndexingSnippets {

    private IndexingSnippets() {}

    /** A matrix. */
    public static Tensor nested() {
        // @start region="nested"
        Tensor x = Tensor.of(new float[][] {{1, 2, 3}, {4, 5, 6}}); // FLOAT32, of sizes 2 and 3
        // @end
        return x;
    }

    /** Parts of a matrix. */
    public static List<Tensor> at(Tensor x, Tensor mask) {
        // @start region="at"
        Tensor row = x.at(1); // x[1]
        Tensor column = x.at(Slice.all(), 0); // x[:, 0]
        Tensor block = x.at(Slice.of(0, 2), Slice.from(1)); // x[0:2, 1:]
        Tensor positive = x.at(mask).toTensor(); // x[mask], a copy
        x.at(Slice.ellipsis(), -1).copy_(Tensor.of(7f)); // x[..., -1] = 7
        x.at(mask).fill_(0); // x[mask] = 0
        // @end
        return List.of(row, column, block, positive);
    }

    /** Each kind of slice. */
    public static List<Slice> slices() {
        // @start region="slices"
        Slice first = Slice.to(3); // :3
        Slice odd = Slice.from(1).step(2); // 1::2
        Slice last = Slice.at(-1); // -1
        // @end
        return List.of(first, odd, last);
    }

    /** Rows, read and written. */
    public static Tensor selection(Tensor x) {
        // @start region="selection"
        Selection rows = x.at(Tensor.of(2L, 0L)); // x[[2, 0]]
        Tensor copy = rows.toTensor();
        rows.copy_(copy.mul(2)); // x[[2, 0]] = copy * 2
        // @end
        return copy;
    }

    /** Operators by names. */
    public static List<Tensor> call() {
        Tensor x = Torch.ones(2, 3);
        // @start region="call"
        Tensor y = x.call("softmax", -1).tensor(); // of softmax.int, as the argument is an int
        Tensor largest = x.call("topk", 2).tensor(0); // of two results the first
        // @end
        return List.of(y, largest);
    }

    /** The table of docs/indexing.md, for a matrix of floats. */
    public static List<Tensor> table(Tensor x, Tensor mask, Tensor rows, Tensor columns) {
        Tensor y = x.get(1).clone();
        return List.of(
                Tensor.of(new float[][] {{1, 2}, {3, 4}}),
                Tensor.of(x.size(0)),
                Tensor.of(x.sizes()),
                x.at(1),
                x.at(-1),
                x.at(1, 2),
                x.at(Slice.all(), Slice.of(1, 3)),
                x.at(0, Slice.of(1, 3)),
                x.at(Slice.from(1)),
                x.at(Slice.to(2)),
                x.at(Slice.all().step(2)),
                x.at(Slice.of(0, 4, 3)),
                x.at(Slice.ellipsis(), 0),
                x.at(Slice.all(), null),
                x.at(Slice.all(), Slice.newAxis()),
                x.at(mask).toTensor(),
                x.at(rows).toTensor(),
                x.at(rows, columns).toTensor(),
                x.at(Slice.all(), columns).toTensor(),
                x.at(Slice.at(0), columns).toTensor(),
                x.at(0).copy_(y),
                x.at(Slice.all(), 1).copy_(y),
                x.at(mask).copy_(y).toTensor(),
                x.at(rows).copy_(y).toTensor(),
                x.at(mask).fill_(0).toTensor(),
                x.call("softmax", -1).tensor());
    }
}
