package consumer;

import dev.torchffm.Tensor;
import dev.torchffm.nn.MyReLU;
import java.lang.foreign.Arena;

/** Clamps in place, and says whether it was. */
public final class Main {

    private Main() {}

    /** Prints the tensor and whether the object and the address stayed. */
    public static void main(String[] arguments) {
        try (Arena arena = Arena.ofConfined()) {
            Tensor x = Tensor.of(arena, 1f, -2f, 3f);
            long address = x.dataPtr();
            Tensor y = new MyReLU(true).forward(x);
            System.out.println(y + " " + (y == x && y.dataPtr() == address));
        }
    }
}
