/* A tiny assertion kit: a failed check is printed and fails the test that it stands in. */
#ifndef TFFM_CHECK_H
#define TFFM_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "torch_ffm.h"

struct test {
    const char *name;
    void (*run)(void);
};

#define TEST(function) {#function, function}

/* The tests of each file; a NULL name ends a list. */
extern const struct test error_tests[], tensor_tests[], clamp_tests[], call_tests[], mode_tests[],
    kernel_tests[], dlpack_tests[], arithmetic_tests[];

/* The mode in which tensors are made and clamp is tested: each in turn. */
extern int32_t mode;

bool check_that(bool holds, const char *what, const char *file, int line);
bool check_status(tffm_status found, tffm_status wanted, const char *text, const char *what, const char *file,
                  int line);

#define CHECK(condition) check_that((condition), #condition, __FILE__, __LINE__)

/* The call's status, and a part of the text that a failure must leave. */
#define OK(call) check_status((call), TFFM_OK, NULL, #call, __FILE__, __LINE__)
#define REFUSED(call, text) check_status((call), TFFM_INVALID_ARGUMENT, (text), #call, __FILE__, __LINE__)
#define TORCH_FAILS(call, text) check_status((call), TFFM_TORCH_ERROR, (text), #call, __FILE__, __LINE__)

#define COUNT(array) ((int64_t)(sizeof(array) / sizeof *(array)))

/* What an out-parameter holds before a call that must not write it. */
#define UNTOUCHED ((tffm_tensor *)(uintptr_t)0x5a5a)

static inline const char *last_error(void) {
    const char *text = "";
    tffm_last_error(&text);
    return text;
}

/* The bits of a double, as a number travels. */
static inline int64_t real(double value) {
    int64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* A row-major tensor over an array; sizes end with a 0. */
static inline tffm_tensor *over(void *memory, int64_t bytes, int32_t dtype, const int64_t *sizes) {
    int64_t dim = 0, strides[TFFM_MAX_DIM];
    while (sizes[dim] != 0) dim++;
    for (int64_t d = dim - 1, step = 1; d >= 0; step *= sizes[d--]) strides[d] = step;
    tffm_tensor *result = NULL;
    OK(tffm_from_memory(mode, memory, bytes, dtype, dim, sizes, strides, 0, &result));
    return result;
}

#define OVER(array, dtype, ...) over((array), (int64_t)sizeof(array), (dtype), (const int64_t[]){__VA_ARGS__, 0})

static inline void *data_of(tffm_tensor *tensor) {
    void *address = NULL;
    OK(tffm_data_ptr(tensor, &address));
    return address;
}

static inline tffm_info info_of(tffm_tensor *tensor) {
    tffm_info info = {0};
    OK(tffm_describe(tensor, &info));
    return info;
}

#endif
