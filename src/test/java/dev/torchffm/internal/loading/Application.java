package dev.torchffm.internal.loading;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.torchffm.DType;
import dev.torchffm.Mode;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.interop.DlPack;
import dev.torchffm.io.Safetensors;
import dev.torchffm.model.CompiledModel;
import dev.torchffm.nn.Functional;
import dev.torchffm.nn.Linear;
import dev.torchffm.nn.Module;
import dev.torchffm.nn.MyReLU;
import dev.torchffm.nn.Sequential;
import dev.torchffm.optim.SGD;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** What a redeployed application does with tensors. It keeps some in static fields, which nobody clears. */
public final class Application {

    /** So many floats are written into memory that was used before. */
    private static final int LARGE = 3 << 19;

    private static final int TASKS = 600;

    private static final Tensor KEPT = Tensor.of(1f, -2f).relu();
    private static final Tensor KEPT_LARGE = Torch.zeros(DType.FLOAT32, LARGE).relu();
    private static final Module NETWORK = new Sequential(new Linear(2, 3), new MyReLU(), new Linear(3, 1));

    private Application() {}

    /** Does everything once, and tells a result. */
    public static String answer(Path model) throws IOException, InterruptedException, ExecutionException {
        assertEquals("tensor([1., 0.])", KEPT.toString());
        assertEquals(LARGE, KEPT_LARGE.numel());
        inPlace();
        train();
        largeResults();
        onVirtualThreads();
        file();
        lend();
        modes();
        return ofModel(model);
    }

    private static void inPlace() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1, -2, 3);
            Tensor x = Tensor.fromSegment(memory, DType.FLOAT32, 3);
            assertEquals(x, x.clamp_(0, null));
            assertEquals(0, memory.getAtIndex(ValueLayout.JAVA_FLOAT, 1));
        }
    }

    private static void train() {
        var optimizer = new SGD(NETWORK.parameters(), new SGD.Options(0.1));
        Functional.mseLoss(NETWORK.forward(Torch.ones(4, 2)), Torch.zeros(4, 1)).backward();
        optimizer.step();
    }

    private static void largeResults() {
        try (Arena arena = Arena.ofConfined()) {
            KEPT_LARGE.in(arena).clamp(1, null);
        }
        assertEquals(1, KEPT_LARGE.clamp(1, null).max().item().intValue());
    }

    private static void onVirtualThreads() throws InterruptedException, ExecutionException {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var results = new ArrayList<Future<Tensor>>();
            for (int i = 0; i < TASKS; i++) {
                results.add(threads.submit(() -> KEPT.add(KEPT)));
            }
            for (Future<Tensor> result : results) {
                assertEquals("tensor([2., 0.])", result.get().toString());
            }
        }
    }

    private static void file() throws IOException {
        Path file = Files.createTempFile("torch-ffm-test", ".safetensors");
        try (Arena arena = Arena.ofConfined()) {
            Safetensors.save(file, Map.of("x", KEPT));
            assertEquals(
                    KEPT.toString(),
                    Safetensors.map(file, MapMode.READ_ONLY, arena).get("x").toString());
        } finally {
            Files.delete(file);
        }
    }

    private static void lend() {
        DlPack.releaseVersioned(DlPack.exportVersioned(KEPT));
        DlPack.importVersioned(DlPack.exportVersioned(KEPT), Arena.ofAuto());
    }

    private static void modes() {
        try (Mode _ = Torch.inferenceMode()) {
            assertEquals("tensor([1., 0.])", KEPT.clone().toString());
        }
    }

    /** On a thread that outlives this. */
    @SuppressWarnings("resource")
    public static void leaveModeOpen() {
        Torch.noGrad();
    }

    private static String ofModel(Path file) throws IOException {
        try (var model = CompiledModel.load(file)) {
            return List.of(model.run(Torch.ones(3, 16)).getFirst().sizes()).size() + " " + KEPT.add(KEPT);
        }
    }
}
