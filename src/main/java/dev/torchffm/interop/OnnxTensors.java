package dev.torchffm.interop;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import dev.torchffm.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * Tensors that ONNX Runtime reads and writes in place.
 *
 * <p>Needed is {@code com.microsoft.onnxruntime:onnxruntime} 1.29.0. The environment variable
 * {@code ORT_DISABLE_TELEMETRY=1}, or {@code OrtEnvironment.setTelemetry(false)}, keeps it from reporting its use.
 *
 * <p>Any thread may call these methods.
 *
 * <p>Source: the ONNX Runtime pages "Java API" and "OnnxTensor".
 */
public final class OnnxTensors {

    private OnnxTensors() {}

    /**
     * An ONNX tensor over a tensor's elements, of the same type and shape. Nothing is copied: a
     * session's run reads an input from the tensor, and writes a pinned output into it.
     *
     * {@snippet class="dev.torchffm.examples.InteropSnippets" region="onnx"}
     *
     * <p>The tensor's memory stays as long as the ONNX tensor is reachable. ONNX Runtime does not notice when an arena
     * is closed, so the memory must be one that cannot be closed: that of an automatic arena (as of a tensor made
     * without naming one), of the global arena, or of a direct buffer. If native code made the buffer, its owner must
     * keep it. No thread may change the tensor while a run reads or writes it.
     *
     * @param environment ONNX Runtime's
     * @param tensor contiguous, of any dtype, and at least eight elements smaller than 2 GiB, the limit of ONNX
     *     Runtime's Java part
     * @return an ONNX tensor that the caller closes, which leaves the tensor as it is
     * @throws IllegalArgumentException when the tensor is larger, or not contiguous, or requires gradients, or
     *     stands on memory that is read-only or can be closed
     * @throws OrtException when ONNX Runtime fails
     */
    public static OnnxTensor onnxTensor(OrtEnvironment environment, Tensor tensor) throws OrtException {
        Objects.requireNonNull(environment, "environment");
        MemorySegment memory = Borrowing.plainMemory(tensor, "ONNX Runtime");
        long max = Integer.MAX_VALUE - 8L * tensor.dtype().byteSize();
        if (memory.byteSize() > max) {
            throw new IllegalArgumentException("tensor has " + memory.byteSize()
                    + " bytes, and ONNX Runtime's Java part takes at most " + max + " of a " + tensor.dtype());
        }
        ByteBuffer bytes = memory.asByteBuffer().order(ByteOrder.nativeOrder());
        long[] shape = tensor.sizes();
        return switch (tensor.dtype()) {
            case FLOAT32 -> OnnxTensor.createTensor(environment, bytes.asFloatBuffer(), shape);
            case FLOAT64 -> OnnxTensor.createTensor(environment, bytes.asDoubleBuffer(), shape);
            case FLOAT16 -> OnnxTensor.createTensor(environment, bytes.asShortBuffer(), shape, OnnxJavaType.FLOAT16);
            case BFLOAT16 -> OnnxTensor.createTensor(environment, bytes.asShortBuffer(), shape, OnnxJavaType.BFLOAT16);
            case INT8 -> OnnxTensor.createTensor(environment, bytes, shape, OnnxJavaType.INT8);
            case UINT8 -> OnnxTensor.createTensor(environment, bytes, shape, OnnxJavaType.UINT8);
            case INT16 -> OnnxTensor.createTensor(environment, bytes.asShortBuffer(), shape);
            case INT32 -> OnnxTensor.createTensor(environment, bytes.asIntBuffer(), shape);
            case INT64 -> OnnxTensor.createTensor(environment, bytes.asLongBuffer(), shape);
            case BOOL -> OnnxTensor.createTensor(environment, bytes, shape, OnnxJavaType.BOOL);
        };
    }
}
