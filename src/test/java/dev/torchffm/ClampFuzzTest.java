package dev.torchffm;

import static dev.torchffm.FuzzInput.assertConsistent;
import static dev.torchffm.FuzzInput.refusedOr;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.function.Supplier;

/** Clamp with any arguments: a result of the sizes given, or a clear refusal. */
final class ClampFuzzTest {

    @FuzzTest
    void clamp(FuzzedDataProvider data) {
        FuzzInput.run(data, input -> {
            Tensor x = input.tensor();
            Number min = input.orNull(input.number());
            Number max = input.orNull(input.number());
            Tensor other = input.bool() ? x : input.tensor();
            Tensor out = input.orNull(other);
            Supplier<Tensor> call =
                    switch (input.choice(9)) {
                        case 0 -> () -> x.clamp(min, max);
                        case 1 -> () -> x.clamp_(min, max);
                        case 2 -> () -> x.clamp(min, max, out);
                        case 3 -> () -> x.clampMin(min);
                        case 4 -> () -> x.clampMin_(min);
                        case 5 -> () -> x.clampMin(min, out);
                        case 6 -> () -> x.clampMax(max);
                        case 7 -> () -> x.clampMax_(max);
                        default -> () -> x.clampMax(max, out);
                    };
            Tensor result = refusedOr(call);
            if (result != null) {
                assertArrayEquals(x.sizes(), result.sizes());
                assertConsistent(result);
            }
            assertConsistent(x);
            assertConsistent(other);
        });
    }
}
