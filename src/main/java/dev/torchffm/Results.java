package dev.torchffm;

import java.util.AbstractList;
import java.util.List;
import java.util.RandomAccess;
import org.jspecify.annotations.Nullable;

/**
 * What {@link Torch#call(String, Object...)} gives: a list that cannot be changed, of tensors, Longs, Doubles, Booleans,
 * DTypes, and null for a tensor that is not defined. JShell shows no {@code List} of elements that may be null.
 */
public final class Results extends AbstractList<@Nullable Object> implements RandomAccess {

    private final List<@Nullable Object> values;

    Results(List<@Nullable Object> values) {
        this.values = values;
    }

    /**
     * {@return the only result}
     *
     * @throws IllegalStateException when there is not exactly one, or it is no tensor
     */
    public Tensor tensor() {
        if (values.size() != 1) {
            throw new IllegalStateException("the operator gave " + values.size() + " results: take tensor(index)");
        }
        return tensor(0);
    }

    /**
     * {@return the result at an index}
     *
     * @throws IllegalStateException when it is no tensor
     * @throws IndexOutOfBoundsException when there is no such result
     */
    public Tensor tensor(int index) {
        if (values.get(index) instanceof Tensor tensor) {
            return tensor;
        }
        throw new IllegalStateException("result " + index + " is " + values.get(index) + ", and no tensor: take get");
    }

    @Override
    public @Nullable Object get(int index) {
        return values.get(index);
    }

    @Override
    public int size() {
        return values.size();
    }
}
