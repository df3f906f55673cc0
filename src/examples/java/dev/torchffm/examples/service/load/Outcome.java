package dev.torchffm.examples.service.load;

import java.util.Arrays;
import java.util.Locale;

/**
 * What became of the requests of a run.
 *
 * @param seconds how long it took
 * @param answered how many were answered 200
 * @param refused how many were answered 503
 * @param failed how many had another answer, or none
 * @param unsent how many had no connection free before the end
 * @param nanos how long each answered one took from when it was to be sent, sorted
 */
record Outcome(double seconds, long answered, long refused, long failed, long unsent, long[] nanos) {

    double rate() {
        return answered / seconds;
    }

    /** The time within which this part of the answers came, in milliseconds. */
    String millis(double part) {
        return nanos.length == 0
                ? "–"
                : String.format(Locale.ROOT, "%.2f", nanos[(int) Math.ceil(part * nanos.length) - 1] / 1e6);
    }

    boolean allAnswered() {
        return answered > 0 && refused == 0 && failed == 0;
    }

    static long[] sorted(long[] nanos, int count) {
        long[] sorted = Arrays.copyOf(nanos, count);
        Arrays.sort(sorted);
        return sorted;
    }
}
