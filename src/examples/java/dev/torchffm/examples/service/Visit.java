package dev.torchffm.examples.service;

import java.util.Objects;
import java.util.concurrent.locks.Condition;
import org.jspecify.annotations.Nullable;

/** A request that is under way. What changes is guarded by the lock of its queue. */
final class Visit {

    /** Signalled when it is the first and may be run, or was run. */
    final Condition wake;

    /** False until its rows are there, or it has left without any. */
    boolean arrived;

    boolean done;
    long since;
    private @Nullable Rows rows;
    private @Nullable Throwable failure;

    Visit(Condition wake) {
        this.wake = wake;
    }

    void bring(Rows brought) {
        rows = brought;
        since = System.nanoTime();
    }

    Rows rows() {
        return Objects.requireNonNull(rows);
    }

    void fail(Throwable cause) {
        failure = cause;
    }

    void throwFailure() {
        switch (failure) {
            case null -> {}
            case RuntimeException e -> throw e;
            case Throwable e -> throw new IllegalStateException(e);
        }
    }
}
