package dev.torchffm.model;

import dev.torchffm.DType;
import java.util.List;

/**
 * A parameter, a buffer or another tensor that a compiled model holds.
 *
 * @param dtype the elements' type
 * @param sizes the size of each dimension
 */
public record Constant(DType dtype, List<Long> sizes) {

    /**
     * Copies the sizes.
     *
     * @throws NullPointerException when an argument or a size is null
     */
    public Constant {
        sizes = List.copyOf(sizes);
    }
}
