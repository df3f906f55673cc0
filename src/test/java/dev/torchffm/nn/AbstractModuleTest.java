package dev.torchffm.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.examples.NnSnippets;
import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a module registers is named, saved, loaded, printed and set to a mode with it. */
@ExtendWith(TorchExtension.class)
final class AbstractModuleTest {

    private static final class Scaled extends AbstractModule {

        private final Module inner;
        private final Tensor scale = registerParameter("scale", Torch.parameter(Torch.full(new long[] {1}, 2f)));
        private final Tensor calls = registerBuffer("calls", Torch.zeros());
        final Dropout dropout = registerModule("dropout", new Dropout());

        Scaled(Module inner) {
            this.inner = registerModule("inner", inner);
        }

        @Override
        public Tensor forward(Tensor input) {
            calls.copy_(calls.add(1));
            return dropout.forward(inner.forward(input)).mul(scale);
        }

        @Override
        protected String extraRepr() {
            return "twice";
        }

        Tensor again(String name) {
            return buffer(name, calls);
        }

        Tensor buffer(String name, Tensor buffer) {
            return registerBuffer(name, buffer);
        }
    }

    private static List<String> names(Map<String, ?> map) {
        return List.copyOf(map.keySet());
    }

    @Test
    void namesAreThoseOfWhatIsRegistered() {
        var module = new Scaled(new BatchNorm1d(2));
        assertEquals(List.of("scale", "inner.weight", "inner.bias"), names(module.namedParameters()));
        assertEquals(
                List.of("calls", "inner.running_mean", "inner.running_var", "inner.num_batches_tracked"),
                names(module.namedBuffers()));
        assertEquals(List.of("dropout", "inner"), names(module.namedChildren()));
        assertEquals(
                List.of(
                        "scale",
                        "calls",
                        "inner.weight",
                        "inner.bias",
                        "inner.running_mean",
                        "inner.running_var",
                        "inner.num_batches_tracked"),
                names(module.stateDict()));
        assertSame(module.dropout, module.namedChildren().get("dropout"));
        assertThrows(UnsupportedOperationException.class, () -> module.namedChildren()
                .clear());
        assertThrows(
                UnsupportedOperationException.class, () -> module.namedBuffers().clear());
        assertEquals(Map.of(), new ReLU().namedBuffers());
        assertEquals(Map.of(), new ReLU().namedChildren());
    }

    @Test
    void namesThatCannotBeAreRefused() {
        var module = new Scaled(new ReLU());
        for (String name : List.of("", "a.b")) {
            assertEquals(
                    "name is \"" + name + "\", and must be a text without a dot",
                    assertThrows(IllegalArgumentException.class, () -> module.again(name))
                            .getMessage());
        }
        for (String name : List.of("scale", "calls", "inner")) {
            assertEquals(
                    "name is \"" + name + "\", and that is registered already",
                    assertThrows(IllegalArgumentException.class, () -> module.again(name))
                            .getMessage());
        }
        assertSame(module.again("other"), module.namedBuffers().get("other"));
    }

    /** One that registers what a test gives it. */
    private static class Registry extends AbstractModule {

        @Override
        public Tensor forward(Tensor input) {
            return input;
        }

        void parameter(String name, Tensor parameter) {
            registerParameter(name, parameter);
        }

        void module(String name, Module module) {
            registerModule(name, module);
        }
    }

    @Test
    void onlyLeavesThatRequireGradientsAreParameters(Arena arena) {
        var module = new Registry();
        Tensor leaf = Torch.parameter(Torch.ones(arena, 1));
        for (Tensor tensor : List.of(Torch.ones(arena, 1), leaf.mul(2))) {
            assertEquals(
                    "the parameter weight is no leaf that requires its gradient: make it by Torch.parameter, or"
                            + " register it as a buffer",
                    assertThrows(IllegalArgumentException.class, () -> module.parameter("weight", tensor))
                            .getMessage());
        }
        module.parameter("weight", leaf);
        leaf.requiresGrad_(false);
        assertEquals(List.of(leaf), module.parameters());
    }

    @Test
    void aModuleIsNotWithinItself() {
        var module = new Registry();
        for (Module around : List.of(module, new Sequential(new ReLU(), module))) {
            assertEquals(
                    "the module me is or has within it the one that registers it, and may not",
                    assertThrows(IllegalArgumentException.class, () -> module.module("me", around))
                            .getMessage());
        }
        assertEquals("Registry()", module.toString());
    }

    @Test
    void nothingIsRefusedByItsName() {
        var module = new Registry();
        assertEquals(
                "parameter",
                assertThrows(NullPointerException.class, () -> module.parameter("a", null))
                        .getMessage());
        assertEquals(
                "module",
                assertThrows(NullPointerException.class, () -> module.module("a", null))
                        .getMessage());
        assertEquals(
                "name",
                assertThrows(NullPointerException.class, () -> module.module(null, new ReLU()))
                        .getMessage());
    }

    @Test
    void anonymousClassesPrintAsWhatTheyExtend() {
        assertEquals("Registry()", new Registry() {}.toString());
    }

