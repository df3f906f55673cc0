package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.testing.TorchExtension;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Which overload a name without one is. */
@ExtendWith(TorchExtension.class)
final class OverloadsTest {

    private static void assertChosen(String name, @Nullable Object... arguments) {
        assertEquals(name, Overloads.choose(name.replaceFirst("\\..*", ""), arguments));
    }

    private static String refusal(String name, @Nullable Object... arguments) {
        return Objects.requireNonNull(assertThrows(IllegalArgumentException.class, () -> Torch.call(name, arguments))
                .getMessage());
    }

    @Test
    void argumentsChooseTheOverload() {
        Tensor x = Tensor.of(1f, 2f);
        assertChosen("aten::mul.Tensor", x, x);
        assertChosen("aten::mul.Scalar", x, 2);
        assertChosen("aten::pow.Tensor_Scalar", x, 2.5);
        assertChosen("aten::pow.Scalar", 2, x);
        assertChosen("aten::max", x);
        assertChosen("aten::max.dim", x, 0);
        assertChosen("aten::max.other", x, x);
        assertChosen("aten::sum.dim_IntList", x, new long[] {0});
        assertChosen("aten::sum.dim_IntList", x, 0, true);
        assertChosen("aten::split.Tensor", x, 1);
        assertChosen("aten::split.sizes", x, new long[] {1, 1});
        assertChosen("aten::softmax.int", x, -1);
        assertChosen("aten::clamp.Tensor", x, null, x);
        assertChosen("aten::index_fill.int_Scalar", x, 0, Tensor.of(0L), 3);
        assertChosen("aten::where.ScalarOther", x.eq(x), x, 0);
        assertChosen("aten::rand", new long[] {2}, DType.FLOAT64);
        assertChosen("aten::cat", List.of(x, x), 0);
        assertChosen("aten::randint.low", 0, 2, List.of());
        assertChosen("aten::quantile.scalar", x, 0.5);
    }

    /** As those that name it in Java's order: Python takes what follows the star by its name only. */
    @Test
    void argumentsThatPythonNamesCountLast() {
        Tensor x = Tensor.of(1f, 2f);
        assertChosen("aten::to.dtype", x, DType.INT64);
        assertChosen("aten::div.Tensor_mode", x, x, "floor");
        assertChosen("aten::sum", x, DType.FLOAT64);
        assertChosen("aten::sort.stable", x, true, -1, true);
    }

    @Test
    void callTakesNamesWithoutOverload() {
        Tensor x = Tensor.of(1f, 2f);
        assertEquals("tensor([2., 4.])", Torch.call("aten::mul", x, 2).tensor().toString());
        assertEquals("tensor([1., 4.])", x.call("mul", x).tensor().toString());
        assertEquals("tensor(2.)", x.call("aten::max").tensor().toString());
        assertEquals("tensor(1)", x.call("max", 0).tensor(1).toString());
        assertTrue(x.call("mul_.Scalar", 3).tensor() == x);
        assertEquals("tensor([3., 6.])", x.toString());
    }

    @Test
    void ambiguousNameListsTheOverloads() {
        String text = refusal("aten::std", Torch.ones(2, 2), new long[] {1});
        assertTrue(text.startsWith("operator is aten::std, and of its overloads several take (Tensor, long[])"), text);
        assertEquals(
                List.of("aten::std.correction", "aten::std.dim"),
                text.lines().skip(1).map(line -> line.strip().split("\\(")[0]).toList());
        assertTrue(text.contains("  aten::std.dim(Tensor self, int[1]? dim, bool unbiased=True,"), text);
    }

    @Test
    void nameWithoutAFittingOverloadListsAll() {
        String text = refusal("aten::mul", Tensor.of(1f), "two");
        assertTrue(text.contains("none takes (Tensor, String): name one of\n  aten::mul.Scalar("), text);
        assertTrue(text.contains("\n  aten::mul.Tensor(Tensor self, Tensor other) -> Tensor"), text);
        assertTrue(!text.contains(" out)"), text);
        assertTrue(refusal("aten::mul", Tensor.of(1f), List.of()).contains("none takes (Tensor, List)"));
    }

    @Test
    void unknownNamesFailByLibtorchsText() {
        assertTrue(refusal("aten::_neg_view", Tensor.of(1f)).contains("does not check"));
        assertTrue(refusal("aten::from_file", "no-such-file", true, 8).contains("map it"));
        assertTrue(refusal("relu", Tensor.of(1f)).contains("must be a name such as"));
        assertThrows(TorchException.class, () -> Torch.call("aten::no_such_operator", 1));
        assertThrows(TorchException.class, () -> Tensor.of(1f).call("no_such_operator"));
    }

    @Test
    void schemasAreRead() {
        Schema schema = Schema.of(
                "aten::f.x(Tensor(a -> *)[] self, Tensor?[] i, int[2]? p=[0, 1], *, str m=\"a, b\", Tensor(b!) out) -> (int, int)");
        assertEquals("aten::f.x", schema.name());
        assertEquals(
                List.of("Tensor", "Tensor", "int", "str", "Tensor"),
                schema.parameters().stream().map(Schema.Parameter::base).toList());
        assertEquals(
                List.of(true, true, true, false, false),
                schema.parameters().stream().map(Schema.Parameter::list).toList());
        assertTrue(schema.parameters().get(2).single()
                && schema.parameters().get(2).optional());
        assertTrue(schema.parameters().get(3).keyword()
                && schema.parameters().get(3).hasDefault());
        assertTrue(!schema.canBeCalled());
    }

    @Test
    void resultsAreTensors() {
        Results sorted = Torch.call("aten::sort", Tensor.of(2f, 1f));
        assertThrows(IllegalStateException.class, sorted::tensor);
        assertEquals("tensor([1, 0])", sorted.tensor(1).toString());
        assertThrows(IndexOutOfBoundsException.class, () -> sorted.tensor(2));
        Results number = Torch.call("aten::equal", Tensor.of(1f), Tensor.of(1f));
        assertThrows(IllegalStateException.class, number::tensor);
    }
}
