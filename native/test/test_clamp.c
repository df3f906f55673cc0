/* clamp, clamp_min, clamp_max and relu. */
#include <math.h>

#include "check.h"

enum { N = 7 };

/* Bounds of any kind; an operation ignores those that it does not use. */
struct bounds {
    int32_t min_kind;
    int64_t min;
    int32_t max_kind;
    int64_t max;
};

/* The operations, by their number, and the bounds that each takes. */
static const struct {
    bool min, max;
} takes[] = {[TFFM_CLAMP] = {true, true}, [TFFM_CLAMP_MIN] = {.min = true}, [TFFM_CLAMP_MAX] = {.max = true},
             [TFFM_RELU] = {false, false}};
enum { OPERATIONS = sizeof takes / sizeof *takes, CLAMPS = TFFM_RELU /* those before it */ };

/* An operation into a new tensor, in place, and into another. */
static tffm_status fresh(int32_t operation, tffm_tensor *t, struct bounds b, tffm_tensor **result) {
    return tffm_clamp(mode, operation, t, NULL, b.min_kind, b.min, b.max_kind, b.max, result);
}
static tffm_status in_place(int32_t operation, tffm_tensor *t, struct bounds b) {
    return tffm_clamp_(mode, operation, t, NULL, b.min_kind, b.min, b.max_kind, b.max);
}
static tffm_status into(int32_t operation, tffm_tensor *t, struct bounds b, tffm_tensor *out) {
    return tffm_clamp_out(mode, operation, t, NULL, b.min_kind, b.min, b.max_kind, b.max, out, NULL);
}

/* Equal to the bit, so that NaN is NaN and -0.0 is not 0.0. */
static bool same(const float *found, const float *wanted) { return memcmp(found, wanted, N * sizeof(float)) == 0; }

static void values(void) {
    const float input[N] = {-INFINITY, -2, -0.0f, 0.5f, 3, INFINITY, NAN};
    const struct {
        int32_t operation;
        struct bounds bounds;
        float wanted[N];
    } cases[] = {
        {TFFM_CLAMP, {TFFM_REAL, real(-1.5), TFFM_REAL, real(2.5)}, {-1.5f, -1.5f, -0.0f, 0.5f, 2.5f, 2.5f, NAN}},
        {TFFM_CLAMP, {TFFM_INTEGER, -1, TFFM_INTEGER, 2}, {-1, -1, -0.0f, 0.5f, 2, 2, NAN}},
        {TFFM_CLAMP, {TFFM_INTEGER, -1, TFFM_REAL, real(2.5)}, {-1, -1, -0.0f, 0.5f, 2.5f, 2.5f, NAN}},
        {TFFM_CLAMP, {TFFM_NO_NUMBER, real(9), TFFM_INTEGER, 0}, {-INFINITY, -2, -0.0f, 0, 0, 0, NAN}},
        {TFFM_CLAMP, {TFFM_REAL, real(-1), TFFM_NO_NUMBER, -7}, {-1, -1, -0.0f, 0.5f, 3, INFINITY, NAN}},
        {TFFM_CLAMP, {TFFM_INTEGER, 5, TFFM_INTEGER, 1}, {1, 1, 1, 1, 1, 1, NAN}},
        {TFFM_CLAMP, {TFFM_REAL, real(NAN), TFFM_INTEGER, 1}, {NAN, NAN, NAN, NAN, NAN, NAN, NAN}},
        {TFFM_CLAMP_MIN, {.min_kind = TFFM_REAL, .min = real(-1.5)}, {-1.5f, -1.5f, -0.0f, 0.5f, 3, INFINITY, NAN}},
        {TFFM_CLAMP_MIN, {.min_kind = TFFM_INTEGER, .min = 1}, {1, 1, 1, 1, 3, INFINITY, NAN}},
        {TFFM_CLAMP_MAX, {.max_kind = TFFM_REAL, .max = real(0.25)}, {-INFINITY, -2, -0.0f, 0.25f, 0.25f, 0.25f, NAN}},
        {TFFM_CLAMP_MAX, {.max_kind = TFFM_INTEGER, .max = -1}, {-INFINITY, -2, -1, -1, -1, -1, NAN}},
        {TFFM_RELU, {0}, {0, 0, -0.0f, 0.5f, 3, INFINITY, NAN}},
    };
    for (int64_t i = 0; i < COUNT(cases); i++) {
        float a[N], b[N] = {0};
        memcpy(a, input, sizeof a);
        const int32_t operation = cases[i].operation;
        tffm_tensor *self = OVER(a, TFFM_FLOAT32, N), *out = OVER(b, TFFM_FLOAT32, N), *result;
        if (OK(fresh(operation, self, cases[i].bounds, &result))) {
            CHECK(same(data_of(result), cases[i].wanted));
            CHECK(data_of(result) != a);
            OK(tffm_free(result));
        }
        OK(into(operation, self, cases[i].bounds, out));
        CHECK(same(b, cases[i].wanted) && data_of(out) == b);
        CHECK(same(a, input));
        OK(in_place(operation, self, cases[i].bounds));
        CHECK(same(a, cases[i].wanted) && data_of(self) == a);
        OK(tffm_free(self));
        OK(tffm_free(out));
    }
}

