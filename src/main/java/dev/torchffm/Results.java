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

    @Override
    public @Nullable Object get(int index) {
        return values.get(index);
    }

    @Override
    public int size() {
        return values.size();
    }
}
