package dev.torchffm;

/**
 * An index that selects without a copy: a range of places, one place, the dimensions that no other index names, or a new
 * dimension. {@link Tensor#at(Slice...)} takes one for each dimension, from the first.
 *
 * <p>Places count from 0, or from -1 backwards; a range that goes beyond the dimension ends with it. A slice never
 * changes, and any thread may use it.
 *
 * {@snippet class="dev.torchffm.examples.IndexingSnippets" region="slices"}
 *
 * <p>Source: the PyTorch page "Tensor indexing API" of its C++ documentation.
 */
public final class Slice implements Index {

    enum Kind {
        RANGE,
        PLACE,
        ELLIPSIS,
        NEW_AXIS
    }

    /** The end of a range that goes on to the dimension's. */
    private static final long OPEN = Long.MAX_VALUE;

    private static final Slice ALL = range(0, OPEN, 1);
    private static final Slice REST = new Slice(Kind.ELLIPSIS, 0, 0, 0);
    private static final Slice ONE_MORE = new Slice(Kind.NEW_AXIS, 0, 0, 0);

    final Kind kind;

    /** Where a range begins; or the place. */
    final long start;

    final long end;
    final long step;

    private Slice(Kind kind, long start, long end, long step) {
        this.kind = kind;
        this.start = start;
        this.end = end;
        this.step = step;
    }

    private static Slice range(long start, long end, long step) {
        if (step < 1) {
            throw new IllegalArgumentException("step is " + step
                    + ", and must be 1 or more: Torch.call(\"aten::flip\", …) turns a dimension round");
        }
        return new Slice(Kind.RANGE, start, end, step);
    }

    /** {@return all of a dimension: Python's {@code :}} */
    public static Slice all() {
        return ALL;
    }

    /** {@return the places from start up to end, not included: Python's {@code start:end}} */
    public static Slice of(long start, long end) {
        return range(start, end, 1);
    }

    /**
     * {@return the places from start up to end, not included, a step apart: Python's {@code start:end:step}}
     *
     * @throws IllegalArgumentException when the step is not 1 or more
     */
    public static Slice of(long start, long end, long step) {
        return range(start, end, step);
    }

    /** {@return the places from start on: Python's {@code start:}} */
    public static Slice from(long start) {
        return range(start, OPEN, 1);
    }

    /** {@return the places up to end, not included: Python's {@code :end}} */
    public static Slice to(long end) {
        return range(0, end, 1);
    }

    /**
     * {@return the places of this range, so many apart: {@code Slice.from(1).step(2)} is Python's {@code 1::2}}
     *
     * @throws IllegalArgumentException when the step is not 1 or more
     * @throws IllegalStateException when this is no range
     */
    public Slice step(long step) {
        if (kind != Kind.RANGE) {
            throw new IllegalStateException("the index " + this + " is no range, and takes no step");
        }
        return range(start, end, step);
    }

    /**
     * {@return one place, whose dimension goes: the number in Python} Where no tensor is among the indices,
     * {@link Tensor#at(Object...)} takes the number itself.
     */
    public static Slice at(long place) {
        return new Slice(Kind.PLACE, place, 0, 0);
    }

    /** {@return all of the dimensions that no other index names: Python's {@code ...}} */
    public static Slice ellipsis() {
        return REST;
    }

    /** {@return a new dimension of length 1: Python's {@code None}; null stands for it too} */
    public static Slice newAxis() {
        return ONE_MORE;
    }

    /** {@return the index as Python writes it} */
    @Override
    public String toString() {
        return switch (kind) {
            case RANGE -> (start == 0 ? "" : start) + ":" + (end == OPEN ? "" : end) + (step == 1 ? "" : ":" + step);
            case PLACE -> String.valueOf(start);
            case ELLIPSIS -> "...";
            case NEW_AXIS -> "None";
        };
    }
}
