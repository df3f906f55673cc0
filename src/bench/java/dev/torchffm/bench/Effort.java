package dev.torchffm.bench;

import java.time.Duration;
import java.util.List;

/**
 * How much is measured.
 *
 * @param command what a reader calls to have it measured
 * @param isMeantForReaders whether the figures are good enough for the README
 * @param rounds how often everything is measured, each time in new processes
 * @param operations what is measured
 * @param sizes how many floats
 * @param warmup how long a JVM compiles before it measures
 * @param iterations how many times a process measures; their median counts
 * @param time how long it measures each time, at least
 */
record Effort(
        String command,
        boolean isMeantForReaders,
        int rounds,
        List<Operation> operations,
        List<Long> sizes,
        Duration warmup,
        int iterations,
        Duration time) {

    private static final List<Operation> ALL = List.of(Operation.values());
    private static final List<Operation> FEW = List.of(Operation.clamp_, Operation.clamp, Operation.clampOut);

    static Effort of(String name) {
        return switch (name) {
            case "full" ->
                new Effort(
                        "make bench",
                        true,
                        3,
                        ALL,
                        List.of(8L, 128L, 1L << 10, 1L << 15, 1L << 18, 1L << 20, 1L << 23, 1L << 26),
                        Duration.ofMillis(800),
                        5,
                        Duration.ofMillis(150));
            case "quick" ->
                new Effort(
                        "make bench-quick",
                        true,
                        2,
                        FEW,
                        List.of(8L, 1L << 18, 1L << 23),
                        Duration.ofMillis(1000),
                        3,
                        Duration.ofMillis(60));
            case "smoke" ->
                new Effort(
                        "make bench-smoke",
                        false,
                        1,
                        ALL,
                        List.of(8L, 1L << 15),
                        Duration.ofMillis(10),
                        1,
                        Duration.ofMillis(10));
            default -> throw new IllegalArgumentException("effort is " + name + ", and must be full, quick or smoke");
        };
    }
}
