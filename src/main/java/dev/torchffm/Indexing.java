package dev.torchffm;

import dev.torchffm.internal.Operator;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One indexing of a tensor: slices and numbers make a view, step by step; tensors are left for one operator at the end.
 *
 * <p>Source: PyTorch's file aten/src/ATen/TensorIndexing.h, whose steps these are.
 */
final class Indexing {

    private static final Operator ALIAS = Operator.of("aten::alias");
    private static final Operator EXPAND = Operator.of("aten::expand");
    private static final Operator FILL_ = Operator.of("aten::fill_.Tensor");
    private static final Operator INDEX = Operator.of("aten::index.Tensor");
    private static final Operator INDEX_PUT_ = Operator.of("aten::index_put_");
    private static final Operator SELECT = Operator.of("aten::select.int");
    private static final Operator SLICE = Operator.of("aten::slice.Tensor");
    private static final Operator UNSQUEEZE = Operator.of("aten::unsqueeze");
    private static final Operator VIEW = Operator.of("aten::view");

    /** The least that the shim passes as a size. */
    private static final long LEAST = -1L << 62;

    /** An operator that makes a view, and its arguments but the tensor. */
    private record Step(Operator operator, Object... arguments) {}

    private final Tensor self;

    /** Of the views on the way to the last one. */
    private final Arena between;

    private Tensor view;

    /** The step that comes next: where its result lives, is known when another follows or none does. */
    private @Nullable Step next;

    /** The dimension of the view that the next index is for, and which of the tensor's it is. */
    private int dim;

    private int own;

    /** The indices that are tensors, by the view's dimensions; empty while there is none. */
    private final List<@Nullable Tensor> tensors = new ArrayList<>();

    private Indexing(Tensor self, Arena between, Index... indices) {
        this.self = self;
        this.between = between;
        this.view = self;
        int named = Arrays.stream(indices).mapToInt(Indexing::dimensions).sum();
        if (named > self.dim()) {
            throw new IllegalArgumentException("indices are " + written(indices) + " for " + named
                    + " dimensions, and must be for at most " + self.dim() + ", as many as the tensor has");
        }
        for (int i = 0; i < indices.length; i++) {
            switch (indices[i]) {
                case Slice slice -> slice(slice, i, self.dim() - named);
                case Tensor tensor -> tensor(tensor, i);
            }
        }
    }

    // ---- the ways in ----

    static long size(Tensor self, long dim) {
        int count = self.dim();
        if (dim < -count || dim >= count) {
            throw new IllegalArgumentException("dim is " + dim + ", and must be "
                    + (count == 0 ? "none, of a tensor without dimensions" : "from " + -count + " to " + (count - 1)));
        }
        return self.layout().sizes()[(int) (dim < 0 ? dim + count : dim)];
    }

    static Tensor view(Tensor self, @Nullable Slice... indices) {
        return read(self, copied(indices));
    }

    static Tensor read(Tensor self, Index[] indices) {
        try (Arena between = Arena.ofConfined()) {
            var indexing = new Indexing(self, between, indices);
            boolean range = indices.length == 1 && indices[0] instanceof Slice slice && slice.kind == Slice.Kind.RANGE;
            return indexing.read(range ? new Step(SLICE, 0, 0, Long.MAX_VALUE, 1) : new Step(ALIAS));
        }
    }

    static void write(Tensor self, Index[] indices, Tensor source) {
        self.requireWritable("the indexed tensor");
        try (Arena between = Arena.ofConfined()) {
            new Indexing(self, between, indices).write(source);
        }
    }

    static void fill(Tensor self, Index[] indices, Number value) {
        self.requireWritable("the indexed tensor");
        try (Arena between = Arena.ofConfined()) {
            var indexing = new Indexing(self, between, indices);
            indexing.write(Torch.full(between, self.dtype(), new long[0], value));
        }
    }

    /** The indices, null as what it stands for. */
    static Index[] copied(@Nullable Index[] indices) {
        Objects.requireNonNull(indices, "indices");
        var copied = new Index[indices.length];
        for (int i = 0; i < copied.length; i++) {
            copied[i] = Objects.requireNonNullElse(indices[i], Slice.newAxis());
        }
        if (Arrays.stream(copied).filter(index -> index == Slice.ellipsis()).count() > 1) {
            throw new IllegalArgumentException(
                    "indices are " + written(copied) + ", and must have one Slice.ellipsis() at most");
        }
        return copied;
    }

    private static String written(Index[] indices) {
        return Arrays.stream(indices)
                .map(index -> index instanceof Tensor tensor ? tensor.handle.toString() : index.toString())
                .collect(Collectors.joining(", ", "[", "]"));
    }

