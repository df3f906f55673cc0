package dev.torchffm;

import java.util.Objects;

/**
 * The elements of a tensor at places that other tensors name: what {@link Tensor#at(Index...)} gives. They do not lie in
 * one view, so a selection is no tensor: {@link #toTensor} copies them out, and {@link #copy_} and {@link #fill_} write
 * the tensor itself.
 *
 * {@snippet class="dev.torchffm.examples.IndexingSnippets" region="selection"}
 *
 * <p>The places are looked up at each call. A selection may be used as its tensors may: from the threads that their
 * arenas allow, until these are closed. What libtorch refuses, such as a place that is not there, is a
 * {@link TorchException}.
 *
 * <p>Source: the PyTorch page "torch.Tensor.index_put_".
 */
public final class Selection {

    private final Tensor self;
    private final Index[] indices;

    Selection(Tensor self, Index[] indices) {
        this.self = self;
        this.indices = indices;
    }

    /**
     * {@return the elements in a tensor that lives where results of the indexed one do: Python's {@code x[…]}} It is a
     * copy, to which a write does not change the indexed tensor. Only where each tensor among the indices is an integer
     * without dimensions, which counts as a number, it is a view, as in Python.
     */
    public Tensor toTensor() {
        return Indexing.read(self, indices);
    }

    /**
     * Writes the elements of another tensor to these places: Python's {@code x[…] = source}. Where two of the places are
     * one, either of their values is written.
     *
     * @param source of the indexed tensor's dtype, and broadcast to the selection's sizes
     * @return this selection
     * @throws TorchException when the dtype or the sizes do not fit
     * @throws IllegalArgumentException when the indexed tensor's memory is read-only
     */
    public Selection copy_(Tensor source) {
        Indexing.write(self, indices, Objects.requireNonNull(source, "source"));
        return this;
    }

    /**
     * Writes a number to these places: Python's {@code x[…] = value}.
     *
     * @param value a Float, a Double or an integral Number
     * @return this selection
     * @throws TorchException when the value is out of the dtype's range
     * @throws IllegalArgumentException when the indexed tensor's memory is read-only
     */
    public Selection fill_(Number value) {
        Indexing.fill(self, indices, value);
        return this;
    }

    /** {@return the elements as PyTorch prints them} */
    @Override
    public String toString() {
        return toTensor().toString();
    }
}
