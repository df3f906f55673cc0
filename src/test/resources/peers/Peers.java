import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.torchffm.Tensor;

/** Rectifies by each library that an argument names, in their order, and prints the sums or the failures. */
final class Peers {
    public static void main(String[] libraries) {
        boolean failed = false;
        for (String library : libraries) {
            try {
                System.out.println(library + " " + rectifiedSum(library));
            } catch (Throwable e) {
                System.out.println(library + " " + e);
                failed = true;
            }
        }
        System.exit(failed ? 3 : 0);
    }

    private static float rectifiedSum(String library) {
        return switch (library) {
            case "torch-ffm" -> {
                float[] values = Tensor.of(1f, -2f, 3f).relu().toFloatArray();
                yield values[0] + values[1] + values[2];
            }
            case "JavaCPP" ->
                org.bytedeco.pytorch.Tensor.create(1f, -2f, 3f).relu().sum().item_float();
            case "DJL" -> {
                try (NDManager manager = NDManager.newBaseManager();
                        NDArray x = manager.create(new float[] {1, -2, 3})) {
                    yield x.maximum(0).sum().getFloat();
                }
            }
            default -> throw new IllegalArgumentException(library);
        };
    }
}
