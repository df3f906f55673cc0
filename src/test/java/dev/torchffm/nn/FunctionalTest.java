package dev.torchffm.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.torchffm.Aten;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.TorchException;
import dev.torchffm.nn.Reference.Case;
import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Losses. */
@ExtendWith(TorchExtension.class)
final class FunctionalTest {

    static Stream<Case> losses() {
        return Reference.cases("losses");
    }

    @ParameterizedTest
    @MethodSource("losses")
    void lossesArePyTorchs(Case reference, Arena arena) {
        Tensor x = reference.tensor(arena, "input", 6, 3).requiresGrad_(true);
        long[] classes = StreamSupport.stream(reference.node("classes").spliterator(), false)
                .mapToLong(node -> node.asLong())
                .toArray();
        Tensor loss = reference.text("loss").equals("mse")
                ? Functional.mseLoss(x, reference.tensor(arena, "target", 6, 3))
                : Aten.crossEntropyLoss(x, Tensor.of(arena, classes));
        assertEquals(0, loss.dim());
        Reference.assertClose(reference.tensor(arena, "output"), loss.detach().reshape(1));
        loss.backward();
        Reference.assertClose(reference.tensor(arena, "grad", 6, 3), Objects.requireNonNull(x.grad()));
    }

    /** Keeps what is logged. */
    private static final class Log extends Handler {

        final List<String> messages = new ArrayList<>();

        @Override
        public void publish(LogRecord message) {
            messages.add(message.getLevel() + " " + message.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    @Test
    void mseLossWarnsOfSizesThatOnlyBroadcast(Arena arena) {
        var logger = Logger.getLogger(Functional.class.getName());
        var log = new Log();
        logger.addHandler(log);
        logger.setUseParentHandlers(false);
        try {
            Functional.mseLoss(Torch.ones(arena, 2, 3), Torch.ones(arena, 2, 3));
            assertEquals(List.of(), log.messages);
            Functional.mseLoss(Torch.ones(arena, 2, 3), Torch.ones(arena, 3));
            Functional.mseLoss(Torch.ones(arena, 3), Torch.ones(arena));
        } finally {
            logger.setUseParentHandlers(true);
            logger.removeHandler(log);
        }
        String mistake = "This will likely lead to incorrect results due to broadcasting. Please ensure they have the"
                + " same size.";
        assertEquals(
                List.of(
                        "WARNING Using a target size (torch.Size([3])) that is different to the input size"
                                + " (torch.Size([2, 3])). " + mistake,
                        "WARNING Using a target size (torch.Size([])) that is different to the input size"
                                + " (torch.Size([3])). " + mistake),
                log.messages);
    }

    @Test
    void crossEntropyRefusesAClassThatIsNone(Arena arena) {
        for (long wrong : new long[] {2, -1}) {
            assertEquals(
                    "Target " + wrong + " is out of bounds.",
                    assertThrows(
                                    TorchException.class,
                                    () -> Aten.crossEntropyLoss(Torch.zeros(arena, 1, 2), Tensor.of(arena, wrong)))
                            .getMessage());
        }
        assertThrows(TorchException.class, () -> Aten.crossEntropyLoss(Torch.zeros(arena, 3, 2), Tensor.of(arena, 0L)));
    }

    /** Of x in a row of four: 2 / 16 times the sum of x - target; libtorch's own mse_loss divides by another number. */
    @Test
    void mseLossHasItsGradientWhereItBroadcasts(Arena arena) {
        Tensor x = Tensor.of(arena, 1.0, 2.0, 3.0, 4.0).reshape(4, 1).clone().requiresGrad_(true);
        Tensor target = Tensor.of(arena, 5.0, 6.0, 7.0, 8.0);
        Functional.mseLoss(x, target).backward();
        assertEquals(
                "tensor([[-2.7500],\n        [-2.2500],\n        [-1.7500],\n        [-1.2500]], dtype=torch.float64)",
                Objects.requireNonNull(x.grad()).toString());
    }
}
