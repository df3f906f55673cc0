package dev.torchffm.examples.relu;

import dev.torchffm.nn.Module;
import dev.torchffm.nn.MyReLU;
import dev.torchffm.nn.ReLU;
import dev.torchffm.nn.Sequential;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.function.Supplier;

/**
 * MyReLU in place within a network: the same losses to the last bit, in less memory.
 *
 * <p>Where gradients are recorded, libtorch's {@code clamp_} copies what it overwrites, which its gradient needs; its
 * {@code relu_} needs its result alone. So it is the latter that saves memory in training too.
 */
final class InPlace {

    private static final int HIDDEN_LAYERS = 2;

    private InPlace() {}

    /**
     * A network that was trained.
     *
     * @param activation as PyTorch prints it
     * @param losses of each epoch
     * @param bytes of the activations of a pass over the samples to learn, not recorded
     * @param recordedBytes by which the process grows in a recorded pass over them
     */
    record Run(String activation, List<Double> losses, long bytes, OptionalLong recordedBytes) {}

    static void compare(int epochs) throws IOException {
        DataSet digits = Digits.load();
        Run outOfPlace = run(MyReLU::new, digits, epochs);
        Run inPlace = run(() -> new MyReLU(true), digits, epochs);
        Run libtorchs = run(() -> new ReLU(true), digits, epochs);
        for (Run run : List.of(outOfPlace, inPlace, libtorchs)) {
            System.out.printf(
                    Locale.ROOT,
                    "    %-20s last loss %.6f; a forward pass allocates %,d bytes%s%n",
                    run.activation(),
                    run.losses().getLast(),
                    run.bytes(),
                    run.recordedBytes().isEmpty()
                            ? ""
                            : String.format(
                                    Locale.ROOT,
                                    ", one recorded for gradients %.1f MB",
                                    run.recordedBytes().getAsLong() / 1e6));
        }
        System.out.println("    the losses of MyReLU in place and not are equal in every bit: "
                + outOfPlace.losses().equals(inPlace.losses()));
    }

    static Run run(Supplier<Module> activation, DataSet digits, int epochs) {
        Sequential network = LearnDigits.network(activation, HIDDEN_LAYERS);
        String name = activation.get().toString();
        List<Double> losses = LearnDigits.train(name, network, digits, epochs).losses();
        return new Run(
                name,
                losses,
                Footprint.ofResults(network, digits.learned()),
                Footprint.ofRecordedPass(network, digits.learned()));
    }
}
