package dev.torchffm.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.examples.NnSnippets;
import dev.torchffm.nn.Reference;
import dev.torchffm.testing.TorchExtension;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Optimizers that stop and go on, and whose learning rate changes. */
@ExtendWith(TorchExtension.class)
final class OptimizerStateTest {

    private static final List<Function<List<Tensor>, Optimizer>> KINDS = List.of(
            parameters -> new SGD(parameters, 0.5),
            parameters -> new SGD(parameters, new SGD.Options(0.5).momentum(0.9)),
            parameters -> new Adam(parameters, new Adam.Options(0.1).weightDecay(0.1)),
            parameters ->
                    new Adam(parameters, new Adam.Options(0.1).amsgrad(true).maximize(true)),
            parameters ->
                    new AdamW(parameters, new AdamW.Options(0.2).betas(0.5, 0.6).eps(0.1)));

    private static Tensor parameter(DType dtype) {
        return Torch.full(dtype, new long[] {2, 3}, 2).requiresGrad_(true);
    }

    private static void steps(Optimizer optimizer, int count) {
        for (int step = 0; step < count; step++) {
            optimizer.zeroGrad();
            optimizer.parameters().forEach(one -> one.mul(one).sum().backward());
            optimizer.step();
        }
    }

    @Test
    void whatIsLoadedGoesOnAsWhatWasSaved(@TempDir Path folder) throws IOException {
        for (Function<List<Tensor>, Optimizer> kind : KINDS) {
            for (DType dtype : List.of(DType.FLOAT32, DType.BFLOAT16)) {
                Tensor parameter = parameter(dtype);
                Optimizer optimizer = kind.apply(List.of(parameter));
                steps(optimizer, 3);
                Tensor copy = parameter.detach().clone().requiresGrad_(true);
                Optimizer later = new SGD(List.of(copy), 99);
                later = optimizer instanceof SGD
                        ? later
                        : optimizer instanceof Adam ? new Adam(List.of(copy)) : new AdamW(List.of(copy));
                NnSnippets.optimizerState(folder.resolve("state.safetensors"), optimizer, later);
                assertEquals(optimizer.lr() / 10, later.lr());
                later.setLr(optimizer.lr());
                assertEquals(optimizer.stateDict().toString(), later.stateDict().toString());
                steps(optimizer, 3);
                steps(later, 3);
                assertEquals(Reference.hex(parameter.detach()), Reference.hex(copy.detach()));
            }
        }
    }

    @Test
    void namesAreThePathsOfPyTorchsState(Arena arena) {
        Tensor first = Tensor.of(arena, 1f).requiresGrad_(true);
        Tensor second = Tensor.of(arena, 1f).requiresGrad_(true);
        var adam = new Adam(List.of(first, second), new Adam.Options().amsgrad(true));
        Set<String> options = Set.of(
                "param_groups.0.lr",
                "param_groups.0.betas",
                "param_groups.0.eps",
                "param_groups.0.weight_decay",
                "param_groups.0.amsgrad",
                "param_groups.0.maximize",
                "param_groups.0.params");
        assertEquals(options, adam.stateDict().keySet());
        second.sum().backward();
        adam.step();
        Map<String, Tensor> state = new LinkedHashMap<>(adam.stateDict());
        assertEquals("tensor([0, 1])", state.get("param_groups.0.params").toString());
        assertEquals("tensor(True)", state.get("param_groups.0.amsgrad").toString());
        assertEquals("tensor(1.)", state.get("state.1.step").toString());
        state.keySet().removeAll(options);
        assertEquals(
                Set.of("state.1.step", "state.1.exp_avg", "state.1.exp_avg_sq", "state.1.max_exp_avg_sq"),
                state.keySet());
        assertThrows(UnsupportedOperationException.class, () -> adam.stateDict().clear());
    }

    @Test
    void aLearningRateHoldsFromTheNextStepOn(Arena arena) {
        Tensor parameter = Tensor.of(arena, 0f).requiresGrad_(true);
        var optimizer = new SGD(List.of(parameter), 1);
        parameter.sum().backward();
        optimizer.step();
        optimizer.setLr(0.25);
        optimizer.step();
        assertEquals(-1.25f, parameter.detach().item());
        for (Optimizer one : List.of(optimizer, new Adam(List.of(parameter)), new AdamW(List.of(parameter)))) {
            one.setLr(0.5);
            assertEquals(0.5, one.lr());
            assertThrows(IllegalArgumentException.class, () -> one.setLr(-1));
            assertEquals(0.5, one.lr());
        }
    }

    private static void assertRefused(String message, Optimizer optimizer, Map<String, Tensor> state) {
        String before = optimizer.stateDict().toString();
        assertEquals(
                message,
                assertThrows(IllegalArgumentException.class, () -> optimizer.loadStateDict(state))
                        .getMessage());
        assertEquals(before, optimizer.stateDict().toString());
    }

    @Test
    void whatDoesNotFitIsNamedAndChangesNothing() {
        Tensor parameter = parameter(DType.FLOAT32);
        var adam = new Adam(List.of(parameter));
        steps(adam, 1);
        Map<String, Tensor> state = adam.stateDict();
        var other = new Adam(List.of(parameter(DType.FLOAT32), parameter(DType.FLOAT32)));
        assertRefused("stateDict is of 1 parameters, and the optimizer has 2", other, state);
        assertRefused("stateDict has no param_groups.0.momentum", new SGD(List.of(parameter), 1), state);
        Map<String, Tensor> changed = new LinkedHashMap<>(state);
        changed.put("state.0.exp_avg", Torch.zeros(2));
        assertRefused("state.0.exp_avg of stateDict has sizes [2], and must have [2, 3]", adam, changed);
        changed.remove("state.0.exp_avg");
        assertRefused("stateDict has no state.0.exp_avg", adam, changed);
        changed.putAll(state);
        changed.put("state.1.step", Torch.zeros());
        assertRefused("stateDict has state.1.step, and the optimizer has no such state", adam, changed);
        changed.remove("state.1.step");
        changed.put("param_groups.0.lr", Tensor.of(1.0));
        assertRefused("param_groups.0.lr of stateDict has sizes [1], and must have []", adam, changed);
        changed.put("param_groups.0.lr", Torch.full(new long[0], -1f));
        assertRefused("Invalid learning rate: -1.0; lr must be 0 or more", adam, changed);
    }
}
