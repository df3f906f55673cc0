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

    static void files(Path folder, Results results, String shown) throws IOException {
        List<String> times = Files.readAllLines(folder.resolve(Csv.TIMES));
        List<String> ratios = Files.readAllLines(folder.resolve(Csv.RATIOS));
        String table = Files.readString(folder.resolve(Bench.TABLE));
        for (Operation operation : results.effort().operations()) {
            for (long size : results.effort().sizes()) {
                String cell = "," + operation + "," + size + ",";
                for (Peer peer : results.peers()) {
                    if (peer.operations().contains(operation)) {
                        for (int round = 1; round <= results.effort().rounds(); round++) {
                            requireNumbers(times, round + "," + Csv.quoted(peer) + cell, 1);
                        }
                    }
                }
                for (Peer ours : results.ours(operation)) {
                    for (Peer other : results.others(operation)) {
                        requireNumbers(ratios, Csv.quoted(ours) + "," + Csv.quoted(other) + cell, 3);
                    }
                }
            }
            requirePicture(folder.resolve(operation + ".png"));
        }
        require(!table.contains("NaN"), "the table has a cell that is no number");
        require(Files.readString(folder.resolve("README.md")).contains(shown), "the README has not the table");
        require(Files.readString(folder.resolve(Readme.WHOLE)).contains(table), Readme.WHOLE + " has not the tables");
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
