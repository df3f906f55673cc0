package dev.torchffm;

import static dev.torchffm.testing.TensorAssertions.assertBitEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The shim's own loops: used where they may be, and only there. */
@ExtendWith(TorchExtension.class)
@Tag("kernels")
final class KernelsTest {

    private static final short SIGNALLING_NAN = 0x7c01;

    /** libtorch's vector code would make a quiet NaN of it. */
    private static Tensor signallingNaNs(Arena arena) {
        MemorySegment memory = arena.allocate(2 * 64, 64);
        for (int i = 0; i < 64; i++) {
            memory.setAtIndex(ValueLayout.JAVA_SHORT, i, SIGNALLING_NAN);
        }
        return Tensor.fromSegment(arena, memory, DType.FLOAT16, new long[] {64}, new long[] {1}, 0);
    }

    private static void assertKept(Tensor tensor) {
        for (int i = 0; i < 64; i++) {
            assertEquals(SIGNALLING_NAN, tensor.segment().getAtIndex(ValueLayout.JAVA_SHORT, i));
        }
    }

    @Test
    void shimKernelsServeEveryForm(@TempDir Path folder) throws Exception {
        assertEquals(new ChildJvm.Result(0, "used\n"), new ChildJvm(folder).run(Uses.class));
    }

    /** In a process of its own, where nobody has asked for gradients. */
    static final class Uses {
        static void main() {
            try (Mode _ = Torch.kernels(Kernels.SHIM);
                    Arena arena = Arena.ofConfined()) {
                Tensor x = signallingNaNs(arena);
                for (Tensor result : List.of(
                        x.clamp(-1, 1),
                        x.clampMin(0),
                        x.clampMax(0.5),
                        x.relu(),
                        x.clamp(0, null, Torch.empty(arena, DType.FLOAT16, 64)),
                        x.clampMin(0, Torch.empty(arena, DType.FLOAT16, 64)),
                        x.clampMax(0, Torch.empty(arena, DType.FLOAT16, 64)),
                        x.clamp_(0, 1),
                        x.clampMin_(0),
                        x.clampMax_(0),
                        x.relu_())) {
                    assertKept(result);
                }
            }
            System.out.println("used");
        }
    }

    @Test
    void shimKernelsLeaveTheRestToLibtorch(Arena arena) {
        try (Mode _ = Torch.kernels(Kernels.SHIM)) {
            Tensor integers = Tensor.of(arena, -1, 2);
            assertEquals("tensor([0.5000, 2.0000])", integers.clamp(0.5, null).toString());
            assertEquals(
                    "tensor([nan, nan])",
                    Tensor.of(arena, 1f, 2f).clamp(Float.NaN, null).toString());
            assertThrows(TorchException.class, () -> integers.clamp((Number) null, null));
            assertThrows(TorchException.class, () -> Tensor.of(arena, (byte) 1).clamp_(1000, null));
            assertThrows(TorchException.class, () -> Tensor.of(arena, true).relu());
            Tensor columns = Tensor.fromSegment(
                    arena,
                    arena.allocateFrom(ValueLayout.JAVA_FLOAT, -1, -2, -3, -4),
                    DType.FLOAT32,
                    new long[] {2},
                    new long[] {2},
                    1);
            assertEquals("tensor([0., 0.])", columns.clamp_(0, null).toString());
            assertEquals("tensor([0., 0.])", columns.clamp(0, null).toString());
        }
    }

    @Test
    void shimKernelsGiveTheSameLargeResult(Arena arena) {
        Tensor x = Torch.randn(arena, 3_000_001);
        Tensor expected;
        try (Mode _ = Torch.kernels(Kernels.LIBTORCH)) {
            expected = x.clamp(-0.5, 0.5);
        }
        try (Mode _ = Torch.kernels(Kernels.SHIM)) {
            assertBitEquals(expected, x.clamp(-0.5, 0.5));
            assertBitEquals(expected, x.clamp_(-0.5, 0.5));
        }
    }

    @Test
    void shimKernelsWriteNothingUncounted(@TempDir Path folder) throws Exception {
        var child = new ChildJvm(folder).option("-Ddev.torchffm.kernels=shim");
        assertEquals(new ChildJvm.Result(0, "right\n"), child.run(Gradients.class));
    }

    /** In a process of its own, for what it does once is so for ever. */
    static final class Gradients {
        static void main() {
            Tensor first = Tensor.of(-1f, 2f);
            assertSame(first, first.clamp_(0, null));
            assertEquals("tensor([0., 2.])", first.toString());

            Tensor leaf = Tensor.of(-1f, 2f).requiresGrad_(true);
            assertEquals(
                    "tensor([0., 2.], grad_fn=<ClampBackward1>)",
                    leaf.clamp(0, null).toString());
            assertEquals(
                    "tensor([0., 2.], grad_fn=<ReluBackward0>)", leaf.relu().toString());
            assertThrows(TorchException.class, () -> leaf.clamp_(0, null));

            Tensor factor = Tensor.of(3f, -4f);
            var product = (Tensor) Torch.call("aten::mul.Tensor", leaf, factor).getFirst();
            factor.clamp_(0, null);
            var failure = assertThrows(TorchException.class, () -> product.backward(Torch.ones(2)));
            assertTrue(String.valueOf(failure.getMessage()).contains("modified by an inplace operation"));

            try (Arena arena = Arena.ofConfined()) { // what is new nobody knows, so it is still written
                Tensor x = signallingNaNs(arena);
                for (Tensor fresh : List.of(x.clamp(-1, 1), x.clampMin(0), x.clampMax(0.5), x.relu())) {
                    assertKept(fresh);
                }
            }
            System.out.println("right");
        }
    }
}
