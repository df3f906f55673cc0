package dev.torchffm.bench;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import javax.imageio.ImageIO;

/** Looks at what was written: a number in every cell that must have one, and pictures that show something. */
final class Check {

    private Check() {}

    static void files(Path folder, Results results) throws IOException {
        List<String> times = Files.readAllLines(folder.resolve(Csv.TIMES));
        for (Operation operation : results.operations()) {
            for (long size : operation.sizes(results.effort())) {
                for (Peer peer : results.peers(operation)) {
                    for (int round = 1; round <= results.effort().rounds(); round++) {
                        requireNumbers(times, round + "," + Csv.quoted(peer.name()) + cell(operation, size), 1);
                    }
                }
            }
        }
        List<String> ratios = Files.readAllLines(folder.resolve(Csv.RATIOS));
        results.forEachPair((ours, other, operation, size) -> requireNumbers(
                ratios, Csv.quoted(ours.name()) + "," + Csv.quoted(other.name()) + cell(operation, size), 3));
        Path page = folder.resolve(Page.PAGE);
        require(!Files.readString(page).contains("NaN"), "the page has a cell that is no number");
        require(Readme.isWritten(folder, results), "the README has not its rows");
        for (Plot plot : Plot.of(results)) {
            requirePicture(page.resolveSibling(plot.file()));
        }
    }

    private static String cell(Operation operation, long size) {
        return "," + operation + "," + size + ",";
    }

    private static void requireNumbers(List<String> lines, String start, int count) {
        List<String> found =
                lines.stream().filter(line -> line.startsWith(start)).toList();
        require(found.size() == 1, found.size() + " lines start with " + start + ", and one must");
        String[] numbers = found.getFirst().substring(start.length()).split(",");
        require(numbers.length == count, found.getFirst() + " has not " + count + " numbers");
        for (String number : numbers) {
            double value = Double.parseDouble(number);
            require(value > 0 && Double.isFinite(value), found.getFirst() + " has a number that is none");
        }
    }

    private static void requirePicture(Path file) throws IOException {
        BufferedImage picture = Objects.requireNonNull(ImageIO.read(file.toFile()), file + " is no picture");
        int width = picture.getWidth();
        int[] pixels = picture.getRGB(0, 0, width, picture.getHeight(), null, 0, width);
        require(Arrays.stream(pixels).distinct().count() > 2, file + " shows nothing");
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }
}
