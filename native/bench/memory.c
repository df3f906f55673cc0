/* The memory's own limit: max(x, 0) read, computed and written in place, on two threads where libtorch
   would use threads too. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "timing.h"

/* libtorch gives a thread at least as many elements. */
enum { GRAIN = 32768 };

static float *x;
static int64_t size;
static atomic_llong asked, done;

static void rectify(float *memory, int64_t count) {
    for (int64_t i = 0; i < count; i++) memory[i] = memory[i] > 0 ? memory[i] : 0;
}

/* Waits without sleeping, as libtorch's threads do, but lets others run. */
static void wait_for(atomic_llong *number, long long value) {
    for (int spins = 0; atomic_load_explicit(number, memory_order_acquire) < value; spins++) {
        if (spins > 10000) sched_yield();
    }
}

static void *second_half(void *unused) {
    for (long long round = 1;; round++) {
        wait_for(&asked, round);
        rectify(x + size / 2, size - size / 2);
        atomic_store_explicit(&done, round, memory_order_release);
    }
    return unused;
}

static void alone(void) { rectify(x, size); }

static void together(void) {
    const long long round = atomic_fetch_add_explicit(&asked, 1, memory_order_release) + 1;
    rectify(x, size / 2);
    wait_for(&done, round);
}

int main(int count, char **arguments) {
    if (count == 2) {
        printf("C, one thread to %d floats, two above\n", GRAIN);
        return 0;
    }
    if (count != 5 || strcmp(arguments[1], "clamp_") != 0) return 2;
    size = atoll(arguments[2]);
    x = floats(size);
    pthread_t thread;
    const int threaded = size > GRAIN;
    if (threaded && pthread_create(&thread, NULL, second_half, NULL) != 0) return 1;
    print_iterations(threaded ? together : alone, arguments);
    return 0;
}
