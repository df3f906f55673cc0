package dev.torchffm.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Specs as PyTorch's pytree writes them. */
final class CallSpecTest {

    private static final String LEAF = "{\"type\": null, \"context\": null, \"children_spec\": []}";

    /** f({"left": x, "right": [x, x]}, *, scale=x). */
    private static final CallSpec NESTED =
            spec(tuple(tuple(dict("left right", LEAF, list(LEAF, LEAF))), dict("scale", LEAF)));

    private static final Tensor[] X =
            Stream.generate(() -> Torch.ones(1)).limit(5).toArray(Tensor[]::new);

    private static CallSpec spec(String root) {
        return CallSpec.parse("[1, " + root + "]");
    }

    private static String node(String type, String context, String... children) {
        return "{\"type\": \"" + type + "\", \"context\": \"" + context + "\", \"children_spec\": "
                + Arrays.toString(children) + "}";
    }

    private static String tuple(String... children) {
        return node("builtins.tuple", "null", children);
    }

    private static String list(String... children) {
        return node("builtins.list", "null", children);
    }

    private static String dict(String keys, String... children) {
        String context = keys.isEmpty() ? "[]" : "[\\\"" + keys.replace(" ", "\\\", \\\"") + "\\\"]";
        return node("builtins.dict", context, children);
    }

    private static void assertRefused(String text, Executable call) {
        assertEquals(text, assertThrows(IllegalArgumentException.class, call).getMessage());
    }

    @Test
    void showsItself() {
        assertEquals("(({left: Tensor, right: [Tensor, Tensor]}), {scale: Tensor})", NESTED.toString());
        assertEquals("Tensor", spec(LEAF).toString());
        assertEquals("()", spec(tuple()).toString());
        assertEquals("[]", spec(list()).toString());
    }

    private static List<Tensor> tensors(List<CallSpec.Leaf> leaves) {
        return leaves.stream().map(CallSpec.Leaf::tensor).toList();
    }

    @Test
    void flattensInTheSpecsOrder() {
        var kwargs = Map.of("scale", X[3]);
        var argument = new HashMap<String, Object>();
        argument.put("right", List.of(X[1], X[2]));
        argument.put("left", X[0]);
        assertEquals(List.of(X[0], X[1], X[2], X[3]), tensors(NESTED.flatten(List.of(argument), kwargs, 4)));
    }

    @Test
    void namesWhatDoesNotFitByItsPath() {
        var right = Map.of("left", X[0], "right", List.of(X[1], X[2]));
        var scale = Map.of("scale", X[3]);
        assertRefused(
                "args is a List of 2, and must be a List of 1", () -> NESTED.flatten(List.of(X[0], X[1]), scale, 4));
        assertRefused(
                "args[0] is a dev.torchffm.Tensor, and must be a Map with the keys [left, right]",
                () -> NESTED.flatten(List.of(X[0]), scale, 4));
        assertRefused(
                "args[0] is a Map with the keys [left], and must be a Map with the keys [left, right]",
                () -> NESTED.flatten(List.of(Map.of("left", X[0])), scale, 4));
        assertRefused(
                "args[0].right is a List of 1, and must be a List of 2",
                () -> NESTED.flatten(List.of(Map.of("left", X[0], "right", List.of(X[1]))), scale, 4));
        assertRefused(
                "args[0].right[1] is a java.lang.Integer, and must be a Tensor",
                () -> NESTED.flatten(List.of(Map.of("left", X[0], "right", List.of(X[1], 2))), scale, 4));
        assertRefused(
                "kwargs is a Map with the keys [], and must be a Map with the keys [scale]",
                () -> NESTED.flatten(List.of(right), Map.of(), 4));
        var none = new HashMap<String, @Nullable Object>();
        none.put("scale", null);
        assertRefused("kwargs.scale is null, and must be a Tensor", () -> NESTED.flatten(List.of(right), none, 4));
    }

    /** f(x, 3, flag=True): the spec does not tell which leaves are numbers. */
    @Test
    void valuesThatWereFixedAreLeftOut() {
        CallSpec spec = spec(tuple(tuple(LEAF, LEAF), dict("flag", LEAF)));
        var flag = new LinkedHashMap<String, @Nullable Object>();
        flag.put("flag", null);
        assertEquals(List.of(X[0]), tensors(spec.flatten(List.of(X[0], 3), flag, 1)));
        assertEquals(List.of(X[0]), tensors(spec.flatten(Arrays.asList(X[0], null), Map.of("flag", true), 1)));
    }

