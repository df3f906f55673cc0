package dev.torchffm.examples.relu;

import dev.torchffm.nn.LeakyReLU;
import dev.torchffm.nn.Module;
import dev.torchffm.nn.MyReLU;
import dev.torchffm.nn.PReLU;
import dev.torchffm.nn.Sigmoid;
import dev.torchffm.nn.Tanh;
import java.awt.Color;
import java.util.List;
import java.util.function.Supplier;

/** The functions that are compared, each in a colour that it keeps in every picture. */
enum Activation {
    RELU("ReLU", MyReLU::new, Math.sqrt(2), new Color(0x1f77b4)),
    SIGMOID("sigmoid", Sigmoid::new, 1, new Color(0xe8710a)),
    TANH("tanh", Tanh::new, 5.0 / 3, new Color(0x2ca02c)),
    LEAKY_RELU("LeakyReLU", LeakyReLU::new, Math.sqrt(2 / (1 + 0.01 * 0.01)), new Color(0x9467bd)),
    PRELU("PReLU", PReLU::new, Math.sqrt(2 / (1 + 0.25 * 0.25)), new Color(0xd62728));

    /** The notebook's three. */
    static final List<Activation> RIVALS = List.of(RELU, SIGMOID, TANH);

    final String title;
    final Supplier<Module> module;

    /** By what a weight's spread before training is scaled, as {@code torch.nn.init.calculate_gain} has it. */
    final double gain;

    final Color color;

    Activation(String title, Supplier<Module> module, double gain, Color color) {
        this.title = title;
        this.module = module;
        this.gain = gain;
        this.color = color;
    }
}
