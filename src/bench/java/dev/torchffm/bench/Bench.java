package dev.torchffm.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Measures torch-ffm beside its peers and the floors, and reports: {@code full}, {@code quick} or {@code smoke}.
 *
 * <p>Every measurement is a process of its own, for two libtorchs cannot share one. The peers take turns at
 * each operation and size, and all of it is done again in each round, so that what disturbs the machine
 * disturbs them alike.
 */
final class Bench {

    private static final Path FOLDER = Path.of("target", "bench");

    private Bench() {}

    static void main(String[] arguments) throws IOException, InterruptedException {
        Effort effort = Effort.of(arguments[0]);
        Rows rows = Rows.of(System.getProperty("dev.torchffm.bench.rows", ""));
        Optional<Python> python = Python.find();
        boolean isPublished = arguments[0].equals("full") && rows.areAll();
        if (isPublished && python.isEmpty()) {
            throw new IllegalStateException(
                    "`make bench` stands beside Python: call `make python` first, or name one by"
                            + " PYTHON=…; bench-quick and ROWS=… can do without");
        }
        clear(FOLDER);
        Models.unpack();
        var peers = new Peers(FOLDER).addAllOnMavensLibtorch(python.isEmpty());
        python.ifPresent(peers::addAllOnLibtorchOf);
        List<Operation> operations =
                rows.operations().stream().filter(peers::have).toList();
        var results = new Results(peers.list(), effort, operations, new ArrayList<>());
        for (int round = 1; round <= effort.rounds(); round++) {
            measure(results, round);
        }
        String callers = operations.contains(Operation.mlp) ? Callers.table(effort) : "";
        String startup = rows.hasStart() ? Startup.tables(effort.starts(), python, FOLDER) : "";
        Csv.write(FOLDER, results);
        Page.write(FOLDER, results, callers, startup);
        Readme.write(FOLDER, results);
        Check.files(FOLDER, results);
        if (isPublished) {
            Page.write(Path.of(""), results, callers, startup);
            Readme.write(Path.of(""), results);
        }
        System.out.println(Files.readString(FOLDER.resolve(Page.PAGE)));
    }

    /** An earlier run may have measured more. */
    private static void clear(Path folder) throws IOException {
        Files.createDirectories(folder);
        try (var files = Files.list(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.delete(file);
            }
        }
    }

    private static void measure(Results results, int round) throws IOException, InterruptedException {
        Effort effort = results.effort();
        for (Operation operation : results.operations()) {
            var inTurn = new ArrayList<>(results.peers(operation));
            Collections.rotate(inTurn, round); // nobody is always first
            for (long size : operation.sizes(effort)) {
                System.out.printf("%d/%d %-9s %8d", round, effort.rounds(), operation, size);
                for (Peer peer : inTurn) {
                    double time = peer.meter().measure(operation, size, effort);
                    results.samples().add(new Sample(round, peer.name(), operation, size, time));
                    System.out.printf(" | %s %s", peer.name(), Table.time(time));
                }
                System.out.println();
            }
        }
    }
}
