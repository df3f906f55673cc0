package dev.torchffm.bench;

import java.time.Duration;
import java.util.List;

/**
 * How much is measured.
 *
 * @param command what a reader calls to have it measured
 * @param rounds how often everything is measured, each time in new processes
 * @param starts how often the start is
 * @param sizes how many floats are clamped
 * @param warmup how long a JVM compiles a clamp before it measures
 * @param iterations how many times a process measures; their median counts
 * @param time how long it measures each time, at least
 */
record Effort(
        String command, int rounds, int starts, List<Long> sizes, Duration warmup, int iterations, Duration time) {

    static Effort of(String name) {
        return switch (name) {
            case "full" ->
                new Effort(
                        "make bench",
                        3,
                        9,
                        List.of(8L, 1L << 10, 1L << 15, 1L << 20, 1L << 26),
                        Duration.ofMillis(700),
                        3,
                        Duration.ofMillis(120));
            case "quick" ->
                new Effort(
                        "make bench-quick",
                        2,
                        3,
                        List.of(8L, 1L << 10, 1L << 20),
                        Duration.ofMillis(600),
                        3,
                        Duration.ofMillis(60));
            case "smoke" ->
                new Effort(
                        "make bench-smoke",
                        1,
                        1,
                        List.of(8L, 1L << 20),
                        Duration.ofMillis(10),
                        1,
                        Duration.ofMillis(10));
            default -> throw new IllegalArgumentException("effort is " + name + ", and must be full, quick or smoke");
        };
    }
}
