package dev.torchffm.bench;

import dev.torchffm.bench.Peer.Kind;
import dev.torchffm.bench.Peer.Libtorch;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Everything that was measured.
 *
 * @param peers torch-ffm in its ways, and those with whom it is compared
 */
record Results(List<Peer> peers, Effort effort, List<Operation> operations, List<Sample> samples) {

    /** {@return the peers that have the operation} */
    List<Peer> peers(Operation operation) {
        return peers.stream()
                .filter(peer -> peer.operations().contains(operation))
                .toList();
    }

    /** {@return the times of torch-ffm in a way on a libtorch, one a round; empty where there is no such operation} */
    Optional<Spread> time(Operation operation, Way way, Libtorch libtorch, long size) {
        return ours(operation, way, libtorch).flatMap(ours -> Spread.of(times(ours, operation, size)));
    }

    /** {@return the times of torch-ffm in a way on the first libtorch that has some} */
    Optional<Spread> time(Operation operation, Way way, long size) {
        return Arrays.stream(Libtorch.values())
                .flatMap(libtorch -> time(operation, way, libtorch, size).stream())
                .findFirst();
    }

    private Optional<Peer> ours(Operation operation, Way way, Libtorch libtorch) {
        return peers(operation).stream()
                .filter(peer -> peer.isOurs() && peer.way() == way && peer.libtorch() == libtorch)
                .findFirst();
    }

    /** {@return the rounds' differences of ours and a floor that has the column; empty where there is none} */
    Optional<Spread> overhead(String column, Operation operation, Way way, long size) {
        return other(column, operation, way)
                .flatMap(floor -> ours(operation, way, floor.libtorch()).flatMap(ours -> {
                    double[] least = times(floor, operation, size);
                    double[] times = times(ours, operation, size);
                    Arrays.setAll(times, i -> times[i] - least[i]);
                    return Spread.of(times);
                }));
    }

    /** {@return the ratios of whoever has the column and stands beside that way of torch-ffm; empty where nobody does} */
    Optional<Spread> ratio(String column, Operation operation, Way way, long size) {
        return other(column, operation, way).flatMap(other -> ours(operation, way, other.libtorch())
                .map(ours -> ratio(ours, other, operation, size)));
    }

    private Optional<Peer> other(String column, Operation operation, Way way) {
        return peers(operation).stream()
                .filter(peer -> !peer.isOurs()
                        && peer.column().equals(column)
                        && peer.ways().contains(way))
                .findFirst();
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

    /** {@return torch-ffm in a way ÷ in another; empty where one has no such operation} */
    Optional<Spread> ratio(Way way, Way other, Operation operation, long size) {
        return ours(operation, way, Libtorch.MAVEN).flatMap(ours -> ours(operation, other, Libtorch.MAVEN)
                .map(others -> ratio(others, ours, operation, size)));
    }

    /** What is done with torch-ffm in one of its ways and another that stands beside it. */
    interface Pair {
        void accept(Peer ours, Peer other, Operation operation, long size);
    }

    /** Goes through all that is compared. */
    void forEachPair(Pair pair) {
        for (Operation operation : operations) {
            for (Peer ours : peers(operation)) {
                for (Peer other : peers(operation)) {
                    if (ours.isOurs() && !other.isOurs() && other.standsBeside(ours)) {
                        operation.sizes(effort).forEach(size -> pair.accept(ours, other, operation, size));
                    }
                }
            }
        }
    }

    private double[] times(Peer peer, Operation operation, long size) {
        return samples.stream()
                .filter(sample -> sample.peer().equals(peer.name()))
                .filter(sample -> sample.operation() == operation && sample.size() == size)
                .mapToDouble(Sample::nanoseconds)
                .toArray();
    }
}
