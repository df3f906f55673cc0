#define _GNU_SOURCE
#include "parallel.h"

#include <dlfcn.h>
#include <sched.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdio.h>

enum { TEXT_SIZE = 512, SPINS = 2000 };

/* libgomp's, the same for all libraries of the process. */
static void (*_Atomic gomp_parallel)(void (*)(void *), void *, unsigned, unsigned);
static void (*_Atomic gomp_barrier)(void);
static int (*_Atomic thread_count_of_team)(void);
static int (*_Atomic thread_count_of_next_team)(void);

/* A loop that a team of threads runs. */
struct loop {
    void (*body)(void *);
    void *data;
    unsigned most_threads; /* of a loop in it that does not say it; 0 for any */
    atomic_bool failed;
    atomic_int waiting;    /* at the barrier */
    atomic_uint generation; /* how many barriers are passed */
    char text[TEXT_SIZE];  /* of the first check that failed */
};

/* Where a thread leaves its part of a loop. */
struct part {
    struct loop *loop;
    jmp_buf exit;
};

static _Thread_local struct part *current;
static _Thread_local char failure[TEXT_SIZE];
static _Thread_local unsigned limit;

void tffm_parallel_find(void *library) {
    void *found = dlsym(library, "GOMP_parallel");
    if (found != NULL) *(void **)&gomp_parallel = found;
    found = dlsym(library, "GOMP_barrier");
    if (found != NULL) *(void **)&gomp_barrier = found;
    found = dlsym(library, "omp_get_num_threads");
    if (found != NULL) *(void **)&thread_count_of_team = found;
    found = dlsym(library, "omp_get_max_threads");
    if (found != NULL) *(void **)&thread_count_of_next_team = found;
}

void tffm_parallel_limit(unsigned most_threads) { limit = most_threads; }

const char *tffm_parallel_failure(void) {
    static _Thread_local char taken[TEXT_SIZE];
    if (failure[0] == '\0') return NULL;
    snprintf(taken, sizeof taken, "%s", failure);
    failure[0] = '\0';
    return taken;
}

AOTITorchError tffm_parallel_empty_strided(int64_t ndim, const int64_t *sizes_ptr, const int64_t *strides_ptr,
                                           int32_t dtype, int32_t device_type, int32_t device_index,
                                           AtenTensorHandle *ret) {
    if (failure[0] != '\0') return 1;
    return aoti_torch_empty_strided(ndim, sizes_ptr, strides_ptr, dtype, device_type, device_index, ret);
}

AOTITorchError tffm_parallel_item_int64(AtenTensorHandle tensor, int64_t *ret_value) {
    return failure[0] != '\0' ? 1 : aoti_torch_item_int64(tensor, ret_value);
}

AOTITorchError tffm_parallel_item_int32(AtenTensorHandle tensor, int32_t *ret_value) {
    return failure[0] != '\0' ? 1 : aoti_torch_item_int32(tensor, ret_value);
}

AOTITorchError tffm_parallel_item_bool(AtenTensorHandle tensor, bool *ret_value) {
    return failure[0] != '\0' ? 1 : aoti_torch_item_bool(tensor, ret_value);
}

static _Noreturn void leave(struct part *part, const char *text) {
    if (!atomic_exchange(&part->loop->failed, true)) snprintf(part->loop->text, TEXT_SIZE, "%s", text);
    longjmp(part->exit, 1);
}

void tffm_parallel_check(bool holds, const char *function, const char *file, uint32_t line, const char *text) {
    if (holds) return;
    if (current != NULL) leave(current, text);
    aoti_torch_check(holds, function, file, line, text);
}

static void run_part(void *loop) {
    struct part part = {.loop = loop};
    struct part *const outer = current;
    if (setjmp(part.exit) == 0) {
        current = &part;
        part.loop->body(part.loop->data);
    }
    current = outer;
}

void tffm_parallel_run(void (*body)(void *), void *data, unsigned thread_count, unsigned flags) {
    unsigned most_threads = current == NULL ? limit : current->loop->most_threads;
    if (thread_count == 0 && most_threads > 0 && (unsigned)thread_count_of_next_team() > most_threads)
        thread_count = most_threads;
    struct loop loop = {.body = body, .data = data, .most_threads = most_threads};
    gomp_parallel(run_part, &loop, thread_count, flags);
    if (!loop.failed) return;
    if (current != NULL) leave(current, loop.text);
    if (failure[0] == '\0') snprintf(failure, sizeof failure, "%s", loop.text);
}

/* libgomp's own would wait for threads that have left the loop. */
void tffm_parallel_barrier(void) {
    if (current == NULL) {
        gomp_barrier();
        return;
    }
    struct loop *loop = current->loop;
    unsigned generation = loop->generation;
    if (atomic_fetch_add(&loop->waiting, 1) + 1 == thread_count_of_team()) {
        loop->waiting = 0;
        loop->generation = generation + 1;
    }
    for (int spins = 0; loop->generation == generation; spins++) {
        if (loop->failed) leave(current, loop->text);
        if (spins > SPINS) sched_yield();
    }
}
