package dev.torchffm.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Texts of packages that the small one cannot give, as PyTorch 2.13 to 2.15 write them. */
final class InputMismatchTest {

    private static final Tensor X = Torch.ones(4, 3);
    private static final Tensor Y = Torch.ones(5, 3);

    private static void assertMessage(String message, String text, Tensor... inputs) {
        assertEquals(Optional.of(message), InputMismatch.of(text, List.of(inputs)));
    }

    @Test
    void namesTheInputOfSeveral() {
        assertMessage(
                "inputs[1] has sizes [5, 3], and size 0 must be 4",
                "input_handles[1]: unmatched dim value at 0, expected: 4, but got: 5\n",
                X,
                Y);
        assertMessage(
                "inputs[1] is FLOAT32, and must be INT64",
                "input_handles[1]: unmatched dtype, expected: 4(at::kLong), but got: 6\n",
                X,
                Y);
    }

    @Test
    void aDTypeThatIsNoneHereHasItsNumber() {
        assertMessage(
                "inputs[0] is FLOAT32, and must be libtorch's dtype 9",
                "input_handles[0]: unmatched dtype, expected: 9(at::kComplexFloat), but got: 6\n",
                X);
        for (DType dtype : DType.values()) {
            assertMessage(
                    "inputs[0] is FLOAT32, and must be " + dtype,
                    "input_handles[0]: unmatched dtype, expected: " + TorchDType.code(dtype)
                            + "(at::kFloat), but got: 6\n",
                    X);
        }
    }

    @Test
    void tellsHowOneIsTakenToo() {
        assertMessage(
                "inputs[0] has sizes [4, 3], and size 0 must be 2 or more; a model that is to take 1 too is compiled with"
                        + " inductor_configs={\"aot_inductor.check_lowerbound\": False}",
                "input_handles[0]: dim value is too small at 0, expected it to be >= 2, but got: 1\n",
                X);
        assertMessage(
                "inputs[0] has sizes [4, 3], and size 0 must be 8 or more",
                "input_handles[0]: dim value is too small at 0, expected it to be >= 8, but got: 4\n",
                X);
    }

    @Test
    void noCopyInARowHelpsWhatLiesInARow() {
        assertMessage(
                "inputs[0] has strides [3, 1], and stride 1 must be 4; the model was exported with an input of other"
                        + " strides, such as channels last",
                "input_handles[0]: unmatched stride value at 1, expected: 4, but got: 1\n",
                X);
    }

    @Test
    void findsTheInputThatDoesNotMatchAnother() {
        String text = "expected size 5==4, stride 3==3 at dim=0; expected size 3==3, stride 1==1 at dim=1\n"
                + "Error in op: input\nThis error most often comes from a incorrect fake (aka meta) kernel";
        assertMessage(
                "inputs[1] has the size 5 at 0, and must have 4, as the sizes of the inputs belong together",
                text,
                X,
                Y);
        assertMessage(
                "an input has the size 5 at 0, and must have 4, as the sizes of the inputs belong together",
                text,
                Y,
                Y);
        assertMessage(
                "inputs[0] has the stride 3 at 0, and must have 1; contiguous() gives a copy in a row",
                "expected size 4==4, stride 3==1 at dim=0\nError in op: input\n",
                X,
                Y);
        assertMessage(
                "inputs[1] has 2 dimensions, and must have 3",
                "expected ndim 3 but got 2\nError in op: input\n",
                Torch.ones(1, 2, 3),
                X);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "API call failed",
                "index out of bounds",
                "input_handles[0]: unmatched device type, expected: 00(cpu)",
                "expected size 5==4, stride 3==3 at dim=0\nError in op: torch.ops.aten.convolution.default"
            })
    void otherFailuresAreNoMismatch(String text) {
        assertEquals(Optional.empty(), InputMismatch.of(text, List.of(X)));
    }
}
