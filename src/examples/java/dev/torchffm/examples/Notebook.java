package dev.torchffm.examples;

import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.nn.MyReLU;
import java.lang.foreign.ValueLayout;

/** The ReLU notebook, cell by cell; exits with a failure when a promise of it does not hold. */
public final class Notebook {

    private static final String LINE = "-".repeat(40);

    private Notebook() {}

    /** Runs the cells. */
    public static void main(String[] arguments) {
        range();
        random();
        if (!identity()) {
            System.exit(1);
        }
    }

    private static void range() {
        Tensor x = Torch.arange(-10, 10);
        System.out.println("Original test tensor: \n " + x);
        System.out.println("Test tensor after ReLU operation: \n " + new MyReLU().forward(x));
    }

    private static void random() {
        Torch.manualSeed(0);
        Tensor x = Torch.randn(5, 5);
        System.out.println("Original test tensor: \n " + x);
        System.out.println("After ReLU: \n " + new MyReLU().forward(x));
    }

    /** Out of place another tensor over other memory; in place the very same one. */
    private static boolean identity() {
        Tensor x = Tensor.of(1f, -2f, 3f, -4f, 5f);
        long address = x.segment().address();
        System.out.println("Original Tensor: " + x);
        printPlace("x", x);
        System.out.println(LINE);

        Tensor y = new MyReLU().forward(x);
        System.out.println("After torch.relu(x) (NOT inplace):");
        System.out.println("Tensor y: " + y);
        printPlace("y", y);
        boolean different = y != x && y.segment().address() != address;
        System.out.println("The non-implace instance return DIFFERENT tensors: " + verdict(different));
        System.out.println(LINE);

        Tensor z = new MyReLU(true).forward(x);
        System.out.println("After x.relu_() (INPLACE):");
        System.out.println("Tensor x: " + z);
        printPlace("x", z);
        boolean same = z == x && z.segment().address() == address;
        System.out.println("The non-implace instance return SAME tensors: " + verdict(same));
        System.out.println(LINE);

        // Plain Java reads the memory that libtorch wrote: nothing was copied.
        float second = x.segment().getAtIndex(ValueLayout.JAVA_FLOAT, 1);
        System.out.println("x.segment(), element 1, read by Java: " + second);
        return different && same && second == 0;
    }

    private static void printPlace(String name, Tensor tensor) {
        System.out.println("id(" + name + "): " + System.identityHashCode(tensor));
        System.out.println("data_ptr(" + name + "): " + tensor.segment().address());
    }

    private static String verdict(boolean holds) {
        return holds ? "PASSED" : "FAILED";
    }
}
