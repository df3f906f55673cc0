package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.internal.Handles;
import dev.torchffm.nn.Linear;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tensors live and die with their arenas. */
final class TensorLifetimeTest {

    /** Every way of using a tensor's elements or its gradient. */
    private static final List<Consumer<Tensor>> USES = List.of(
            Tensor::item,
            Tensor::toDoubleArray,
            Tensor::requiresGrad,
            Tensor::grad,
            Tensor::backward,
            Tensor::segment,
            Tensor::dataPtr,
            Tensor::toFloatArray,
            Tensor::relu,
            Tensor::relu_,
            Tensor::clone,
            Tensor::contiguous,
            x -> x.clamp(0, 1),
            x -> x.clamp_(0, 1),
            x -> x.clampMin(0),
            x -> x.clampMin_(0),
            x -> x.clampMax(0),
            x -> x.clampMax_(0),
            x -> x.copyTo(MemorySegment.ofArray(new float[9])),
            x -> x.copy_(Tensor.of(1f)),
            x -> Tensor.of(1f).copy_(x),
            x -> Tensor.of(1f, 2f).clamp(0, 1, x),
            x -> x.clamp(0, 1, Tensor.of(1f, 2f)),
            x -> x.in(Arena.ofAuto()),
            x -> Tensor.equal(x, x),
            x -> Torch.call("aten::relu", x),
            x -> Torch.call("aten::cat", List.of(x, x)));

    @Test
    void tensorRefusesEveryUseAfterClose() {
        Arena arena = Arena.ofConfined();
        Tensor x = Tensor.of(arena, 1f, 2f);
        Tensor y = x.relu();
        arena.close();
        for (Consumer<Tensor> use : USES) {
            assertThrows(IllegalStateException.class, () -> use.accept(x));
            assertThrows(IllegalStateException.class, () -> use.accept(y));
        }
        assertThrows(IllegalStateException.class, arena::close);
    }

    @Test
    void tensorRefusesEveryUseOfClosedMemory() {
        try (Arena handles = Arena.ofConfined()) {
            Arena memory = Arena.ofConfined();
            Tensor x = Tensor.fromSegment(
                    handles, memory.allocate(8, 4), DType.FLOAT32, new long[] {2}, new long[] {1}, 0);
            Tensor alias = (Tensor)
                    Torch.call(handles, "aten::view", x, new long[] {2}).getFirst();
            memory.close();
            for (Consumer<Tensor> use : USES) {
                assertThrows(IllegalStateException.class, () -> use.accept(x));
                assertThrows(IllegalStateException.class, () -> use.accept(alias));
            }
        }
    }