/* In place, in a view with gaps: the tensor stays where it is and the gaps keep their bytes. */
static void only_the_view(void) {
    for (int32_t operation = 0; operation < OPERATIONS; operation++) {
        const int64_t sizes[] = {2, 2}, strides[] = {6, 2};
        double a[12], wanted[12];
        for (int k = 0; k < 12; k++) a[k] = wanted[k] = -9 - k;
        const struct bounds bounds = {TFFM_REAL, real(0), TFFM_REAL, real(-100)};
        wanted[1] = wanted[3] = wanted[7] = wanted[9] = takes[operation].max ? -100 : 0;
        tffm_tensor *self;
        if (!OK(tffm_from_memory(mode, a, sizeof a, TFFM_FLOAT64, 2, sizes, strides, 1, &self))) continue;
        OK(in_place(operation, self, bounds));
        tffm_info info = info_of(self);
        CHECK(info.data == a + 1 && info.strides[0] == 6 && info.strides[1] == 2 && info.storage_offset == 1);
        CHECK(memcmp(a, wanted, sizeof a) == 0);
        OK(tffm_free(self));
    }
}

/* libtorch would resize out first, and then fail for lack of memory. */
static void refuses_out_of_other_sizes(void) {
    float a[6] = {0}, b[2] = {8, 9};
    const struct bounds bounds = {TFFM_INTEGER, 1, TFFM_INTEGER, 3};
    for (int32_t operation = 0; operation < OPERATIONS; operation++) {
        tffm_tensor *self = OVER(a, TFFM_FLOAT32, 2, 3), *flat = OVER(a, TFFM_FLOAT32, 6),
                    *out = OVER(b, TFFM_FLOAT32, 2);
        REFUSED(into(operation, self, bounds, out), "out has other sizes than self");
        REFUSED(into(operation, self, bounds, flat), "out has other sizes than self");
        CHECK(info_of(out).numel == 2 && info_of(flat).dim == 1 && b[0] == 8 && b[1] == 9);
        OK(tffm_free(out));
        OK(tffm_free(flat));
        OK(tffm_free(self));
    }
}

/* The same for an out tensor with gaps. */
static void only_the_out_view(void) {
    for (int32_t operation = 0; operation < OPERATIONS; operation++) {
        int32_t a[3] = {1, 2, 3}, b[6] = {7, 7, 7, 7, 7, 7}, wanted[6] = {7, 0, 7, 0, 7, 0};
        tffm_tensor *self = OVER(a, TFFM_INT32, 3), *out;
        const struct bounds bounds = {TFFM_INTEGER, 5, TFFM_INTEGER, -5};
        for (int k = 1; k < 6; k += 2)
            wanted[k] = operation == TFFM_RELU ? a[k / 2] : takes[operation].max ? -5 : 5;
        if (OK(tffm_from_memory(mode, b, sizeof b, TFFM_INT32, 1, (int64_t[]){3}, (int64_t[]){2}, 1, &out))) {
            OK(into(operation, self, bounds, out));
            CHECK(memcmp(b, wanted, sizeof b) == 0 && data_of(out) == b + 1);
            OK(tffm_free(out));
        }
        CHECK(memcmp(a, (int32_t[]){1, 2, 3}, sizeof a) == 0);
        OK(tffm_free(self));
    }
}

