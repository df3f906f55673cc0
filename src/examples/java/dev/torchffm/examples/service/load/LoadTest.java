package dev.torchffm.examples.service.load;

import dev.torchffm.examples.service.Limits;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Loads the service, prints what it does, and fails where a promise does not hold: LoadTest MODEL SECONDS [PYTHON PACKAGES].
 */
public final class LoadTest {

    private static final Path LOGS = Path.of("target", "service");
    /** The seconds of everything else. */
    private static final double PART = 4;

    private static final int CONNECTIONS = 32;
    private static final int CROWD = 1000;
    private static final int BURST = 20;
    private static final int BAD_ROUNDS = 20;
    /** Half of the ratio to Python that is measured, so that other work on the machine decides nothing. */
    private static final double LEAST_RATIO = 3;

    private static final long MEMORY = Limits.DEFAULT.memory();

    private static final String HEAD =
            "| | requests/s | p50 ms | p99 ms | max ms | 200 | 503 | failed | CPU µs a request |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|";

    private final Path model;
    private final double seconds;
    private final List<String> broken = new ArrayList<>();

    private LoadTest(Path model, double seconds) {
        this.model = model;
        this.seconds = seconds;
    }

    static void main(String[] args) throws IOException, InterruptedException {
        var test = new LoadTest(Path.of(args[0]), Double.parseDouble(args[1]));
        List<Request> requests = List.of(Request.json(1), Request.json(64), Request.raw(1), Request.raw(64));
        double[] ours = test.promises(requests);
        if (args.length > 2) {
            test.compare(requests, ours, Path.of(args[2]), Path.of(args[3]));
        }
        test.broken.forEach(promise -> IO.println("BROKEN: " + promise));
        System.exit(test.broken.isEmpty() ? 0 : 1);
    }

    private void require(boolean holds, String promise) {
        if (!holds) {
            broken.add(promise);
        }
    }

    /** What the service promises, and its capacity for each request. */
    private double[] promises(List<Request> requests) throws IOException, InterruptedException {
        try (Server server = Server.ours(model, LOGS.resolve("java.log"))) {
            IO.println(HEAD);
            double[] capacity = capacity(server, requests, "capacity, ");
            double memory = server.memory("VmRSS");
            double heap = server.heap();

            Request request = requests.getFirst();
            double half = capacity[0] / 2;
            steady(server, request, seconds, half, "half of the first, for " + Math.round(seconds) + " s");
            badInput(server);
            steady(server, request, PART, half, "half, after the bad input");
            Outcome burst = Load.atRate(server.address(), request, CROWD, PART, half * BURST, 0);
            print("a burst of " + BURST + " times", burst, "");
            require(burst.failed() == 0, burst.failed() + " requests of the burst were neither answered nor refused");
            require(burst.answered() > 0, "no request of the burst was answered");
            steady(server, request, PART, half, "half, after the burst");

            memory(server, memory, heap);
            int code = server.end();
            require(code == 143, "the service ended with " + code + ", and not as it was told");
            return capacity;
        }
    }

    /** How many of each request it answers in a second, all connections being busy. */
    private double[] capacity(Server server, List<Request> requests, String name) throws IOException {
        for (Request request : requests) { // the compiler has its time
            Load.most(server.address(), request, CONNECTIONS, PART);
        }
        double[] capacity = new double[requests.size()];
        for (int i = 0; i < capacity.length; i++) {
            double before = server.processorSeconds();
            Outcome outcome = Load.most(server.address(), requests.get(i), CONNECTIONS, PART);
            double micros = 1e6 * (server.processorSeconds() - before) / outcome.answered();
            print(name + requests.get(i).name(), outcome, Long.toString(Math.round(micros)));
            require(outcome.allAnswered(), name + requests.get(i).name() + ": not all requests were answered");
            capacity[i] = outcome.rate();
        }
        return capacity;
    }

    private void steady(Server server, Request request, double time, double rate, String name) throws IOException {
        Outcome outcome = Load.atRate(server.address(), request, CONNECTIONS, time, rate, PART);
        print(name, outcome, "");
        require(outcome.allAnswered(), name + ": not all requests were answered");
        require(outcome.unsent() == 0, name + ": " + outcome.unsent() + " requests could not be sent in time");
    }

    private void badInput(Server server) throws IOException {
        int sent = 0;
        for (int round = 0; round < BAD_ROUNDS; round++) {
            for (BadInput input : BadInput.all()) {
                int status = input.send(server.address());
                sent++;
                require(status == input.status(), input.name() + ": " + status + " in place of " + input.status());
            }
        }
        IO.println("| bad input, " + BadInput.all().size() + " kinds: " + sent + " sent | | | | | | | | |");
    }

    private void memory(Server server, double memoryBefore, double heapBefore)
            throws IOException, InterruptedException {
        double memory = server.memory("VmRSS");
        double peak = server.memory("VmHWM");
        double heap = server.heap();
        long blocks = server.status("blocks");
        IO.println(String.format(
                Locale.ROOT,
                "%nMemory in MiB: process %.0f before, %.0f after, %.0f at most; live heap %.1f before, %.1f after;"
                        + " off-heap blocks %.1f of %d; %.1f requests a run%n",
                memoryBefore,
                memory,
                peak,
                heapBefore,
                heap,
                blocks / 1048576.0,
                MEMORY >> 20,
                (double) server.status("answered") / server.status("runs")));
        require(memory < 1.25 * memoryBefore, "the process has grown by more than a quarter");
        require(peak < 1.5 * memoryBefore, "the process was more than half as large again");
        require(heap < 1.5 * heapBefore, "the live heap has grown by more than a half");
        require(blocks <= MEMORY, "the blocks are larger than their bound");
    }

    private void compare(List<Request> requests, double[] ours, Path python, Path packages)
            throws IOException, InterruptedException {
        int cores = Runtime.getRuntime().availableProcessors();
        List<double[]> theirs = new ArrayList<>();
        IO.println(HEAD);
        for (int workers : new int[] {1, cores}) {
            try (Server server = Server.python(python, packages, model, workers, LOGS.resolve("python.log"))) {
                theirs.add(capacity(server, requests, "Python, workers: " + workers + ", "));
            }
        }
        IO.println("\n| requests/s | ours | Python, 1 worker | ours ÷ it | Python, " + cores
                + " workers | ours ÷ it |\n|---|--:|--:|--:|--:|--:|");
        double product = 1;
        for (int i = 0; i < ours.length; i++) {
            double one = theirs.getFirst()[i];
            double more = theirs.getLast()[i];
            IO.println(String.format(
                    Locale.ROOT,
                    "| %s | %.0f | %.0f | %.1f | %.0f | %.1f |",
                    requests.get(i).name(),
                    ours[i],
                    one,
                    ours[i] / one,
                    more,
                    ours[i] / more));
            product *= ours[i] / one;
        }
        double mean = Math.pow(product, 1.0 / ours.length);
        IO.println(String.format(Locale.ROOT, "%nGeometric mean of ours ÷ one worker: %.1f", mean));
        require(mean >= LEAST_RATIO, "Python does more than a third of our requests");
    }

    private static void print(String name, Outcome outcome, String micros) {
        IO.println(String.format(
                Locale.ROOT,
                "| %s | %.0f | %s | %s | %s | %d | %d | %d | %s |",
                name,
                outcome.rate(),
                outcome.millis(0.5),
                outcome.millis(0.99),
                outcome.millis(1),
                outcome.answered(),
                outcome.refused(),
                outcome.failed(),
                micros));
    }
}