    /** Numbers and nulls as what they stand for. */
    static Slice[] slices(@Nullable Object[] indices) {
        Objects.requireNonNull(indices, "indices");
        var slices = new Slice[indices.length];
        for (int i = 0; i < slices.length; i++) {
            slices[i] = switch (indices[i]) {
                case null -> Slice.newAxis();
                case Slice slice -> slice;
                case Long place -> Slice.at(place);
                case Integer place -> Slice.at(place);
                case Short place -> Slice.at(place);
                case Byte place -> Slice.at(place);
                case Tensor _ ->
                    throw new IllegalArgumentException("indices[" + i + "] is a tensor beside what is no Index: a"
                            + " number is Slice.at(number) there, so that at gives a Selection");
                default ->
                    throw new IllegalArgumentException("indices[" + i + "] is a "
                            + indices[i].getClass().getName() + ", and must be a Slice, a whole number or null; a"
                            + " tensor selects several places, or by truth values");
            };
        }
        return slices;
    }

    // ---- the steps ----

    private static boolean isMask(Tensor index) {
        return index.dtype() == DType.BOOL || index.dtype() == DType.UINT8;
    }

    /** How many dimensions an index is for. */
    private static int dimensions(Index index) {
        return switch (index) {
            case Slice slice -> slice.kind == Slice.Kind.RANGE || slice.kind == Slice.Kind.PLACE ? 1 : 0;
            case Tensor tensor -> isMask(tensor) ? tensor.dim() : 1;
        };
    }

    /** The view after the last step, which lives in the arena if that step made it. */
    private Tensor settled(@Nullable Arena arena) {
        Step step = next;
        if (step == null) {
            return view;
        }
        var arguments = new Object[1 + step.arguments.length];
        arguments[0] = view;
        System.arraycopy(step.arguments, 0, arguments, 1, step.arguments.length);
        return Operators.tensor(arena, step.operator, arguments);
    }

    private void then(Operator operator, Object... arguments) {
        view = settled(between);
        next = new Step(operator, arguments);
    }

    /** The length of the dimension that the next index is for; steps so far changed only those before it. */
    private long length() {
        return self.layout().sizes()[own];
    }

    /** Goes past dimensions of which no tensor is an index. */
    private void pass(int dimensions) {
        dim += dimensions;
        for (int i = 0; i < dimensions && !tensors.isEmpty(); i++) {
            tensors.add(null);
        }
    }

    private void slice(Slice slice, int index, int unnamed) {
        switch (slice.kind) {
            case RANGE -> {
                boolean whole = slice.start == 0 && slice.step == 1 && slice.end >= length();
                if (whole) {
                    pass(1);
                    own++;
                } else {
                    range(slice);
                }
            }
            case PLACE -> select(slice.start, index);
            case ELLIPSIS -> {
                pass(unnamed);
                own += unnamed;
            }
            case NEW_AXIS -> {
                then(UNSQUEEZE, dim);
                pass(1);
            }
        }
    }

    private void range(Slice slice) {
        then(SLICE, dim, Math.max(slice.start, LEAST), Math.max(slice.end, LEAST), slice.step);
        pass(1);
        own++;
    }

    private void select(long place, int index) {
        long size = length();
        if (place < -size || place >= size) {
            throw new IllegalArgumentException("indices[" + index + "] is " + place + ", and must be "
                    + (size == 0 ? "of a dimension that is not empty" : "from " + -size + " to " + (size - 1))
                    + ", for "
                    + self.handle);
        }
        then(SELECT, dim, place);
        own++;
    }

    private void tensor(Tensor tensor, int index) {
        if (tensor.dim() > 0 || tensor.dtype().isFloatingPoint()) {
            record(tensor, dimensions(tensor));
            own += dimensions(tensor);
        } else if (isMask(tensor)) { // a new dimension, whole or empty
            then(UNSQUEEZE, dim);
            boolean whole = tensor.item().intValue() != 0;
            record(Torch.zeros(between, DType.INT64, whole ? 1 : 0), 1);
        } else {
            select(tensor.item().longValue(), index);
        }
    }

    private void record(Tensor tensor, int dimensions) {
        if (tensors.isEmpty()) {
            for (int i = 0; i < dim; i++) {
                tensors.add(null);
            }
        }
        tensors.add(tensor);
        dim += dimensions;
    }

    // ---- what is done with the view ----

    /** The elements; {@code whole} makes the view of all. */
    private Tensor read(Step whole) {
        if (!tensors.isEmpty()) {
            return Operators.tensor(self.resultArena, INDEX, settled(between), tensors);
        }
        if (next == null) {
            next = whole;
        }
        return settled(self.resultArena);
    }

    private void write(Tensor source) {
        Tensor target = settled(between);
        if (!tensors.isEmpty()) {
            Operators.inPlace(INDEX_PUT_, target, tensors, withoutLeadingOnes(source));
        } else if (Arrays.equals(target.layout().sizes(), source.layout().sizes())) {
            target.copy_(source);
        } else if (source.dim() == 0) {
            Operators.inPlace(FILL_, target, source);
        } else {
            target.copy_(Operators.tensor(between, EXPAND, withoutLeadingOnes(source), target.sizes()));
        }
    }

    private Tensor withoutLeadingOnes(Tensor source) {
        long[] sizes = source.layout().sizes();
        int ones = 0;
        while (ones < sizes.length && sizes[ones] == 1) {
            ones++;
        }
        return ones == 0
                ? source
                : Operators.tensor(between, VIEW, source, Arrays.copyOfRange(sizes, ones, sizes.length));
    }
}
