import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.interop.Buffers;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.global.torch;

/** JavaCPP's presets and torch-ffm over one libtorch and one memory; the argument names the one that loads it. */
final class Shared {
    public static void main(String[] first) {
        if (first[0].equals("torch-ffm")) {
            Tensor.of(1f);
        }
        overJavaCppsMemory();
        overOurMemory();
        overABuffersMemory();
        System.out.println("shared");
    }

    private static void overJavaCppsMemory() {
        var theirs = org.bytedeco.pytorch.Tensor.create(1f, -2f, 3f, -4f);
        Tensor ours = Buffers.tensor(theirs.createBuffer(), 4);
        expect(ours.dataPtr() == theirs.data_ptr().address(), "the addresses differ");
        ours.clamp_(0, null);
        expect(theirs.sum().item_float() == 4, "JavaCPP does not see what torch-ffm wrote");
        theirs.neg_();
        expect(ours.toString().equals("tensor([-1., -0., -3., -0.])"), "torch-ffm does not see what JavaCPP wrote");
        Reference.reachabilityFence(theirs);
    }

    private static void overOurMemory() {
        Tensor ours = Tensor.of(1f, -2f, 3f, -4f);
        both(ours, Buffers.floatBuffer(ours));
    }

    private static void overABuffersMemory() {
        ByteBuffer bytes = ByteBuffer.allocateDirect(16).order(ByteOrder.nativeOrder());
        bytes.asFloatBuffer().put(new float[] {1, -2, 3, -4});
        both(Buffers.tensor(bytes, DType.FLOAT32, 4), bytes.asFloatBuffer());
    }

    private static void both(Tensor ours, FloatBuffer buffer) {
        var theirs = torch.from_blob(new FloatPointer(buffer), 4);
        expect(ours.dataPtr() == theirs.data_ptr().address(), "the addresses differ");
        theirs.relu_();
        expect(ours.toString().equals("tensor([1., 0., 3., 0.])"), "torch-ffm does not see what JavaCPP wrote");
        ours.clamp_(2, null);
        expect(theirs.sum().item_float() == 9, "JavaCPP does not see what torch-ffm wrote");
        Reference.reachabilityFence(ours);
    }

    private static void expect(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