static void promotion_is_libtorchs(void) {
    int32_t a[2] = {-3, 4};
    const struct bounds half = {TFFM_REAL, real(0.5), TFFM_REAL, real(0.5)};
    tffm_tensor *self = OVER(a, TFFM_INT32, 2), *result;
    for (int32_t operation = 0; operation < CLAMPS; operation++) {
        if (OK(fresh(operation, self, half, &result))) {
            CHECK(info_of(result).dtype == TFFM_FLOAT32);
            OK(tffm_free(result));
        }
        TORCH_FAILS(in_place(operation, self, half), "can't be cast to the desired output type int");
        TORCH_FAILS(into(operation, self, half, self), "can't be cast to the desired output type int");
    }
    CHECK(a[0] == -3 && a[1] == 4);
    OK(tffm_free(self));
}

/* An int64_t bound is not converted to a double. */
static void integers_stay_exact(void) {
    int64_t a[2] = {INT64_MIN, INT64_MAX};
    tffm_tensor *self = OVER(a, TFFM_INT64, 2);
    OK(in_place(TFFM_CLAMP, self, (struct bounds){TFFM_INTEGER, INT64_MIN + 1, TFFM_INTEGER, INT64_MAX - 1}));
    CHECK(a[0] == INT64_MIN + 1 && a[1] == INT64_MAX - 1);
    const struct bounds narrower = {TFFM_INTEGER, INT64_MIN + 3, TFFM_INTEGER, INT64_MAX - 3};
    OK(in_place(TFFM_CLAMP_MIN, self, narrower));
    OK(in_place(TFFM_CLAMP_MAX, self, narrower));
    CHECK(a[0] == INT64_MIN + 3 && a[1] == INT64_MAX - 3);
    OK(tffm_free(self));
}

/* A bound that is beyond the type's range, and so bounds nothing. */
static void wider_bounds(void) {
    uint8_t bytes[3] = {1, 200, 255};
    tffm_tensor *u8 = OVER(bytes, TFFM_UINT8, 3);
    const struct bounds negative = {TFFM_INTEGER, -1, TFFM_INTEGER, 10}, wide = {TFFM_INTEGER, 0, TFFM_INTEGER, 300};
    if (is_since(15)) {
        OK(in_place(TFFM_CLAMP, u8, wide));
        OK(in_place(TFFM_CLAMP_MAX, u8, wide));
        CHECK(bytes[0] == 1 && bytes[1] == 200 && bytes[2] == 255);
    } else {
        TORCH_FAILS(in_place(TFFM_CLAMP, u8, wide), "cannot be converted to type uint8_t without overflow");
        TORCH_FAILS(in_place(TFFM_CLAMP_MAX, u8, wide), "cannot be converted to type uint8_t without overflow");
    }
    OK(in_place(TFFM_CLAMP, u8, negative));
    CHECK(bytes[0] == (is_since(15) ? 1 : 10) && bytes[1] == 10 && bytes[2] == 10); /* -1 wraps to 255 before 2.15 */
    OK(tffm_free(u8));
}

static void failures_are_libtorchs(void) {
    uint8_t bytes[2] = {1, 2};
    bool flags[2] = {false, true};
    float a[2] = {1, 2};
    tffm_tensor *u8 = OVER(bytes, TFFM_UINT8, 2), *boolean = OVER(flags, TFFM_BOOL, 2),
                *f32 = OVER(a, TFFM_FLOAT32, 2), *result = UNTOUCHED;
    const struct bounds none = {0}, wide = {TFFM_INTEGER, -1, TFFM_INTEGER, 300},
                        beyond = {TFFM_INTEGER, 300, TFFM_INTEGER, -300};
    const char *refusal = is_since(15) ? "is outside the representable range of Byte"
                                       : "cannot be converted to type uint8_t without overflow";
    TORCH_FAILS(fresh(TFFM_CLAMP, f32, none, &result), "At least one of 'min' or 'max' must not be None");
    TORCH_FAILS(in_place(TFFM_CLAMP, f32, none), "At least one of 'min' or 'max' must not be None");
    TORCH_FAILS(into(TFFM_CLAMP, f32, none, f32), "At least one of 'min' or 'max' must not be None");
    for (int32_t operation = 0; operation < CLAMPS; operation++) TORCH_FAILS(in_place(operation, u8, beyond), refusal);
    for (int32_t operation = 0; operation < CLAMPS; operation++)
        TORCH_FAILS(into(operation, f32, wide, u8), "Found dtype Byte but expected Float");
    TORCH_FAILS(into(TFFM_RELU, f32, none, u8), "out tensor to have dtype float");
    TORCH_FAILS(fresh(TFFM_RELU, boolean, none, &result), "Boolean inputs not supported for relu");
    TORCH_FAILS(in_place(TFFM_RELU, boolean, none), "Boolean inputs not supported for relu");
    TORCH_FAILS(into(TFFM_RELU, boolean, none, boolean), "Boolean inputs not supported for relu");
    CHECK(result == UNTOUCHED && bytes[0] == 1 && bytes[1] == 2);
    OK(tffm_free(u8));
    OK(tffm_free(boolean));
    OK(tffm_free(f32));
}

