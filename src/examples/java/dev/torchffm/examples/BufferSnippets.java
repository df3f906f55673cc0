package dev.torchffm.examples;

import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.interop.Buffers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/** The examples of the Javadoc on java.nio buffers; the tests run them. */
public final class BufferSnippets {

    private BufferSnippets() {}

    /** A tensor over a buffer. */
    public static FloatBuffer tensor() {
        // @start region="tensor"
        FloatBuffer numbers = ByteBuffer.allocateDirect(6 * Float.BYTES)
                .order(ByteOrder.nativeOrder()) // a new buffer's is big-endian
                .asFloatBuffer();
        numbers.put(0, new float[] {1, -2, 3, -4, 5, -6});
        Tensor x = Buffers.tensor(numbers, 2, 3);
        x.clamp_(0, null); // numbers now holds 1, 0, 3, 0, 5, 0
        // @end
        return numbers;
    }

    /** A buffer over a tensor. */
    public static float buffer() {
        // @start region="buffer"
        Tensor x = Torch.arange(6f);
        FloatBuffer numbers = Buffers.floatBuffer(x);
        numbers.put(0, 42); // x[0] is 42
        // @end
        return x.toFloatArray()[0];
    }
}
