package dev.torchffm.bench;

import java.io.IOException;

/** Measures a peer, each time in a process of its own. */
interface Meter {

    /**
     * {@return versions and settings, for the reader of the table}
     *
     * @param group of the number of threads that is told
     */
    String about(Group group) throws IOException, InterruptedException;

    /** {@return the median time of one operation, in nanoseconds} */
    double measure(Operation operation, long size, Effort effort) throws IOException, InterruptedException;
}
