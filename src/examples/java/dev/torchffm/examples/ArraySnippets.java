package dev.torchffm.examples;

import dev.torchffm.nn.MyReLU;

/** The examples of the Javadoc on Java's arrays; the tests run them. */
public final class ArraySnippets {

    private ArraySnippets() {}

    /** A module on an array. */
    public static boolean forward() {
        // @start region="forward"
        float[] values = {1, -2, 3};
        float[] same = new MyReLU(true).forward(values); // values itself: 1, 0, 3
        float[] other = new MyReLU().forward(new float[] {-1, 2}); // a new array: 0, 2
        // @end
        return same == values && other.length == 2;
    }
}
