import module dev.torchffm;

void main() {
    try (Arena arena = Arena.ofConfined()) {
        Tensor x = Tensor.of(arena, 1f, -2f, 3f, -4f, 5f);
        Tensor y = new MyReLU().forward(x); // another tensor over other memory, x untouched
        Tensor z = new MyReLU(true).forward(x); // z == x, the same segment().address()
        IO.println(z + " " + (z == x) + " " + (y == x)); // tensor([1., 0., 3., 0., 5.]) true false
    }
}
