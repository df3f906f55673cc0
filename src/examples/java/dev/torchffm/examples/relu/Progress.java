package dev.torchffm.examples.relu;

import java.util.Locale;

/** A bar that grows in its line while a network learns. A pipe or a file gets the last line alone. */
final class Progress {

    private static final int WIDTH = 20;
    private static final boolean TERMINAL =
            System.console() != null && System.console().isTerminal();

    private final String name;
    private final int epochs;

    Progress(String name, int epochs) {
        this.name = name;
        this.epochs = epochs;
    }

    void show(int epoch, double loss, double accuracy) {
        boolean last = epoch == epochs;
        if (TERMINAL || last) {
            int done = WIDTH * epoch / epochs;
            System.out.printf(
                    Locale.ROOT,
                    "%s  %-20s [%s%s] epoch %d/%d  loss %.4f  accuracy %.2f %%%s",
                    TERMINAL ? "\r" : "",
                    name,
                    "#".repeat(done),
                    ".".repeat(WIDTH - done),
                    epoch,
                    epochs,
                    loss,
                    100 * accuracy,
                    last ? "\n" : "");
            System.out.flush();
        }
    }
}
