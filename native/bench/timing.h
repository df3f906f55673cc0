/* What the benchmark's programs share: they are called with an operation, a size in floats, iterations
   and milliseconds, and print the nanoseconds of each iteration, one a line. */
#ifndef TFFM_TIMING_H
#define TFFM_TIMING_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* The time of one call, over at least so many nanoseconds; the clock is read seldom. */
static inline double iteration(void (*run)(void), double least) {
    const double start = now();
    for (int64_t calls = 0, batch = 1;; batch = calls) {
        for (int64_t i = 0; i < batch; i++) run();
        calls += batch;
        const double elapsed = now() - start;
        if (elapsed >= least) return elapsed / (double)calls;
    }
}

/* One iteration more comes first, to warm up. */
static inline void print_iterations(void (*run)(void), char **arguments) {
    const int iterations = atoi(arguments[3]);
    const double least = atof(arguments[4]) * 1e6;
    iteration(run, least);
    for (int i = 0; i < iterations; i++) printf("%.1f\n", iteration(run, least));
}

/* Floats of both signs, in memory that is aligned to a cache line and has been touched. */
static inline float *floats(int64_t size) {
    const size_t bytes = ((size_t)size * sizeof(float) + 63) / 64 * 64;
    float *memory = (float *)aligned_alloc(64, bytes);
    if (memory == NULL) {
        fprintf(stderr, "no memory for %zu bytes\n", bytes);
        exit(1);
    }
    for (int64_t i = 0; i < size; i++) memory[i] = (float)(i % 7 - 3);
    return memory;
}

#endif