    @Test
    void unflattensIntoTheSameStructure() {
        CallSpec spec = spec(dict("sum list", LEAF, list(LEAF, tuple(LEAF, LEAF))));
        var tensors = new ArrayList<@Nullable Object>(Arrays.asList(X[0], null, X[2], X[3]));
        var map = (Map<?, ?>) Objects.requireNonNull(spec.unflatten(tensors));
        assertEquals(List.of("sum", "list"), List.copyOf(map.keySet()));
        assertSame(X[0], map.get("sum"));
        assertEquals(Arrays.asList(null, List.of(X[2], X[3])), map.get("list"));
        assertThrows(UnsupportedOperationException.class, map::clear);
        assertThrows(UnsupportedOperationException.class, () -> ((List<?>) map.get("list")).clear());
        assertSame(X[4], spec(LEAF).unflatten(List.of(X[4])));
        assertNull(spec(LEAF).unflatten(Arrays.asList((Object) null)));
        assertRefused("the model's outputs are not all tensors: take them by run", () -> spec.unflatten(List.of(X[0])));
    }

    @Test
    void aModelThatDoesNotTellItIsCalledByRun() {
        CallSpec spec = CallSpec.parse("");
        assertRefused(
                "the model does not tell the structure of its inputs: give them by run",
                () -> spec.flatten(List.of(X[0]), Map.of(), 1));
    }

    @Test
    void emptyContainersKeepTheirKind() {
        assertEquals(List.of(), spec(tuple()).unflatten(List.of()));
        assertEquals(List.of(), spec(list()).unflatten(List.of()));
        assertEquals(Map.of(), spec(dict("")).unflatten(List.of()));
        CallSpec inner = spec(tuple(tuple(dict("")), dict("")));
        assertEquals("(({}), {})", inner.toString());
        assertEquals(List.of(), tensors(inner.flatten(List.of(Map.of()), Map.of(), 0)));
    }

    @Test
    void aNamedTupleGoesOutAsAListAndDoesNotComeIn() {
        String pair = node("collections.namedtuple", "\\\"my.Pair\\\"", LEAF, LEAF);
        assertEquals(List.of(X[0], X[1]), spec(pair).unflatten(List.of(X[0], X[1])));
        assertRefused(
                "args[0] is a collections.namedtuple of Python, which has no form here: give the tensors by run",
                () -> spec(tuple(tuple(pair), dict(""))).flatten(List.of(List.of(X[0], X[1])), Map.of(), 2));
    }

    @Test
    void anOrderedDictIsAMap() {
        String ordered = dict("b a", LEAF, LEAF).replace("builtins.dict", "collections.OrderedDict");
        assertEquals(Map.of("a", X[1], "b", X[0]), spec(ordered).unflatten(List.of(X[0], X[1])));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[",
                "[1]",
                "[2, " + LEAF + "]",
                "[\"1\", " + LEAF + "]",
                "{}",
                "[1, 2]",
                "[1, {}]",
                "[1, {\"type\": null}]",
                "[1, {\"type\": \"builtins.dict\", \"context\": \"[]\", \"children_spec\": [" + LEAF + "]}]",
                "[1, {\"type\": \"builtins.dict\", \"context\": \"{\", \"children_spec\": []}]",
                "[1, {\"type\": \"builtins.dict\", \"context\": null, \"children_spec\": [" + LEAF + "]}]",
                "[1, {\"type\": \"builtins.dict\", \"context\": \"[1, 1]\", \"children_spec\": [" + LEAF + ", " + LEAF
                        + "]}]",
                "[1, " + LEAF + "] 1",
                "[1, {\"children_spec\": [1]}]"
            })
    void refusesWhatIsNoSpec(String text) {
        String refusal = assertThrows(IllegalArgumentException.class, () -> CallSpec.parse(text))
                .getMessage();
        assertTrue(refusal.startsWith("the model's call spec "), refusal);
    }

    @Test
    void refusesADeepSpec() {
        String deep = "{\"children_spec\": [".repeat(100_000);
        assertThrows(IllegalArgumentException.class, () -> CallSpec.parse("[1, " + deep));
    }
}
