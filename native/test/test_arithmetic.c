/* Arithmetic with numbers, and the seed of random numbers. */
#include <string.h>

#include "check.h"

enum { N = 3 };

/* Whether a new FLOAT32 tensor has these elements; it is freed. */
static bool has(tffm_tensor *tensor, const float *wanted) {
    bool equal = memcmp(info_of(tensor).data, wanted, N * sizeof(float)) == 0;
    OK(tffm_free(tensor));
    return equal;
}

#define HAS(tensor, ...) CHECK(has((tensor), (const float[N]){__VA_ARGS__}))

static void computes_with_tensors_and_numbers(void) {
    float a[N] = {1, -2, 3}, b[N] = {0.5f, 4, -8};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, N), *y = OVER(b, TFFM_FLOAT32, N), *result = NULL;
    OK(tffm_add(TFFM_RECORD, x, a, y, b, &result));
    HAS(result, 1.5f, 2, -5);
    OK(tffm_sub(TFFM_RECORD, x, a, y, b, &result));
    HAS(result, 0.5f, -6, 11);
    OK(tffm_add_scalar(TFFM_RECORD, x, a, TFFM_INTEGER, 2, &result));
    HAS(result, 3, 0, 5);
    OK(tffm_sub_scalar(TFFM_RECORD, x, a, TFFM_REAL, real(0.5), &result));
    HAS(result, 0.5f, -2.5f, 2.5f);
    OK(tffm_mul_scalar(TFFM_RECORD, x, a, TFFM_REAL, real(-1.5), &result));
    HAS(result, -1.5f, 3, -4.5f);
    OK(tffm_div_scalar(TFFM_RECORD, x, a, TFFM_INTEGER, 2, &result));
    HAS(result, 0.5f, -1, 1.5f);
    OK(tffm_leaky_relu(TFFM_RECORD, x, a, TFFM_REAL, real(0.25), &result));
    HAS(result, 1, -0.5f, 3);
    OK(tffm_eq_scalar(TFFM_RECORD, x, a, TFFM_INTEGER, -2, &result));
    CHECK(info_of(result).dtype == TFFM_BOOL && memcmp(info_of(result).data, "\0\1\0", N) == 0);
    OK(tffm_free(result));
    OK(tffm_leaky_relu_(TFFM_RECORD, x, a, TFFM_REAL, real(0.25)));
    CHECK(a[0] == 1 && a[1] == -0.5f && a[2] == 3);
    OK(tffm_free(x));
    OK(tffm_free(y));
}

static void refuses_what_is_wrong(void) {
    float a[N] = {1, 2, 3}, b[2] = {1, 2};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, N), *y = OVER(b, TFFM_FLOAT32, 2), *result = UNTOUCHED;
    TORCH_FAILS(tffm_add(TFFM_RECORD, x, a, y, b, &result), "must match the size of tensor b");
    REFUSED(tffm_add(TFFM_RECORD, x, a, NULL, NULL, &result), "other must not be NULL");
    REFUSED(tffm_sub(TFFM_RECORD, NULL, NULL, x, a, &result), "self must not be NULL");
    REFUSED(tffm_mul_scalar(TFFM_RECORD, x, a, TFFM_NO_NUMBER, 0, &result), "kind is");
    REFUSED(tffm_leaky_relu_(TFFM_RECORD, x, a, 7, 0), "kind is 7");
    CHECK(result == UNTOUCHED);
    OK(tffm_free(x));
    OK(tffm_free(y));
}

static void a_seed_repeats_the_numbers(void) {
    float drawn[3][N];
    const uint64_t seeds[] = {42, 43, 42};
    for (int64_t i = 0; i < COUNT(seeds); i++) {
        tffm_tensor *numbers = NULL;
        OK(tffm_manual_seed(seeds[i]));
        OK(tffm_randn(TFFM_RECORD, 1, (const int64_t[]){N}, TFFM_FLOAT32, &numbers));
        memcpy(drawn[i], info_of(numbers).data, sizeof drawn[i]);
        OK(tffm_free(numbers));
    }
    CHECK(memcmp(drawn[0], drawn[2], sizeof drawn[0]) == 0);
    CHECK(memcmp(drawn[0], drawn[1], sizeof drawn[0]) != 0);
}

const struct test arithmetic_tests[] = {
    TEST(computes_with_tensors_and_numbers),
    TEST(refuses_what_is_wrong),
    TEST(a_seed_repeats_the_numbers),
    {NULL, NULL},
};