    @Test
    void printsNest() {
        assertEquals("""
                Scaled(
                  twice
                  (dropout): Dropout(p=0.5, inplace=False)
                  (inner): Sequential(
                    (0): Linear(in_features=1, out_features=1, bias=True)
                    (1): Sequential()
                  )
                )""", new Scaled(new Sequential(new Linear(1, 1), new Sequential())).toString());
    }

    @Test
    void modesGoToAllWithin(Arena arena) {
        var dropout = new Dropout();
        var module = new Scaled(new Sequential(new ReLU(), x -> x, dropout));
        assertTrue(module.isTraining() && dropout.isTraining());
        assertSame(module, module.eval());
        assertFalse(module.isTraining() || dropout.isTraining() || module.dropout.isTraining());
        Tensor x = Tensor.of(arena, 1f, 2f);
        assertEquals(
                "tensor([2., 4.], grad_fn=<MulBackward0>)", module.forward(x).toString());
        assertEquals(1f, module.calls.item());
        assertSame(module, module.train());
        assertTrue(module.isTraining() && dropout.isTraining());
        Module stateless = new ReLU();
        assertSame(stateless, stateless.eval());
    }

    @Test
    void buffersAreLoadedWithParameters(Arena arena) {
        var from = new BatchNorm1d(2);
        var to = new BatchNorm1d(2);
        from.forward(Tensor.of(arena, 1f, 2f, 3f, 4f).reshape(2, 2));
        Map<String, Tensor> state = new LinkedHashMap<>(from.stateDict());
        to.loadStateDict(state);
        assertEquals(from.stateDict().toString(), to.stateDict().toString());
        assertEquals(1L, to.numBatchesTracked().item());
        assertFalse(to.stateDict().get("running_mean").requiresGrad());
        // As files of an old PyTorch have it: a row of one number, or none.
        state.put("num_batches_tracked", Tensor.of(arena, 7L));
        to.loadStateDict(state);
        assertEquals(7L, to.stateDict().get("num_batches_tracked").item());
        state.remove("num_batches_tracked");
        assertEquals(new IncompatibleKeys(List.of(), List.of()), to.loadStateDict(state, true));
        assertEquals(7L, to.stateDict().get("num_batches_tracked").item());
        state.remove("running_mean");
        assertThrows(IllegalArgumentException.class, () -> to.loadStateDict(state));
    }

    @Test
    void onlyABatchNormsCountMayBeMissing() {
        var counted = new Sequential(new Scaled(new BatchNorm1d(1)));
        Map<String, Tensor> state = new LinkedHashMap<>(counted.stateDict());
        state.remove("0.inner.num_batches_tracked");
        counted.loadStateDict(state);
        var other = new Scaled(new ReLU());
        other.again("num_batches_tracked");
        state = new LinkedHashMap<>(other.stateDict());
        state.remove("num_batches_tracked");
        assertEquals(
                List.of("num_batches_tracked"),
                other.loadStateDict(state, false).missingKeys());
    }

    @Test
    void readOnlyMemoryIsRefusedOnlyWhereWritten(Arena arena) {
        MemorySegment memory = arena.allocate(4).asReadOnly();
        var module = new Scaled(new ReLU());
        module.buffer("fixed", Tensor.fromSegment(memory, DType.FLOAT32, 1));
        module.loadStateDict(Map.of("calls", Torch.ones(arena)), false);
        assertEquals(1f, module.calls.item());
        String message = assertThrows(
                        IllegalArgumentException.class,
                        () -> module.loadStateDict(Map.of("fixed", Torch.ones(arena, 1)), false))
                .getMessage();
        assertTrue(message.endsWith("the parameter or buffer fixed stands on read-only memory, and loading writes it"));
    }

    @Test
    void looseLoadingTellsWhatItLeftAlone(Arena arena) {
        var layer = new Linear(1, 1);
        Tensor bias = layer.stateDict().get("bias").clone();
        IncompatibleKeys keys =
                layer.loadStateDict(Map.of("weight", Torch.zeros(arena, 1, 1), "x", Torch.zeros(arena)), false);
        assertEquals(new IncompatibleKeys(List.of("bias"), List.of("x")), keys);
        assertEquals(0f, layer.stateDict().get("weight").item());
        assertTrue(Tensor.equal(bias, layer.stateDict().get("bias")));
        assertThrows(
                IllegalArgumentException.class,
                () -> layer.loadStateDict(Map.of("weight", Torch.ones(arena, 2)), false));
        assertEquals(0f, layer.stateDict().get("weight").item());
    }

    @Test
    void theExampleClassifies(Arena arena) {
        var classifier = new NnSnippets.Classifier();
        assertEquals(10, classifier.forward(Torch.ones(arena, 2, 1, 8, 8)).sizes()[1]);
        assertEquals(
                "head.2.bias",
                classifier.namedParameters().keySet().stream()
                        .reduce((_, last) -> last)
                        .orElseThrow());
    }
}
