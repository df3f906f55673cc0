package dev.torchffm;

import org.jspecify.annotations.Nullable;

/**
 * Parts of a {@link Tensor}, as Python's {@code x[…]} gives them.
 *
 * <p>Numbers and {@link Slice}s give a view over the same memory: what is written to it in place is written to this
 * tensor. Tensors of places or of truth values give a {@link Selection}, which copies elements out and writes them
 * back. So {@code x.at(…).copy_(y)} writes x, whatever the indices are.
 *
 * <p>A view lives where results of this tensor do ({@link Tensor#in} names another arena) and is recorded for gradients.
 * An index that is out of range, and more indices than dimensions, are an {@link IllegalArgumentException}.
 *
 * {@snippet class="dev.torchffm.examples.IndexingSnippets" region="at"}
 *
 * <p>Source: the PyTorch page "Tensor Views", and the NumPy page "Indexing on ndarrays".
 */
public sealed interface TensorIndexing permits Tensor {

    private Tensor self() {
        return (Tensor) this;
    }

    /**
     * {@return the length of a dimension}
     *
     * @param dim from 0, or from -1 for the last
     * @throws IllegalArgumentException when there is no such dimension
     */
    default long size(long dim) {
        return Indexing.size(self(), dim);
    }

    /**
     * {@return one place of the first dimension, a view without it: Python's {@code x[place]}}
     *
     * @param place from 0, or from -1 for the last
     */
    default Tensor get(long place) {
        return Indexing.view(self(), Slice.at(place));
    }

    /** {@return one place of the first dimension, a view without it; see {@link #get}} */
    default Tensor at(long place) {
        return Indexing.view(self(), Slice.at(place));
    }

    /**
     * {@return the part that slices select, a view}
     *
     * @param indices one for each dimension, from the first; those that are left out select all. Null stands for
     *     {@link Slice#newAxis}
     */
    default Tensor at(@Nullable Slice... indices) {
        return Indexing.view(self(), indices);
    }

    /**
     * {@return the part that numbers and slices select, a view: {@code x.at(0, Slice.of(1, 3))}}
     *
     * @param indices Slices, whole numbers, and null for {@link Slice#newAxis}, as for {@link #at(Slice...)}
     * @throws IllegalArgumentException for other objects too. Beside a tensor a number is {@link Slice#at}, so that the
     *     result is a {@link Selection}
     */
    default Tensor at(@Nullable Object... indices) {
        return Indexing.view(self(), Indexing.slices(indices));
    }

    /**
     * {@return the elements at the places that tensors name, to read and to write}
     *
     * @param indices one for each dimension, from the first: Slices; null for {@link Slice#newAxis}; tensors of INT64 or
     *     INT32, the places in a dimension, whose sizes are broadcast to each other; BOOL tensors of the sizes of one or
     *     more dimensions, which select where they are true
     */
    default Selection at(@Nullable Index... indices) {
        return new Selection(self(), Indexing.copied(indices));
    }
}
