package dev.torchffm.bench;

import dev.torchffm.bench.Peer.Kind;
import java.util.List;
import java.util.Optional;

/**
 * Everything that was measured.
 *
 * @param peers torch-ffm in its ways, then those with which it is compared
 */
record Results(List<Peer> peers, Effort effort, List<Sample> samples) {

    /** {@return torch-ffm in the ways that have the operation} */
    List<Peer> ours(Operation operation) {
        return peers(operation, true);
    }

    /** {@return the peers and floors that have the operation} */
    List<Peer> others(Operation operation) {
        return peers(operation, false);
    }

    private List<Peer> peers(Operation operation, boolean ours) {
        return peers.stream()
                .filter(peer -> peer.operations().contains(operation))
                .filter(peer -> (peer.kind() == Kind.OURS) == ours)
                .toList();
    }

    /** {@return a peer's times, one a round; empty where it has no such operation} */
    Optional<Spread> time(Peer peer, Operation operation, long size) {
        return Spread.of(times(peer, operation, size));
    }

    /**
     * {@return other ÷ ours, for a floor ours ÷ floor} Each ratio is of one round: what slows a round down slows
     * both.
     */
    Spread ratio(Peer ours, Peer other, Operation operation, long size) {
        double[] theirTimes = times(other, operation, size);
        double[] ourTimes = times(ours, operation, size);
        var ratios = new double[ourTimes.length];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = other.kind() == Kind.FLOOR ? ourTimes[i] / theirTimes[i] : theirTimes[i] / ourTimes[i];
        }
        return Spread.of(ratios).orElseThrow();
    }

    private double[] times(Peer peer, Operation operation, long size) {
        return samples.stream()
                .filter(sample -> sample.peer().equals(peer.name()))
                .filter(sample -> sample.operation() == operation && sample.size() == size)
                .mapToDouble(Sample::nanoseconds)
                .toArray();
    }
}
