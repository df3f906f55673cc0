/* A tiny assertion kit: a failed check is printed and fails the test that it stands in. */
#ifndef TFFM_CHECK_H
#define TFFM_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "torch_ffm.h"

struct test {
    const char *name;
    void (*run)(void);
};

#define TEST(function) {#function, function}

/* The tests of each file; a NULL name ends a list. */
extern const struct test error_tests[], tensor_tests[], clamp_tests[], operator_tests[], call_tests[], scalar_tests[],
    arithmetic_tests[], memory_tests[], gradient_tests[], mode_tests[], kernel_tests[], dlpack_tests[],
    entry_tests[], model_tests[], process_tests[];

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

/* Whether the libtorch in use is of version 2 and this minor version, or a later one. */
static inline bool is_since(uint64_t minor) {
    uint64_t version = 0;
    OK(tffm_libtorch_version(&version));
    return version >> 48 >= (2 << 8 | minor);
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

/* ---- operators ---- */

static inline tffm_value none(void) { return (tffm_value){.kind = TFFM_NONE}; }
static inline tffm_value flagged(tffm_tensor *tensor, int32_t flags) {
    return (tffm_value){.kind = TFFM_TENSOR, .flags = flags, .as.tensor = tensor};
}
static inline tffm_value tensor(tffm_tensor *tensor) { return flagged(tensor, 0); }
static inline tffm_value integer(int64_t value) { return (tffm_value){.kind = TFFM_INT, .as.integer = value}; }
static inline tffm_value floating(double value) { return (tffm_value){.kind = TFFM_FLOAT, .as.real = value}; }
static inline tffm_value boolean(int64_t value) { return (tffm_value){.kind = TFFM_BOOLEAN, .as.integer = value}; }
static inline tffm_value string(const char *value) { return (tffm_value){.kind = TFFM_STRING, .as.string = value}; }
static inline tffm_value dtype(int64_t value) { return (tffm_value){.kind = TFFM_DTYPE, .as.integer = value}; }
static inline tffm_value list(int32_t kind, int64_t count, const tffm_value *values) {
    return (tffm_value){.kind = kind, .count = count, .as.list = values};
}

#define VALUES(...) ((const tffm_value[]){__VA_ARGS__})
#define LIST(kind, ...) list(kind, COUNT(VALUES(__VA_ARGS__)), VALUES(__VA_ARGS__))
#define INTS(...) LIST(TFFM_INT_LIST, __VA_ARGS__)
#define TENSORS(...) LIST(TFFM_TENSOR_LIST, __VA_ARGS__)

enum { CAPACITY = 8 };

/* What a call gave; its count stays -1 where it failed. */
struct given {
    tffm_value values[CAPACITY];
    int64_t count;
};

/* Finds an operator and calls it in a mode. */
static inline tffm_status call(int32_t in, const char *name, const char *overload, const tffm_value *arguments,
                               int64_t count, struct given *given) {
    const tffm_operator *operator;
    tffm_operator_info info;
    *given = (struct given){.count = -1};
    tffm_status status = tffm_operator_find(name, overload, &operator, &info);
    if (status != TFFM_OK) return status;
    return tffm_call(in, operator, arguments, count, given->values, CAPACITY, &given->count, NULL, 0);
}

/* A call with its arguments in place. */
#define CALL_IN(in, given, name, overload, ...) \
    call(in, name, overload, VALUES(__VA_ARGS__), COUNT(VALUES(__VA_ARGS__)), given)
#define CALL(...) CALL_IN(TFFM_RECORD, __VA_ARGS__)

/* Frees the tensors that a call gave; a failed one gave none, and a written argument comes without a handle. */
static inline void drop(struct given *given) {
    for (int64_t i = 0; i < given->count; i++)
        if (given->values[i].kind == TFFM_TENSOR && given->values[i].as.tensor != NULL)
            OK(tffm_free(given->values[i].as.tensor));
    given->count = 0;
}

/* Whether a result is a new handle on a row-major tensor of these elements. */
static inline bool holds(const struct given *given, int64_t index, int32_t dtype, const void *wanted, int64_t count,
                         size_t bytes) {
    if (index >= given->count) return false;
    const tffm_value *value = &given->values[index];
    if (value->kind != TFFM_TENSOR || value->as.tensor == NULL || value->flags != 0) return false;
    tffm_info info = info_of(value->as.tensor);
    return info.numel == count && info.dtype == dtype && info.contiguous && memcmp(info.data, wanted, bytes) == 0;
}

#define HOLDS_OF(type, dtype, given, index, ...) \
    CHECK(holds(given, index, dtype, (const type[]){__VA_ARGS__}, COUNT(((const type[]){__VA_ARGS__})), \
                sizeof(const type[]){__VA_ARGS__}))
#define HOLDS(...) HOLDS_OF(float, TFFM_FLOAT32, __VA_ARGS__)
#define HOLDS_LONGS(...) HOLDS_OF(int64_t, TFFM_INT64, __VA_ARGS__)
#define HOLDS_BOOLS(...) HOLDS_OF(bool, TFFM_BOOL, __VA_ARGS__)

#endif
