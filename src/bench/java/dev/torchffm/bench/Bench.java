package dev.torchffm.bench;

import dev.torchffm.bench.Peer.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Measures torch-ffm beside its peers and the floors, and reports: {@code full}, {@code quick} or {@code smoke}.
 *
 * <p>Every measurement is a process of its own, for two libtorchs cannot share one. The peers take turns at
 * each operation and size, and all of it is done again in each round, so that what disturbs the machine
 * disturbs them alike.
 */
final class Bench {

    static final String TABLE = "table.md";

    private static final Path FOLDER = Path.of("target", "bench");
    private static final Set<Operation> ALL = EnumSet.allOf(Operation.class);
    private static final Set<Operation> NEW = EnumSet.of(Operation.clamp);

    /** What the README has of it. */
    private static final List<Operation> SHOWN = List.of(Operation.clamp_, Operation.clamp);

    /** Every peer can do it. */
    private static final Operation PICTURED = Operation.clamp;

    private Bench() {}

    static void main(String[] arguments) throws IOException, InterruptedException {
        Effort effort = Effort.of(arguments[0]);
        Files.createDirectories(FOLDER);
        for (Operation operation : Operation.values()) {
            Files.deleteIfExists(plot(operation)); // An earlier run may have measured more.
        }
        var results = new Results(peers(), effort, new ArrayList<>());
        for (int round = 1; round <= effort.rounds(); round++) {
            measure(results, round);
        }
        Csv.write(FOLDER, results);
        String table = Table.markdown(results, effort.operations());
        Files.writeString(FOLDER.resolve(TABLE), table);
        String shown = Table.markdown(results, SHOWN);
        for (Operation operation : effort.operations()) {
            Plot.write(plot(operation), operation, results);
        }
        Readme.write(FOLDER, shown, table, plot(PICTURED));
        Check.files(FOLDER, results, shown);
        if (effort.isMeantForReaders()) {
            Readme.write(Path.of(""), shown, table, plot(PICTURED));
        }
        System.out.println(table);
    }

    private static Path plot(Operation operation) {
        return FOLDER.resolve(operation + ".png");
    }

    private static List<Peer> peers() throws InterruptedException {
        var peers = new ArrayList<Peer>();
        peers.add(new JmhPeer("torch-ffm", Kind.OURS, ALL, TorchFfm.class, FOLDER));
        peers.add(new JmhPeer("torch-ffm, no mode", Kind.OURS, ALL, TorchFfmNoMode.class, FOLDER));
        peers.add(new JmhPeer("torch-ffm, MemoryPool", Kind.OURS, NEW, TorchFfmPool.class, FOLDER));
        peers.add(new JmhPeer("torch-ffm, Kernels.SHIM", Kind.OURS, ALL, TorchFfmShim.class, FOLDER));
        peers.add(new JmhPeer("JavaCPP", Kind.PEER, ALL, JavaCpp.class, FOLDER));
        peers.add(new JmhPeer("JavaCPP, no GC", Kind.PEER, NEW, JavaCppNoGc.class, FOLDER));
        peers.add(new JmhPeer("DJL clip", Kind.PEER, NEW, Djl.class, FOLDER));
        peers.add(new JmhPeer("DJL relu", Kind.PEER, NEW, DjlRelu.class, FOLDER));
        if (Program.succeeds("python3", "-c", "import torch")) {
            peers.add(new Program("Python", Kind.PEER, ALL, List.of("python3", "src/bench/python/clamp.py")));
        } else {
            System.out.println("Python is skipped: there is no python3 with torch.");
        }
        peers.add(new Program("C loop over the shim", Kind.FLOOR, ALL, List.of("target/native/bench-shim")));
        peers.add(
                new Program("memory", Kind.FLOOR, EnumSet.of(Operation.clamp_), List.of("target/native/bench-memory")));
        return peers;
    }

    private static void measure(Results results, int round) throws IOException, InterruptedException {
        Effort effort = results.effort();
        var inTurn = new ArrayList<>(results.peers());
        Collections.rotate(inTurn, round); // nobody is always first
        for (Operation operation : effort.operations()) {
            for (long size : effort.sizes()) {
                System.out.printf("%d/%d %-9s %8d", round, effort.rounds(), operation, size);
                for (Peer peer : inTurn) {
                    if (peer.operations().contains(operation)) {
                        double time = peer.measure(operation, size, effort);
                        results.samples().add(new Sample(round, peer.name(), operation, size, time));
                        System.out.printf(" | %s %s", peer.name(), Table.time(time));
                    }
                }
                System.out.println();
            }
        }
    }
}
