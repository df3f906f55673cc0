package dev.torchffm.examples;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import dev.torchffm.Aten;
import dev.torchffm.DType;
import dev.torchffm.Kernels;
import dev.torchffm.Mode;
import dev.torchffm.Results;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.interop.ArrowCData;
import dev.torchffm.interop.ArrowTensors;
import dev.torchffm.interop.Buffers;
import dev.torchffm.interop.DlPack;
import dev.torchffm.interop.OnnxTensors;
import dev.torchffm.io.Npy;
import dev.torchffm.io.Safetensors;
import dev.torchffm.model.CompiledModel;
import dev.torchffm.nn.BatchNorm2d;
import dev.torchffm.nn.Conv2d;
import dev.torchffm.nn.Dropout;
import dev.torchffm.nn.ELU;
import dev.torchffm.nn.Embedding;
import dev.torchffm.nn.Functional;
import dev.torchffm.nn.GELU;
import dev.torchffm.nn.LayerNorm;
import dev.torchffm.nn.LeakyReLU;
import dev.torchffm.nn.Linear;
import dev.torchffm.nn.MaxPool2d;
import dev.torchffm.nn.Module;
import dev.torchffm.nn.MyReLU;
import dev.torchffm.nn.PReLU;
import dev.torchffm.nn.ReLU;
import dev.torchffm.nn.Sequential;
import dev.torchffm.nn.SiLU;
import dev.torchffm.nn.Sigmoid;
import dev.torchffm.nn.Softmax;
import dev.torchffm.nn.Softplus;
import dev.torchffm.nn.Tanh;
import dev.torchffm.nn.Utils;
import dev.torchffm.optim.Adam;
import dev.torchffm.optim.AdamW;
import dev.torchffm.optim.Optimizer;
import dev.torchffm.optim.SGD;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.arrow.c.ArrowArray;
import org.apache.arrow.c.ArrowSchema;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;

/** The code of the tables in the README and in docs; the tests compare the two, and run it. */
public final class DocTables {

    private DocTables() {}

    // ---- Any shape over your memory ----

    /** Six floats as two rows of three. */
    public static Tensor rows(MemorySegment memory) {
        return Tensor.fromSegment(memory, DType.FLOAT32, 2, 3);
    }

    /** The middle one of their columns. */
    public static Tensor column(Arena arena, MemorySegment memory) {
        long[] sizes = {2};
        long[] strides = {3};
        long offset = 1;
        return Tensor.fromSegment(arena, memory, DType.FLOAT32, sizes, strides, offset);
    }

    /** Whether a tensor's two ways to its memory agree. */
    public static boolean memory(Tensor x) {
        return x.segment().address() == x.dataPtr();
    }

    /** An operator by its name. */
    public static Results sort(Tensor x) {
        return Torch.call("aten::sort", x);
    }

    // ---- Operators and networks ----

    /** A layer of a network by operators. */
    public static Tensor layer(Tensor x, Tensor w, Tensor b) {
        return x.matmul(w).add(b).tanh();
    }

    /** All activations. */
    public static List<Module> activations() {
        return List.of(
                new MyReLU(),
                new MyReLU(true),
                new ReLU(),
                new LeakyReLU(0.01),
                new PReLU(),
                new Sigmoid(),
                new Tanh(),
                new GELU(),
                new SiLU(),
                new ELU(),
                new Softplus(),
                new Softmax(-1));
    }

    /** Some layers, and the mode of a network. */
    public static List<Module> layers(Module model) {
        return List.of(
                model.eval(),
                new Conv2d(3, 8, 3),
                new BatchNorm2d(8),
                new MaxPool2d(2),
                new LayerNorm(8),
                new Embedding(10, 8),
                new Dropout(0.1));
    }

    /** A parameter of a module of your own. */
    public static Tensor parameter(Tensor data) {
        return Torch.parameter(data);
    }

    /** A network with Python's initial parameters. */
    public static Module network() {
        Torch.manualSeed(0);
        return new Sequential(new Linear(2, 8), new MyReLU(), new Linear(8, 1));
    }

    /** The mean squared error. */
    public static Tensor mseLoss(Tensor output, Tensor target) {
        return Functional.mseLoss(output, target);
    }

    /** The cross entropy. */
    public static Tensor crossEntropy(Tensor output, Tensor classes) {
        return Aten.crossEntropyLoss(output, classes);
    }

    /** All optimizers. */
    public static List<Optimizer> optimizers(Module model) {
        return List.of(
                new SGD(model.parameters(), new SGD.Options(0.1).momentum(0.9)),
                new Adam(model.parameters()),
                new AdamW(model.parameters()));
    }

