package dev.torchffm.examples;

// @start region="example"
import dev.torchffm.Tensor;
import dev.torchffm.nn.MyReLU;
import java.lang.foreign.Arena;

final class ReadmeExample {
    public static void main(String[] arguments) {
        try (Arena arena = Arena.ofConfined()) {
            Tensor x = Tensor.of(arena, 1.0f, -2.0f, 3.0f, -4.0f, 5.0f);
            Tensor y = new MyReLU().forward(x); // another tensor over other memory, x untouched
            Tensor z = new MyReLU(true).forward(x); // z == x, the same segment().address()
            System.out.println(z + " " + (z == x) + " " + (y == x)); // tensor([1., 0., 3., 0., 5.]) true false
        }
    }
}
// @end
