package dev.torchffm;

import static dev.torchffm.testing.TensorAssertions.assertBitEquals;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** New tensors: dtypes, values, random numbers, and what is refused. */
@ExtendWith(TorchExtension.class)
final class TorchTest {

    @Test
    void libtorchVersionIsOneThatIsServed() {
        String version = Torch.libtorchVersion();
        assertTrue(version.matches("2\\.1[345]\\.\\d+"), version);
    }

    @Test
    void factoriesDefaultToPyTorchsDtypes() {
        assertEquals(DType.INT64, Torch.arange(3).dtype());
        assertEquals(DType.FLOAT32, Torch.arange(0, 1.5).dtype());
        assertEquals(DType.FLOAT32, Torch.zeros(2).dtype());
        assertEquals(DType.INT64, Torch.full(new long[] {2}, 7).dtype());
        assertEquals(DType.FLOAT32, Torch.full(new long[] {2}, 7.5).dtype());
        assertEquals(DType.FLOAT32, Torch.randn(2).dtype());
    }

    @Test
    void factoriesGiveTheValuesAskedFor(Arena arena) {
        assertEquals(
                "tensor([[0., 0.], [0., 0.]])",
                Torch.zeros(arena, 2, 2).toString().replaceAll("\\s+", " "));
        assertEquals(
                "tensor([1, 1], dtype=torch.int16)",
                Torch.ones(arena, DType.INT16, 2).toString());
        assertEquals(
                Long.MAX_VALUE - 1,
                Torch.full(arena, new long[0], Long.MAX_VALUE - 1).item());
        assertEquals(
                "tensor([0.0000, 0.5000, 1.0000])", Torch.arange(0, 1.5, 0.5).toString());
        assertEquals("tensor([5, 3, 1])", Torch.arange(arena, 5, 0, -2).toString());
        assertEquals(
                "tensor([0., 1., 2.], dtype=torch.bfloat16)",
                Torch.arange(arena, DType.BFLOAT16, 0, 3, 1).toString());
        assertEquals(0, Torch.arange(0).numel());
        for (float value : Torch.rand(arena, 1000).toFloatArray()) {
            assertTrue(value >= 0 && value < 1);
        }
        double sum = 0;
        for (double value : Torch.randn(arena, DType.FLOAT64, 10_000).toDoubleArray()) {
            sum += value * value;
        }
        assertEquals(1, sum / 10_000, 0.1);
        assertArrayEquals(
                new long[] {3, 0}, Torch.empty(arena, DType.UINT8, 3, 0).sizes());
    }

    @Test
    void factoriesRefuseMoreThanThereIsMemory() {
        for (Runnable call : new Runnable[] {() -> Torch.arange(1L << 50), () -> Torch.zeros(1L << 50)}) {
            String text = assertThrows(TorchException.class, call::run).getMessage();
            assertTrue(text.contains("allocate"), text);
        }
    }

    @Test
    void arangeOfZerosIsEmptyWhateverTheirSigns() {
        assertEquals("tensor([])", Torch.arange(-0.0, 0, -1).toString());
        assertEquals("tensor([])", Torch.arange(0.0, -0.0, 2.5).toString());
    }

    @Test
    void arangeRefusesBadNumbers() {
        assertTrue(message(() -> Torch.arange(0, 5, 0)).startsWith("step is 0"));
        assertTrue(message(() -> Torch.arange(5, 0)).startsWith("step is 1"));
        assertTrue(message(() -> Torch.arange(Double.NaN)).startsWith("start, end and step are 0, NaN"));
        assertTrue(message(() -> Torch.arange(1e300)).contains("fewer than 2^63 elements"));
        assertTrue(message(() -> Torch.arange(Long.MIN_VALUE, Long.MAX_VALUE)).contains("fewer than 2^63 elements"));
        assertTrue(message(() -> Torch.arange(4_000_000_000_000_000_000L)).contains("less than 2^63"));
        assertTrue(message(() -> Torch.arange((1L << 53) + 1, 1L << 53)).startsWith("step is 1"));
        assertTrue(message(() -> Torch.arange((1L << 53) + 1, 1L << 53, 0.5)).startsWith("step is 0.5"));
    }

    @Test
    void zerosRefusesANegativeSize() {
        assertTrue(message(() -> Torch.zeros(-1)).startsWith("sizes[0] is -1"));
    }

    @Test
    void parameterIsALeafOverTheSameMemory() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor data = Tensor.of(arena, 1f, 2f);
            Tensor parameter = Torch.parameter(data.mul(Torch.ones(2).requiresGrad_(true)));
            assertEquals("Parameter containing:\ntensor([1., 2.], requires_grad=True)", parameter.toString());
            Tensor same = Torch.parameter(data);
            assertEquals(data.dataPtr(), same.dataPtr());
            assertEquals("tensor([1., 2.])", data.toString());
            assertEquals("tensor([1., 2.])", same.detach().toString());
            assertEquals(same.toString(), same.in(Arena.ofAuto()).toString());
            same.mul(3).sum().backward();
            assertEquals("tensor([3., 3.])", String.valueOf(same.grad()));
            same.requiresGrad_(false).copy_(Torch.zeros(2));
            assertEquals("Parameter containing:\ntensor([0., 0.])", same.toString());
            assertEquals("tensor([0., 0.])", data.toString());
        }
        assertThrows(TorchException.class, () -> Torch.parameter(Tensor.of(1)));
    }

    @Test
    void manualSeedGivesPythonsNumbers() {
        Torch.manualSeed(0);
        assertEquals("""
                tensor([[-1.1258, -1.1524, -0.2506, -0.4339,  0.8487],
                        [ 0.6920, -0.3160, -2.1152,  0.3223, -0.1577],
                        [ 1.4437,  0.2660,  0.1665,  0.8744, -0.1435],
                        [-0.1116, -0.6136,  1.2590,  2.0050,  0.0537],
                        [ 0.6181, -0.4128, -0.8411, -2.3160, -0.1023]])""", Torch.randn(5, 5).toString());
        Torch.manualSeed(-1);
        Tensor first = Torch.rand(7);
        Torch.manualSeed(-1);
        assertBitEquals(first, Torch.rand(7));
        assertFalse(Tensor.equal(first, Torch.rand(7)));
    }

    private static String message(Runnable call) {
        return Objects.requireNonNull(
                assertThrows(IllegalArgumentException.class, call::run).getMessage());
    }
}
