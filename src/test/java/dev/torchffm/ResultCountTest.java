package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.internal.Handles;
import dev.torchffm.testing.TorchExtension;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Operators that give lists of tensors give all of them, and none where they are too many. */
@ExtendWith(TorchExtension.class)
final class ResultCountTest {

    private static final int MANY = 2_000;

    private static final Tensor X = Torch.zeros(3, MANY);

    private static Arguments call(int count, String name, @Nullable Object... arguments) {
        return Arguments.of(count, name, arguments);
    }

    static List<Arguments> longLists() {
        var ones = new long[MANY];
        Arrays.fill(ones, 1);
        long[] ends = LongStream.range(0, MANY).toArray();
        List<Tensor> scalars = Collections.nCopies(MANY, Torch.zeros(new long[0]));
        return List.of(
                call(MANY, "aten::unbind.int", X, 1),
                call(MANY, "aten::unbind.int", X, -1),
                call(MANY, "aten::unbind.int", X.t()),
                call(MANY, "aten::unbind_copy.int", X, 1),
                call(MANY, "aten::split.Tensor", X, 1, 1),
                call(MANY / 2, "aten::split_copy.Tensor", X, 2, 1),
                call(667, "aten::unsafe_split.Tensor", X, 3, 1),
                call(MANY, "aten::split.sizes", X, ones, 1),
                call(MANY, "aten::split_with_sizes", X, ones, 1),
                call(MANY, "aten::unsafe_split_with_sizes", X, ones, 1),
                call(MANY, "aten::chunk", X, MANY, 1),
                call(3, "aten::chunk", X, MANY),
                call(MANY, "aten::unsafe_chunk", Torch.zeros(0), MANY),
                call(MANY, "aten::tensor_split.sections", X, MANY, 1),
                call(MANY + 1, "aten::tensor_split.indices", X, ends, 1),
                call(MANY + 1, "aten::tensor_split.tensor_indices_or_sections", X, Tensor.of(ends), 1),
                call(
                        MANY,
                        "aten::tensor_split.tensor_indices_or_sections",
                        X,
                        Tensor.of((long) MANY).reshape(),
                        1),
                call(MANY, "aten::hsplit.int", X, MANY),
                call(MANY + 1, "aten::hsplit.array", X, ends),
                call(MANY, "aten::vsplit.int", X.t(), MANY),
                call(MANY, "aten::broadcast_tensors", scalars),
                call(MANY, "aten::atleast_1d.Sequence", scalars),
                call(2, "aten::where", X),
                call(2, "aten::nonzero_numpy", X),
                call(2, "aten::gradient.scalarint", X));
    }

    @ParameterizedTest
    @MethodSource("longLists")
    void wholeListIsGiven(int count, String name, @Nullable Object[] arguments) {
        assertEquals(count, Torch.call(name, arguments).size());
    }

    @Test
    void tooLongListIsRefusedBeforeTheCall() {
        Tensor x = Torch.zeros(1);
        var wide =
                (Tensor) Torch.call("aten::expand", x, new long[] {10_000_000}).getFirst();
        long handles = Handles.live();
        for (Object[] arguments : List.of(
                new Object[] {"aten::unbind.int", wide},
                new Object[] {"aten::split.Tensor", wide, 1},
                new Object[] {"aten::chunk", wide, 10_000_000},
                new Object[] {"aten::tensor_split.sections", x, 10_000_000})) {
            String text = String.valueOf(assertThrows(
                            IllegalArgumentException.class,
                            () -> Torch.call((String) arguments[0], Arrays.copyOfRange(arguments, 1, arguments.length)))
                    .getMessage());
            assertTrue(text.contains("would give 10000000 tensors, and a call gives at most 1048576"), text);
        }
        assertTrue(Handles.live() <= handles, "nothing was made");
    }
}
