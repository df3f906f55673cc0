package dev.torchffm.examples.relu;

import dev.torchffm.Torch;
import java.io.IOException;
import java.nio.file.Path;

/** Trains networks with ReLU and with its rivals, and draws what happens; prints the same whenever it runs. */
final class Train {

    private Train() {}

    /** Takes the folder for the pictures, how many epochs, and how many hidden layers, from one to three. */
    static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        int epochs = number("EPOCHS", arguments[1], Integer.MAX_VALUE);
        int hiddenLayers = number("LAYERS", arguments[2], 3);

        Torch.setNumThreads(1); // the order of a sum follows the number of threads

        title("Two moons, hidden layers of 16: " + hiddenLayers);
        LearnTwoMoons.run(folder, epochs, hiddenLayers);

        title("Digits, hidden layers of 128: " + hiddenLayers);
        LearnDigits.run(folder, epochs, hiddenLayers);

        title("The vanishing gradient: digits, 8 hidden layers of 64");
        VanishingGradient.run(folder, epochs);

        title("The dying ReLU: two moons, all 16 hidden units pushed below 0");
        DyingRelu.run(folder, epochs);

        title("In place: digits, 2 hidden layers of 128");
        InPlace.compare(epochs);
    }

    private static int number(String name, String argument, int most) {
        int number = Integer.parseInt(argument);
        if (number < 1 || number > most) {
            throw new IllegalArgumentException(name + " is " + number + ", and must be from 1 to " + most);
        }
        return number;
    }

    private static void title(String title) {
        System.out.println("\n" + title);
    }
}
