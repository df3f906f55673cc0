package dev.torchffm.interop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.examples.InteropSnippets;
import dev.torchffm.testing.TorchExtension;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The real ONNX Runtime beside the real libtorch, in one process and over one memory. */
@ExtendWith(TorchExtension.class)
final class OnnxTensorsTest {

    private static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment();

    @BeforeAll
    static void reportNothing() throws OrtException {
        ENVIRONMENT.setTelemetry(false);
    }

    private static OrtSession session(String operator, int type, String... inputs) throws OrtException {
        try (var options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            return ENVIRONMENT.createSession(OnnxModel.of(operator, type, inputs), options);
        }
    }

    private static OnnxTensor onnx(Tensor x) throws OrtException {
        return OnnxTensors.onnxTensor(ENVIRONMENT, x);
    }

    /** Runs a model of one input into a pinned output. */
    private static void run(OrtSession session, OnnxTensor input, OnnxTensor output) throws OrtException {
        session.run(Map.of("x", input), Set.of(), Map.of("y", output)).close();
    }

    /** The number of a dtype's type in onnx.proto. */
    private static int type(DType dtype) {
        return switch (dtype) {
            case FLOAT32 -> 1;
            case UINT8 -> 2;
            case INT8 -> 3;
            case INT16 -> 5;
            case INT32 -> 6;
            case INT64 -> 7;
            case BOOL -> 9;
            case FLOAT16 -> 10;
            case FLOAT64 -> 11;
            case BFLOAT16 -> 16;
        };
    }

    @Test
    void onnxTensorSharesOneMemory() throws OrtException {
        Tensor x = Torch.randn(2, 3, 4);
        Tensor y = Torch.empty(2, 3, 4);
        MemorySegment written = y.segment();
        try (OrtSession session = session("Relu", 1, "x");
                OnnxTensor input = onnx(x);
                OnnxTensor output = onnx(y)) {
            assertEquals(x.dataPtr(), address(input));
            assertEquals(y.dataPtr(), address(output));
            assertArrayEquals(new long[] {2, 3, 4}, input.getInfo().getShape());
            run(session, input, output);
            assertTrue(Tensor.equal(x.relu(), y)); // libtorch's and ONNX Runtime's
            assertEquals(written.address(), y.dataPtr());
            x.copy_(Torch.randn(2, 3, 4)); // libtorch writes the input in place
            run(session, input, output);
            assertTrue(Tensor.equal(x.relu(), y));
            x.segment().setAtIndex(ValueLayout.JAVA_FLOAT, 0, 42); // Java does
            run(session, input, output);
            assertEquals(42, written.getAtIndex(ValueLayout.JAVA_FLOAT, 0));
        }
        assertTrue(Tensor.equal(x.relu(), y)); // closing what is lent leaves the tensors alone
    }

