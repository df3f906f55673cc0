package dev.torchffm.examples.service;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The requests that are under way, a bounded number, and the batches that they form. Those that come during a run are the
 * next batch. The first of them runs it in its own thread, when every request that is being read has joined, or the batch is
 * full, or it has waited as long as it may: a lone request waits for nothing.
 */
final class Queue {

    private final Limits limits;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition left = lock.newCondition();
    private final ArrayDeque<Visit> waiting = new ArrayDeque<>();
    private long rowsWaiting;
    private int inside;
    private int arriving;
    private boolean running;
    private boolean closed;
    private long runs;
    private long answered;
    private long refused;

    Queue(Limits limits) {
        this.limits = limits;
    }

    /** What was counted so far. */
    record Counts(long inside, long answered, long refused, long runs) {}

    Counts counts() {
        lock.lock();
        try {
            return new Counts(inside, answered, refused, runs);
        } finally {
            lock.unlock();
        }
    }

    /** Admits a request, which must leave; null where there are too many, or the service is closing. */
    @Nullable
    Visit enter() {
        lock.lock();
        try {
            if (closed || inside == limits.requests()) {
                refused++;
                return null;
            }
            inside++;
            arriving++;
            return new Visit(lock.newCondition());
        } finally {
            lock.unlock();
        }
    }

    /** Ends a request, run or not. */
    void leave(Visit visit) {
        lock.lock();
        try {
            if (!visit.arrived) {
                arrive(visit);
            }
            inside--;
            left.signalAll();
        } finally {
            lock.unlock();
        }
    }

    boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until a request was run, or shall run a batch, which it is the first of; empty in the former case. */
    List<Visit> join(Visit visit, Rows rows) {
        lock.lock();
        try {
            visit.bring(rows);
            waiting.add(visit);
            rowsWaiting += rows.count();
            arrive(visit);
            while (!visit.done) {
                if (running || waiting.peek() != visit) {
                    visit.wake.awaitUninterruptibly();
                } else if (isReady() || waited(visit)) {
                    return take();
                }
            }
            return List.of();
        } finally {
            lock.unlock();
        }
    }

    private void arrive(Visit visit) {
        visit.arrived = true;
        arriving--;
        if (!waiting.isEmpty() && !running && isReady()) {
            waiting.peek().wake.signal();
        }
    }

    private boolean isReady() {
        return arriving == 0 || rowsWaiting >= limits.batch();
    }

    /** Waits for a signal, and tells whether its time is over. An interrupted thread waits no longer. */
    private boolean waited(Visit visit) {
        try {
            return visit.wake.awaitNanos(visit.since + limits.patience().toNanos() - System.nanoTime()) <= 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    private List<Visit> take() {
        var batch = new ArrayList<Visit>();
        long rows = 0;
        do {
            Visit visit = waiting.remove();
            rows += visit.rows().count();
            batch.add(visit);
        } while (!waiting.isEmpty() && rows + waiting.peek().rows().count() <= limits.batch());
        rowsWaiting -= rows;
        running = true;
        runs++;
        return batch;
    }

    /** Wakes the requests of a batch, and the first of the next. */
    void ran(List<Visit> batch) {
        lock.lock();
        try {
            running = false;
            answered += batch.size();
            for (Visit visit : batch) {
                visit.done = true;
                visit.wake.signal();
            }
            if (!waiting.isEmpty()) {
                waiting.peek().wake.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Admits nobody any more, and waits until all have left. */
    void close() {
        lock.lock();
        try {
            closed = true;
            while (inside > 0) {
                left.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }
}
