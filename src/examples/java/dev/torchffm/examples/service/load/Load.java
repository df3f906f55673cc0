package dev.torchffm.examples.service.load;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Sends one request again and again, from one thread. At a rate, each is due at its time, whether those before it were
 * answered or not, and its time to the answer counts from there. Without a rate a connection sends when it was answered.
 */
final class Load {

    private static final long NAP = TimeUnit.MICROSECONDS.toNanos(50);
    private static final long GRACE = TimeUnit.SECONDS.toNanos(20);

    private final Selector selector = Selector.open();
    private final ArrayDeque<Connection> idle = new ArrayDeque<>();
    private final double interval;
    private final long late;
    private long[] nanos = new long[1 << 16];
    private int answered;
    private long refused;
    private long failed;
    private int underWay;

    private Load(double rate, double lateSeconds) throws IOException {
        interval = rate > 0 ? 1e9 / rate : 0;
        late = (long) (lateSeconds * 1e9);
    }

    /** As much as the server answers, by so many connections. */
    static Outcome most(InetSocketAddress address, Request request, int connections, double seconds)
            throws IOException {
        return new Load(0, 0).run(address, request, connections, seconds);
    }

    /** So many requests a second, by at most so many connections, and so many seconds more for those that are late. */
    static Outcome atRate(
            InetSocketAddress address,
            Request request,
            int connections,
            double seconds,
            double requestsPerSecond,
            double lateSeconds)
            throws IOException {
        return new Load(requestsPerSecond, lateSeconds).run(address, request, connections, seconds);
    }

    private Outcome run(InetSocketAddress address, Request request, int connections, double seconds)
            throws IOException {
        List<Connection> all = new ArrayList<>();
        try (selector) {
            for (int i = 0; i < connections; i++) {
                all.add(new Connection(address, selector, request));
            }
            idle.addAll(all);
            long start = System.nanoTime();
            long end = start + (long) (seconds * 1e9);
            long sent = 0;
            long now = start;
            long due = interval > 0 ? (long) (seconds * 1e9 / interval) : Long.MAX_VALUE;
            long last = end + late; // until when those are sent that no connection was free for
            while (now < end || (underWay > 0 || now < last && interval > 0 && sent < due) && now < end + GRACE) {
                while (now < last && sent < due && !idle.isEmpty() && start + (long) (sent * interval) <= now) {
                    send(idle.poll(), interval > 0 ? start + (long) (sent * interval) : now);
                    sent++;
                }
                await(start + (long) (sent * interval) - now);
                now = System.nanoTime();
            }
            failed += underWay;
            long unsent = interval > 0 ? due - sent : 0;
            return new Outcome(seconds, answered, refused, failed, unsent, Outcome.sorted(nanos, answered));
        } finally {
            for (Connection connection : all) {
                connection.close();
            }
        }
    }

    private void send(Connection connection, long due) throws IOException {
        underWay++;
        try {
            connection.send(due);
        } catch (IOException e) {
            fail(connection);
        }
    }

    /** Waits for responses, or for the next request to become due. */
    private void await(long untilDue) throws IOException {
        if (untilDue <= 0 || idle.isEmpty() || untilDue > TimeUnit.MILLISECONDS.toNanos(1)) {
            selector.select(this::proceed, 1);
        } else {
            LockSupport.parkNanos(Math.min(untilDue, NAP)); // a selector waits for milliseconds only
            selector.selectNow(this::proceed);
        }
    }

    private void proceed(SelectionKey key) {
        var connection = (Connection) key.attachment();
        try {
            int status = connection.proceed();
            if (status != 0) {
                count(status, System.nanoTime() - connection.due());
                underWay--;
                idle.add(connection);
            }
        } catch (IOException e) {
            fail(connection);
        }
    }

    private void count(int status, long took) {
        switch (status) {
            case 200 -> {
                nanos = answered == nanos.length ? Arrays.copyOf(nanos, 2 * answered) : nanos;
                nanos[answered++] = took;
            }
            case 503 -> refused++;
            default -> failed++;
        }
    }

    /** A connection that is cut while idle fails nothing yet. */
    private void fail(Connection connection) {
        try {
            connection.reopen();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (!idle.contains(connection)) {
            failed++;
            underWay--;
            idle.add(connection);
        }
    }
}
