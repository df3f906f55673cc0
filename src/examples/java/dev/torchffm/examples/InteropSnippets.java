package dev.torchffm.examples;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.interop.ArrowTensors;
import dev.torchffm.interop.OnnxTensors;
import java.lang.foreign.Arena;
import java.util.Map;
import java.util.Set;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float4Vector;

/** The examples of the Javadoc of dev.torchffm.interop; the tests run them. */
public final class InteropSnippets {

    private InteropSnippets() {}

    /** A vector's values, changed by libtorch. */
    public static void fromArrow(Float4Vector prices) {
        // @start region="fromArrow"
        try (Arena arena = Arena.ofConfined()) {
            ArrowTensors.tensor(prices, arena).clamp_(0, null); // prices has no negative values now
        }
        // @end
    }

    /** A tensor's elements, seen by Arrow. */
    public static String toArrow(BufferAllocator allocator) {
        String printed;
        // @start region="toArrow"
        Tensor x = Tensor.of(-1f, 2f); // no arena is named, so nobody can close it
        try (FieldVector vector = ArrowTensors.vector("x", x, allocator)) {
            x.relu_();
            printed = vector.toString(); // [0.0, 2.0]
        }
        // @end
        return printed;
    }

    /** A tensor that a model writes. */
    public static Tensor onnx(OrtEnvironment environment, OrtSession session) throws OrtException {
        // @start region="onnx"
        Tensor x = Tensor.of(-1f, 2f);
        Tensor y = Torch.empty(2);
        try (OnnxTensor input = OnnxTensors.onnxTensor(environment, x);
                OnnxTensor output = OnnxTensors.onnxTensor(environment, y)) {
            session.run(Map.of("x", input), Set.of(), Map.of("y", output)).close(); // y holds the model's output now
        }
        // @end
        return y;
    }
}
