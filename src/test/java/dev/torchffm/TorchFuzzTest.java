package dev.torchffm;

import static dev.torchffm.FuzzInput.ABSURD;
import static dev.torchffm.FuzzInput.ENOUGH;
import static dev.torchffm.FuzzInput.assertIs;
import static dev.torchffm.FuzzInput.refusedOr;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.lang.foreign.Arena;
import java.util.Arrays;

/** Every factory with any arguments: a tensor of just what was asked for, or a clear refusal. */
final class TorchFuzzTest {

    @FuzzTest
    void filled(FuzzedDataProvider data) {
        FuzzInput.run(data, input -> {
            DType dtype = input.orNull(input.dtype());
            long[] sizes = input.orNull(input.sizes());
            Number value = input.orNull(input.number());
            double bytes = dtype == null || sizes == null ? 0 : FuzzInput.bytes(dtype, sizes);
            if (bytes > ENOUGH && bytes < ABSURD) {
                return;
            }
            int kind = input.choice(6);
            boolean automatic = input.automatic();
            Tensor x = refusedOr(() ->
                    automatic ? filled(kind, dtype, sizes, value) : filled(input.arena, kind, dtype, sizes, value));
            if (x != null) {
                assertTrue(bytes <= ENOUGH);
                assertIs(x, dtype, sizes);
            }
        });
    }

    private static Tensor filled(Arena arena, int kind, DType dtype, long[] sizes, Number value) {
        return switch (kind) {
            case 0 -> Torch.empty(arena, dtype, sizes);
            case 1 -> Torch.zeros(arena, dtype, sizes);
            case 2 -> Torch.ones(arena, dtype, sizes);
            case 3 -> Torch.rand(arena, dtype, sizes);
            case 4 -> Torch.randn(arena, dtype, sizes);
            default -> Torch.full(arena, dtype, sizes, value);
        };
    }

    private static Tensor filled(int kind, DType dtype, long[] sizes, Number value) {
        return switch (kind) {
            case 0 -> Torch.empty(dtype, sizes);
            case 1 -> Torch.zeros(dtype, sizes);
            case 2 -> Torch.ones(dtype, sizes);
            case 3 -> Torch.rand(dtype, sizes);
            case 4 -> Torch.randn(dtype, sizes);
            default -> Torch.full(dtype, sizes, value);
        };
    }

    private static double largest(Number... numbers) {
        return Arrays.stream(numbers)
                .mapToDouble(number -> Math.abs(number.doubleValue()))
                .max()
                .orElse(0);
    }

    private static double value(Number number, boolean truncated) {
        return truncated ? number.longValue() : number.doubleValue();
    }

    @FuzzTest
    void arange(FuzzedDataProvider data) {
        FuzzInput.run(data, input -> {
            DType dtype = input.orNull(input.dtype());
            Number start = input.orNull(input.number());
            Number end = input.orNull(input.number());
            Number step = input.orNull(input.number());
            boolean truncated = dtype == DType.INT64; // libtorch counts so
            double count = start == null || end == null || step == null
                    ? 0
                    : Math.ceil((value(end, truncated) - value(start, truncated)) / value(step, truncated));
            if (count > 1 << 16 && count < ABSURD) {
                return;
            }
            Tensor x = refusedOr(() -> Torch.arange(input.arena, dtype, start, end, step));
            if (x != null) {
                assertIs(x, dtype, x.numel());
                if (truncated && largest(start, end, step) > 0x1p60) {
                    return; // libtorch's own sums wrap around
                }
                double rounding = (Math.abs(start.doubleValue()) + Math.abs(end.doubleValue()))
                        / Math.abs(step.doubleValue())
                        * 0x1p-51;
                assertTrue(Math.abs(x.numel() - count) <= 1 + rounding, () -> x.numel() + " elements, not " + count);
            }
        });
    }
}