    /** An optimizer's learning rate and state, and gradients that are clipped or kept apart. */
    public static List<Tensor> gradients(Module model, Optimizer optimizer, Tensor loss, List<Tensor> inputs) {
        optimizer.setLr(0.01);
        boolean retainGraph = !optimizer.stateDict().isEmpty();
        loss.backward(null, retainGraph);
        Utils.clipGradNorm_(model.parameters(), 1);
        return Torch.grad(List.of(loss), inputs);
    }

    /** Parameters into a file and back. */
    public static void parameters(Path path, Module model, Arena arena) throws IOException {
        Safetensors.save(path, model.stateDict());
        model.loadStateDict(Safetensors.map(path, MapMode.READ_ONLY, arena));
    }

    // ---- Memory of others: there and back ----

    /** Six floats of a segment. */
    public static MemorySegment segment(MemorySegment memory) {
        Tensor x = Tensor.fromSegment(memory, DType.FLOAT32, 2, 3);
        return x.segment();
    }

    /** Six floats of a {@code java.nio} buffer. */
    public static FloatBuffer buffer(FloatBuffer buffer) {
        Tensor x = Buffers.tensor(buffer, 2, 3);
        return Buffers.floatBuffer(x);
    }

    /** A {@code float[]}. */
    public static float[] array(float[] array) {
        return new MyReLU(true).forward(array);
    }

    /** A {@code .npy} file. */
    public static Tensor npy(Path path, Tensor x, Arena arena) throws IOException {
        Npy.save(path, x);
        return Npy.map(path, MapMode.READ_WRITE, arena);
    }

    /** A {@code .pt2} package. */
    public static Tensor compiled(Path path, Tensor x) throws IOException {
        try (var model = CompiledModel.load(path)) {
            return model.run(x).getFirst();
        }
    }

    /** A {@code .safetensors} file. */
    public static Map<String, Tensor> safetensors(Path path, Map<String, Tensor> tensors, Arena arena)
            throws IOException {
        Safetensors.save(path, tensors);
        return Safetensors.map(path, MapMode.PRIVATE, arena);
    }

    /** An Arrow vector. */
    public static Tensor arrow(Tensor x, BufferAllocator allocator, Arena arena) {
        try (FieldVector vector = ArrowTensors.vector("x", x, allocator)) {
            return ArrowTensors.tensor(vector, arena);
        }
    }

    /** Arrow's C Data Interface. */
    public static Tensor arrowCData(Tensor x, boolean writable, BufferAllocator allocator, Arena arena) {
        ArrowArray array = ArrowArray.allocateNew(allocator);
        ArrowSchema schema = ArrowSchema.allocateNew(allocator);
        ArrowCData.exportTo(x, allocator, array, schema);
        return writable
                ? ArrowCData.importWritableFrom(array, schema, allocator, arena)
                : ArrowCData.importFrom(array, schema, allocator, arena);
    }

    /** ONNX Runtime's tensor, and its first float. */
    public static float onnx(OrtEnvironment environment, Tensor x) throws OrtException {
        try (OnnxTensor onnx = OnnxTensors.onnxTensor(environment, x)) {
            return onnx.getFloatBuffer().get(0);
        }
    }

    /** DLPack's older struct. */
    public static Tensor legacyDlPack(Tensor x, Arena arena) {
        MemorySegment struct = DlPack.exportLegacy(x);
        return DlPack.importLegacy(struct, arena);
    }

    /** DLPack's struct. */
    public static Tensor dlPack(Tensor x, Arena arena) {
        MemorySegment struct = DlPack.exportVersioned(x);
        return DlPack.importVersioned(struct, arena);
    }

    // ---- Memory ----

    /** A tensor of each row, in their order; x is the input of the last four. */
    public static List<Tensor> lifetimes(Arena arena, MemorySegment memory, Tensor x) {
        long[] sizes = {-1, 1};
        return List.of(
                Tensor.of(arena, 1f, -2f),
                Torch.zeros(arena, 2),
                Tensor.of(1f, -2f),
                Torch.zeros(2),
                Tensor.fromSegment(memory, DType.FLOAT32, 6),
                x.clamp(0, null),
                x.in(arena).clamp(0, null),
                x.clamp_(0, null),
                (Tensor) Objects.requireNonNull(
                        Torch.call("aten::view", x, sizes).getFirst()));
    }

    // ---- Modes ----

    /** Clamps from below at -4 and -3 and -2 and, as a copy, at -1. */
    public static float[] clamped(Tensor x) {
        try (Mode _ = Torch.noGrad()) {
            x.clamp_(-4, null);
        }
        try (Mode _ = Torch.inferenceMode()) {
            x.clamp_(-3, null);
        }
        try (Mode _ = Torch.kernels(Kernels.SHIM)) {
            x.clamp_(-2, null);
        }
        try (Arena arena = Arena.ofConfined()) {
            return x.in(arena).clamp(-1, null).toFloatArray();
        }
    }
}
