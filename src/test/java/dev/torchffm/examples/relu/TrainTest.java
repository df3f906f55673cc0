package dev.torchffm.examples.relu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.Tensor;
import dev.torchffm.nn.MyReLU;
import dev.torchffm.nn.ReLU;
import dev.torchffm.nn.Sequential;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What make train shows, in few epochs. */
final class TrainTest {

    private static Training moons(Activation activation, int hiddenLayers) {
        Sequential network = LearnTwoMoons.network(activation, hiddenLayers);
        return LearnTwoMoons.train(activation.title, network, TwoMoons.make(200), 30);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void twoMoonsAreLearnedWithOneToThreeHiddenLayers(int hiddenLayers) {
        Training training = moons(Activation.RELU, hiddenLayers);
        assertEquals(30, training.losses().size());
        assertTrue(training.accuracy() > 0.85, training.toString());
        assertTrue(training.loss() < training.losses().getFirst() / 2, training.toString());
    }

    @Test
    void trainingIsTheSameWheneverItRuns() {
        Training once = moons(Activation.RELU, 2);
        assertEquals(once, moons(Activation.RELU, 2));
        assertNotEquals(once.losses(), moons(Activation.TANH, 2).losses());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void digitsAreLearned(int hiddenLayers) throws IOException {
        Sequential network = LearnDigits.network(MyReLU::new, hiddenLayers);
        Training training = LearnDigits.train("ReLU", network, Digits.load(), 40);
        assertTrue(training.accuracy() > 0.97, training.toString());
        List<Double> zeros = Sparsity.of(network, Digits.load().heldOut());
        assertEquals(hiddenLayers, zeros.size());
        zeros.forEach(share -> assertTrue(share > 0.2 && share < 0.9, zeros.toString()));
        assertEquals(
                List.of(0.0, 0.0),
                Sparsity.of(
                        LearnDigits.network(Activation.SIGMOID.module, 2),
                        Digits.load().heldOut()));
    }

    /** Every sample is learned or held out, and none both. */
    @Test
    void digitsAreThoseOfTheFile() throws IOException {
        DataSet digits = Digits.load();
        assertArrayEquals(new long[] {1438, 64}, digits.learned().x().sizes());
        assertArrayEquals(new long[] {359, 64}, digits.heldOut().x().sizes());
        long[] counts = new long[Digits.CLASSES];
        double sum = 0;
        for (Samples samples : List.of(digits.learned(), digits.heldOut())) {
            for (long digit : samples.classes().toLongArray()) {
                counts[(int) digit]++;
            }
            for (float pixel : samples.x().toFloatArray()) {
                assertTrue(pixel >= 0 && pixel <= 1);
                sum += pixel * 16;
            }
        }
        assertArrayEquals(new long[] {178, 182, 177, 183, 181, 182, 181, 179, 174, 180}, counts);
        assertEquals(561718, sum);
        assertTrue(Tensor.equal(digits.heldOut().x(), Digits.load().heldOut().x()));
    }

    @Test
    void inPlaceGivesTheSameLossesInLessMemory() throws IOException {
        DataSet digits = Digits.load();
        InPlace.Run outOfPlace = InPlace.run(MyReLU::new, digits, 2);
        InPlace.Run inPlace = InPlace.run(() -> new MyReLU(true), digits, 2);
        assertEquals(outOfPlace.losses(), inPlace.losses());
        long layer = 1438 * LearnDigits.UNITS * Float.BYTES;
        long scores = 1438 * 10 * Float.BYTES;
        assertEquals(4 * layer + scores, outOfPlace.bytes());
        assertEquals(2 * layer + scores, inPlace.bytes());
        InPlace.Run libtorchs = InPlace.run(() -> new ReLU(true), digits, 2);
        libtorchs.recordedBytes().ifPresent(bytes -> {
            assertEquals(2 * layer + scores, bytes, 0.1 * layer);
            assertEquals(4 * layer + scores, inPlace.recordedBytes().orElseThrow(), 0.1 * layer);
        });
    }

    @Test
    void gradientsVanishThroughSigmoidsNotRelu() throws IOException {
        Samples digits = Digits.load().learned();
        List<Double> relu = Gradients.norms(VanishingGradient.network(Activation.RELU), digits);
        List<Double> sigmoid = Gradients.norms(VanishingGradient.network(Activation.SIGMOID), digits);
        assertEquals(9, relu.size());
        assertTrue(relu.getFirst() > 0.1 * relu.getLast(), relu.toString());
        assertTrue(sigmoid.getFirst() > 0 && sigmoid.getFirst() < 1e-3 * sigmoid.getLast(), sigmoid.toString());
    }

    @Test
    void deadReluStaysDeadAndALeakyOneComesBack() {
        DataSet moons = TwoMoons.make(200);
        DyingRelu.Fate dead = DyingRelu.fate(Activation.RELU, moons, 60);
        DyingRelu.Fate rescued = DyingRelu.fate(Activation.LEAKY_RELU, moons, 60);
        assertEquals(1, dead.zeros());
        assertEquals(0, dead.gradient());
        assertTrue(dead.training().losses().stream().allMatch(loss -> loss > 0.68), dead.toString());
        assertEquals(0, rescued.zeros());
        assertTrue(rescued.gradient() > 0);
        assertTrue(rescued.training().loss() < 0.4, rescued.toString());
    }

    @Test
    void widthsOfANetworkAreThoseOfItsLayers() {
        assertEquals("[2, 5, 5, 5, 3]", Arrays.toString(Network.widths(2, 3, 5, 3)));
        assertEquals("[2, 3]", Arrays.toString(Network.widths(2, 0, 5, 3)));
    }
}