    @Test
    void tensorRefusesEveryUseByAnotherThread() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor x = Tensor.of(arena, 1f, 2f);
            for (Consumer<Tensor> use : USES) {
                var failure =
                        assertThrows(CompletionException.class, () -> CompletableFuture.runAsync(() -> use.accept(x))
                                .join());
                assertInstanceOf(WrongThreadException.class, failure.getCause());
            }
        }
    }

    /** What logs and debuggers ask for. */
    @Test
    void tensorDescribesItselfAlways() throws Exception {
        Arena arena = Arena.ofConfined();
        Tensor x = Tensor.of(arena, 1.5, 2.5);
        Tensor y = x.reshape(2, 1).requiresGrad_(true);
        var module = new Linear(2, 3);
        String rest = " FLOAT64 [2] [1] 0 1 2 true false";
        assertEquals("tensor([1.5000, 2.5000], dtype=torch.float64)" + rest, description(x));
        assertEquals(
                "tensor(..., size=(2,), dtype=torch.float64, confined to another thread)" + rest,
                CompletableFuture.supplyAsync(() -> description(x)).get());
        arena.close();
        assertEquals("tensor(..., size=(2,), dtype=torch.float64, closed)" + rest, description(x));
        assertEquals(
                "[tensor(..., size=(2, 1), dtype=torch.float64, closed)] Linear(in_features=2, out_features=3, bias=True)",
                List.of(y) + " " + module);
    }

    private static String description(Tensor x) {
        return x + " " + x.dtype() + " " + Arrays.toString(x.sizes()) + " " + Arrays.toString(x.strides()) + " "
                + x.storageOffset() + " " + x.dim() + " " + x.numel() + " " + x.isContiguous() + " " + x.isInference();
    }

    @Test
    void refusalSaysWhichTensor() {
        Arena arena = Arena.ofConfined();
        Tensor x = Torch.zeros(arena, 2);
        arena.close();
        for (Consumer<Tensor> use : USES) {
            String text = assertThrows(IllegalStateException.class, () -> use.accept(x))
                    .getMessage();
            assertTrue(text.contains("the FLOAT32 tensor with sizes [2]"), () -> USES.indexOf(use) + text);
        }
    }

    @Test
    void resultOutlivesItsInputInANamedArena() {
        try (Arena results = Arena.ofConfined()) {
            Tensor y;
            Tensor sum;
            try (Arena inputs = Arena.ofConfined()) {
                Tensor x = Tensor.of(inputs, -1f, 2f);
                y = x.in(results).clamp(0, null);
                sum = (Tensor) Torch.call(results, "aten::sum", x).getFirst();
            }
            assertArrayEquals(new float[] {0, 2}, y.toFloatArray());
            assertEquals(1f, sum.item());
        }
    }

    @Test
    void handlesAreFreedExactlyOnce(@TempDir Path folder) throws Exception {
        var result = new ChildJvm(folder).run(HandleCount.class);
        assertEquals(new ChildJvm.Result(0, "0 handles live\n"), result);
    }

    /** In a process of its own, where nobody else makes handles. */
    static final class HandleCount {
        static void main() {
            for (int round = 0; round < 100; round++) {
                try (Arena arena = Arena.ofConfined();
                        Arena results = Arena.ofShared()) {
                    Tensor x = Tensor.of(arena, 1f, -2f);
                    long made = Handles.live();
                    x.relu_().clamp_(0, 1);
                    Torch.call("aten::relu_", x);
                    expect(Handles.live() == made, "in place makes no handle");
                    x.clamp(0, null).clone().in(results).relu();
                    Torch.call(results, "aten::sort", x);
                    expect(Handles.live() == made + 5, "each result is one handle");
                    fails(() -> Torch.call("aten::mm", x, x));
                    fails(() -> x.clamp((Number) null, null));
                    fails(() -> Torch.rand(arena, DType.INT8, 3));
                    expect(Handles.live() == made + 5, "a failure leaves no handle");
                    Arena closed = Arena.ofConfined();
                    closed.close();
                    fails(() -> x.in(closed).relu());
                    fails(() -> Torch.call(closed, "aten::sort", x));
                    expect(Handles.live() == made + 5, "a result that no arena takes is freed");
                }
            }
            System.out.println(Handles.live() + " handles live");
        }

        private static void expect(boolean holds, String rule) {
            if (!holds) {
                throw new AssertionError(rule + ": " + Handles.live());
            }
        }

        private static void fails(Runnable call) {
            try {
                call.run();
            } catch (RuntimeException expected) {
                return;
            }
            throw new AssertionError("no failure");
        }
    }

    @Test
    void operatorTakesManyTensorsThatNobodyCloses() {
        var tensors = new ArrayList<Tensor>();
        for (int i = 0; i < 1_000; i++) {
            tensors.add(i % 2 == 0 ? Tensor.of(1f) : Tensor.of(Arena.ofAuto(), 1f));
        }
        var joined = (Tensor) Torch.call("aten::cat", tensors).getFirst();
        assertEquals(1_000, joined.numel());
        Tensor leaf = Tensor.of(1f).requiresGrad_(true);
        Tensor product = leaf;
        for (Tensor factor : tensors) {
            product = (Tensor) Torch.call("aten::mul.Tensor", product, factor).getFirst();
        }
        product.backward();
        assertEquals("tensor([1.])", String.valueOf(leaf.grad()));
    }

    @Test
    void operatorTakesManySegmentsThatNobodyCloses() {
        var tensors = new ArrayList<Tensor>();
        for (int i = 0; i < 300; i++) {
            MemorySegment memory = i % 2 == 0
                    ? MemorySegment.ofBuffer(ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder()))
                    : Arena.global().allocate(8, 8);
            Tensor tensor = Tensor.fromSegment(memory, DType.FLOAT64, 1);
            tensors.add(i % 3 == 0 ? tensor.in(Arena.global()).relu() : tensor);
        }
        assertEquals(300, ((Tensor) Torch.call("aten::cat", tensors).getFirst()).numel());
    }

    @Test
    void operatorRefusesTooManySharedArenas() {
        var arenas = new ArrayList<Arena>();
        var tensors = new ArrayList<Tensor>();
        for (int i = 0; i <= 100; i++) {
            arenas.add(Arena.ofShared());
            tensors.add(Tensor.of(arenas.get(i), 1f));
        }
        assertEquals(
                100, ((Tensor) Torch.call("aten::cat", tensors.subList(0, 100)).getFirst()).numel());
        assertThrows(IllegalStateException.class, () -> Torch.call("aten::cat", tensors));
        arenas.forEach(Arena::close);
    }
}
