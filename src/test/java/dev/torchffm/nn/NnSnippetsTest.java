package dev.torchffm.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.examples.NnSnippets;
import dev.torchffm.optim.Optimizer;
import dev.torchffm.optim.SGD;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples of networks do what they say. */
final class NnSnippetsTest {

    @Test
    void exclusiveOrIsLearned() {
        float loss = NnSnippets.train();
        assertTrue(loss < 1e-3, () -> "the loss is " + loss);
        assertEquals(loss, NnSnippets.train(), "the seed is the same");
    }

    @Test
    void readmesTrainingIsTheCompiledOne() throws IOException {
        String source = Files.readString(Path.of("src/examples/java/dev/torchffm/examples/NnSnippets.java"));
        String region =
                source.substring(source.indexOf("        Torch.manualSeed"), source.indexOf("\n        // @end"));
        assertTrue(Files.readString(Path.of("README.md")).contains("```java\n" + region.stripIndent() + "\n```"));
    }

    @Test
    void parametersGoThroughAFile(@TempDir Path folder) throws IOException {
        var from = new Linear(2, 3);
        var to = new Linear(2, 3);
        NnSnippets.stateDict(folder.resolve("linear.safetensors"), from, to);
        assertTrue(Tensor.equal(from.weight(), to.weight()));
    }

    @Test
    void equalScoresCostTheLogarithmOfTheirNumber() {
        Tensor scores = Tensor.of(0f, 0f, 0f, 0f, 0f, 0f).reshape(2, 3);
        assertEquals(Math.log(3), NnSnippets.functional(scores).item().doubleValue(), 1e-6);
    }

    @Test
    void theCubesBendIsSixTimesThePlace() {
        assertEquals("tensor([12.])", NnSnippets.secondDerivative(2).toString());
    }

    @Test
    void aModuleOfYourOwnLearns() {
        var scale = new NnSnippets.Scale();
        Functional.mseLoss(scale.forward(Torch.ones(3)), Torch.full(new long[] {3}, 2f))
                .backward();
        new SGD(scale.parameters(), 0.5).step();
        assertEquals(
                "Parameter containing:\ntensor([2.], requires_grad=True)",
                scale.parameters().getFirst().toString());
    }

    @Test
    void optimizersTakeOptions() {
        var layer = new Linear(1, 1);
        for (Optimizer optimizer : NnSnippets.optimizers(layer)) {
            Number before = layer.weight().detach().item();
            layer.forward(Torch.ones(1, 1)).sum().backward();
            optimizer.step();
            assertNotEquals(before, layer.weight().detach().item());
        }
    }
}
