/*
 * Checks that fail in a model's parallel loops. libtorch's function throws, which no loop of OpenMP lets pass: the
 * process would end. Here the loop is left, and the run fails when it has ended.
 */
#ifndef TFFM_PARALLEL_H
#define TFFM_PARALLEL_H

#include "libtorch_c.h"

/* In place of aoti_torch_check(). */
void tffm_parallel_check(bool holds, const char *function, const char *file, uint32_t line, const char *text);

/* In place of GCC's GOMP_parallel() and GOMP_barrier(), which a library finds in its libgomp. */
void tffm_parallel_run(void (*body)(void *), void *data, unsigned thread_count, unsigned flags);
void tffm_parallel_barrier(void);

/*
 * In place of libtorch's functions of these names. After a check has failed they fail, so that the run ends before it
 * takes sizes and conditions from what was not computed.
 */
AOTITorchError tffm_parallel_empty_strided(int64_t ndim, const int64_t *sizes_ptr, const int64_t *strides_ptr,
                                           int32_t dtype, int32_t device_type, int32_t device_index,
                                           AtenTensorHandle *ret);
AOTITorchError tffm_parallel_item_int64(AtenTensorHandle tensor, int64_t *ret_value);
AOTITorchError tffm_parallel_item_int32(AtenTensorHandle tensor, int32_t *ret_value);
AOTITorchError tffm_parallel_item_bool(AtenTensorHandle tensor, bool *ret_value);

/*
 * Sets how many threads a loop of this thread's may have that does not say it, 0 for any. GCC's code has arrays with a
 * place for each thread, as many as there were where it was compiled.
 */
void tffm_parallel_limit(unsigned most_threads);

/* Finds libgomp's own functions for a library that dlopen() opened. */
void tffm_parallel_find(void *library);

/* Gives the text of the first check that failed on this thread's loops since the last call; NULL for none. */
const char *tffm_parallel_failure(void);

#endif