    private static long address(OnnxTensor tensor) {
        return MemorySegment.ofBuffer(tensor.getBufferRef().orElseThrow()).address();
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void onnxTensorHasTheSameTypeAndBits(DType dtype) throws OrtException {
        Arena arena = Arena.ofAuto();
        Tensor x = Torch.empty(arena, dtype, 3, 2).copy_(Tensor.of(1, 100)); // broadcast
        Tensor y = Torch.zeros(arena, dtype, 3, 2);
        try (OrtSession session = session("Identity", type(dtype), "x");
                OnnxTensor input = onnx(x);
                OnnxTensor output = onnx(y)) {
            assertEquals(x.dataPtr(), address(input));
            run(session, input, output);
            assertEquals(-1, x.segment().mismatch(y.segment()));
            assertFalse(Tensor.equal(y, Torch.zeros(arena, dtype, 3, 2)));
        }
    }

    @Test
    void onnxTensorIsInputAndOutputAtOnce() throws OrtException {
        Tensor a = Tensor.of(1f, 2f, 3f);
        Tensor b = Tensor.of(10f, 20f, 30f);
        try (OrtSession session = session("Add", 1, "a", "b");
                OnnxTensor first = onnx(a);
                OnnxTensor second = onnx(b)) {
            for (int i = 0; i < 2; i++) {
                session.run(Map.of("a", first, "b", second), Set.of(), Map.of("y", first))
                        .close();
            }
        }
        assertArrayEquals(new float[] {21, 42, 63}, a.toFloatArray());
    }

    @Test
    void onnxTensorTakesNoDimensionAndNoElements() throws OrtException {
        try (OrtSession session = session("Relu", 1, "x")) {
            Tensor scalar = Torch.empty();
            Tensor nothing = Torch.empty(0, 3);
            try (OnnxTensor input = onnx(Torch.full(new long[0], -7.0));
                    OnnxTensor output = onnx(scalar);
                    OnnxTensor none = onnx(Torch.zeros(0, 3));
                    OnnxTensor alsoNone = onnx(nothing)) {
                run(session, input, output);
                assertEquals(0f, scalar.item());
                run(session, none, alsoNone);
            }
        }
    }

    @Test
    void onnxTensorOfAViewStartsAtItsElement() throws OrtException {
        Tensor x = Tensor.of(-1f, -2f, 3f, -4f);
        var half = (Tensor)
                Objects.requireNonNull(Torch.call("aten::narrow", x, 0, 2, 2).getFirst());
        Tensor y = Torch.empty(2);
        try (OrtSession session = session("Relu", 1, "x");
                OnnxTensor input = onnx(half);
                OnnxTensor output = onnx(y)) {
            assertEquals(x.dataPtr() + 8, address(input));
            run(session, input, output);
        }
        assertArrayEquals(new float[] {3, 0}, y.toFloatArray());
    }

    @Test
    void onnxTensorOfAnotherShapeIsNoOutput() throws OrtException {
        Tensor y = Torch.zeros(2);
        try (OrtSession session = session("Relu", 1, "x");
                OnnxTensor input = onnx(Torch.ones(3));
                OnnxTensor output = onnx(y)) {
            assertThrows(OrtException.class, () -> run(session, input, output));
        }
        assertArrayEquals(new float[] {0, 0}, y.toFloatArray());
    }

    @Test
    void onnxTensorKeepsMemoryOfATensorThatIsGone() throws Exception {
        var memory = new Collected();
        Tensor y = Torch.empty(2);
        try (OrtSession session = session("Relu", 1, "x");
                OnnxTensor output = onnx(y)) {
            runAfterCollection(session, memory, output);
        }
        assertArrayEquals(new float[] {0, 2}, y.toFloatArray());
        assertTrue(memory.isFreedWithin(10_000));
    }

    /** In a frame of its own, which keeps nothing when it is left. */
    private static void runAfterCollection(OrtSession session, Collected memory, OnnxTensor output) throws Exception {
        try (OnnxTensor input =
                onnx(Tensor.fromSegment(memory.allocate(8), DType.FLOAT32, 2).copy_(Tensor.of(-1f, 2f)))) {
            assertFalse(memory.isFreedWithin(100));
            run(session, input, output);
        }
    }

    @Test
    void onnxTensorRefusesWhatCannotBeLent(Arena arena) {
        String message = assertThrows(IllegalArgumentException.class, () -> onnx(Tensor.of(arena, 1f)))
                .getMessage();
        assertTrue(message.contains("arena can be closed"), message);
        Tensor recorded = Tensor.of(1f).requiresGrad_(true);
        message = assertThrows(IllegalArgumentException.class, () -> onnx(recorded))
                .getMessage();
        assertEquals("tensor requires gradients, and ONNX Runtime records none: give it tensor.detach()", message);
        // Nobody reads or writes it.
        MemorySegment vast = MemorySegment.ofAddress(64).reinterpret(1L << 31);
        assertEquals(
                "tensor has 2147483648 bytes, and ONNX Runtime's Java part takes at most 2147483615 of a FLOAT32",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> onnx(Tensor.fromSegment(vast, DType.FLOAT32, 1 << 29)))
                        .getMessage());
        assertThrows(NullPointerException.class, () -> OnnxTensors.onnxTensor(null, Tensor.of(1f)));
    }

    @Test
    void snippetHolds() throws OrtException {
        try (OrtSession session = session("Relu", 1, "x")) {
            assertArrayEquals(
                    new float[] {0, 2},
                    InteropSnippets.onnx(ENVIRONMENT, session).toFloatArray());
        }
    }
}
