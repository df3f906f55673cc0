package dev.torchffm.examples.service;

import java.time.Duration;

/**
 * What bounds the service.
 *
 * @param requests how many may be under way; more are answered 503
 * @param memory how many bytes the requests' off-heap memory may take together; a request beyond it is answered 503
 * @param body how many bytes a request's body may have; a longer one is answered 413
 * @param batch how many rows are joined into one run of the model; a single request may have more
 * @param patience how long the first of a batch waits for requests that are being read
 */
public record Limits(int requests, long memory, int body, int batch, Duration patience) {

    /** 512 requests, 64 MiB, bodies of 1 MiB, batches of 256 rows that wait for a millisecond. */
    public static final Limits DEFAULT = new Limits(512, 64 << 20, 1 << 20, 256, Duration.ofMillis(1));

    /** Refuses what is not positive. */
    public Limits {
        requirePositive("requests", requests);
        requirePositive("memory", memory);
        requirePositive("body", body);
        requirePositive("batch", batch);
        if (patience.isNegative()) {
            throw new IllegalArgumentException("patience is " + patience + ", and must not be negative");
        }
    }

    private static void requirePositive(String name, long value) {
        if (value <= 0) {
            throw new IllegalArgumentException(name + " is " + value + ", and must be 1 or more");
        }
    }
}