static void refuses_null_and_bad_kinds(void) {
    float a[1] = {1};
    tffm_tensor *self = OVER(a, TFFM_FLOAT32, 1), *result = UNTOUCHED;
    const struct bounds fine = {TFFM_INTEGER, 0, TFFM_INTEGER, 0};
    for (int32_t operation = 0; operation < OPERATIONS; operation++) {
        const bool min = takes[operation].min, max = takes[operation].max;
        REFUSED(fresh(operation, NULL, fine, &result), "self must not be NULL");
        REFUSED(fresh(operation, self, fine, NULL), "result must not be NULL");
        REFUSED(in_place(operation, NULL, fine), "self must not be NULL");
        REFUSED(into(operation, NULL, fine, self), "self must not be NULL");
        REFUSED(into(operation, self, fine, NULL), "out must not be NULL");
        /* An operation with one bound needs that bound. */
        const int32_t bad[] = {-1, 3, INT32_MAX, INT32_MIN, TFFM_NO_NUMBER};
        const bool needed = min != max;
        for (int64_t k = 0; k < COUNT(bad) - !needed; k++) {
            struct bounds bad_min = fine, bad_max = fine;
            bad_min.min_kind = bad_max.max_kind = bad[k];
            if (min) {
                REFUSED(fresh(operation, self, bad_min, &result), "min_kind is ");
                REFUSED(in_place(operation, self, bad_min), "min_kind is ");
                REFUSED(into(operation, self, bad_min, self), "min_kind is ");
            } else { /* ignored */
                OK(into(operation, self, bad_min, self));
            }
            if (max) {
                REFUSED(fresh(operation, self, bad_max, &result), "max_kind is ");
                REFUSED(in_place(operation, self, bad_max), "max_kind is ");
                REFUSED(into(operation, self, bad_max, self), "max_kind is ");
            } else {
                OK(into(operation, self, bad_max, self));
            }
        }
    }
    CHECK(result == UNTOUCHED);
    OK(tffm_free(self));
}

static void refuses_unknown_operations(void) {
    float a[1] = {-1}, b[1] = {7};
    tffm_tensor *self = OVER(a, TFFM_FLOAT32, 1), *out = OVER(b, TFFM_FLOAT32, 1), *result = UNTOUCHED;
    const struct bounds fine = {TFFM_INTEGER, 0, TFFM_INTEGER, 0};
    const int32_t unknown[] = {-1, OPERATIONS, INT32_MAX, INT32_MIN};
    for (int64_t i = 0; i < COUNT(unknown); i++) {
        REFUSED(fresh(unknown[i], self, fine, &result), "which is not in enum tffm_clamp_operation");
        REFUSED(in_place(unknown[i], self, fine), "which is not in enum tffm_clamp_operation");
        REFUSED(into(unknown[i], self, fine, out), "which is not in enum tffm_clamp_operation");
    }
    CHECK(result == UNTOUCHED && a[0] == -1 && b[0] == 7);
    OK(tffm_free(self));
    OK(tffm_free(out));
}

const struct test clamp_tests[] = {
    TEST(values),
    TEST(only_the_view),
    TEST(only_the_out_view),
    TEST(refuses_out_of_other_sizes),
    TEST(promotion_is_libtorchs),
    TEST(integers_stay_exact),
    TEST(wider_bounds), TEST(failures_are_libtorchs),
    TEST(refuses_null_and_bad_kinds),
    TEST(refuses_unknown_operations),
    {0},
};
