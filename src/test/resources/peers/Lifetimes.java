import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.interop.Buffers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.global.torch;

/** One memory, a tensor of ours and one of JavaCPP's over it, and what either is good for when the other is gone. */
final class Lifetimes {

    /** Prints what held. */
    public static void main(String[] arguments) {
        WeakReference<?> owner = aFenceKeepsTheirOwner();
        expect(isCollected(owner), "JavaCPP's tensor is kept by more than the fence");
        ourTensorDoesNotKeepTheirOwner();
        System.out.println("a fence keeps JavaCPP's owner, and nothing else does");
        theirMemoryOutlivesOurArena();
        System.out.println("JavaCPP's memory outlives our arena");
        ourMemoryOutlivesTheirTensor();
        System.out.println("our memory outlives JavaCPP's tensor");
    }

    private static WeakReference<?> aFenceKeepsTheirOwner() {
        var theirs = theirs();
        var owner = new WeakReference<>(theirs);
        Tensor ours = Buffers.tensor(theirs.createBuffer(), 4);
        // So often that the loop is compiled: in compiled code a local that is not used any more keeps nothing.
        for (int i = 1; i <= 400_000; i++) {
            ours.clamp_(0, null);
            if (i % 50_000 == 0) {
                System.gc();
            }
        }
        expect(owner.get() != null, "JavaCPP's tensor is collected before the fence");
        expect(ours.toString().equals("tensor([1., 0., 3., 0.])"), "torch-ffm reads " + ours);
        Reference.reachabilityFence(theirs);
        return owner;
    }

    /** What {@code ours} would read in the end is nobody's memory: it is left alone. */
    private static void ourTensorDoesNotKeepTheirOwner() {
        var theirs = theirs();
        var owner = new WeakReference<>(theirs);
        Tensor ours = Buffers.tensor(theirs.createBuffer(), 4);
        theirs = null;
        expect(isCollected(owner), "JavaCPP's tensor is kept by ours");
        Reference.reachabilityFence(ours);
    }

    private static void theirMemoryOutlivesOurArena() {
        var theirs = theirs();
        Tensor ours;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = MemorySegment.ofBuffer(theirs.createBuffer());
            ours = Tensor.fromSegment(arena, memory, DType.FLOAT32, new long[] {4}, new long[] {1}, 0);
            expect(ours.dataPtr() == theirs.data_ptr().address(), "the addresses differ");
            ours.clamp_(0, null);
        }
        try {
            ours.relu();
            throw new AssertionError("our tensor outlives its arena");
        } catch (IllegalStateException _) {
            // as every use of it
        }
        expect(theirs.sum().item_float() == 4, "JavaCPP does not see what torch-ffm wrote");
        theirs.neg_();
        expect(theirs.sum().item_float() == -4, "JavaCPP's memory is gone");
    }

    private static void ourMemoryOutlivesTheirTensor() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor ours = Tensor.of(arena, 1f, -2f, 3f, -4f);
            var theirs = torch.from_blob(new FloatPointer(Buffers.floatBuffer(ours)), 4);
            expect(ours.dataPtr() == theirs.data_ptr().address(), "the addresses differ");
            theirs.relu_();
            theirs.close();
            expect(theirs.isNull(), "JavaCPP's tensor is not closed");
            expect(ours.toString().equals("tensor([1., 0., 3., 0.])"), "torch-ffm reads " + ours);
            ours.clamp_(2, null);
            expect(ours.toString().equals("tensor([2., 2., 3., 2.])"), "torch-ffm reads " + ours);
        }
    }

    private static org.bytedeco.pytorch.Tensor theirs() {
        return org.bytedeco.pytorch.Tensor.create(1f, -2f, 3f, -4f);
    }

    /** Whether the collector, run often enough, finds nothing that refers to it. */
    private static boolean isCollected(WeakReference<?> owner) {
        for (int i = 0; i < 10 && owner.get() != null; i++) {
            System.gc();
        }
        return owner.get() == null;
    }

    private static void expect(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
