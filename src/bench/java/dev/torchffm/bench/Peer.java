package dev.torchffm.bench;

import java.io.IOException;
import java.util.Set;

/** Somebody who can do some of the operations, each measurement in a process of its own. */
interface Peer {

    String name();

    /** What was measured, with versions and settings, for the reader of the table. */
    String about() throws IOException, InterruptedException;

    Set<Operation> operations();

    /** Who it is. */
    enum Kind {
        /** torch-ffm, in one of its ways. */
        OURS,
        /** Another library. */
        PEER,
        /** A limit, by which ours is divided. */
        FLOOR
    }

    Kind kind();

    /** {@return the median time of one operation, in nanoseconds} */
    double measure(Operation operation, long size, Effort effort) throws IOException, InterruptedException;
}
