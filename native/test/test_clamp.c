/* clamp and its kin, and relu. */
#include <math.h>

#include "check.h"

enum { N = 7 };

/* The three forms of one operator over bounds of any kind; a form without a bound ignores it. */
struct bounds {
    int32_t min_kind;
    int64_t min;
    int32_t max_kind;
    int64_t max;
};

static tffm_status both(tffm_tensor *t, struct bounds b, tffm_tensor **r) {
    return tffm_clamp(mode, t, NULL, b.min_kind, b.min, b.max_kind, b.max, r);
}
static tffm_status both_(tffm_tensor *t, struct bounds b) {
    return tffm_clamp_(mode, t, NULL, b.min_kind, b.min, b.max_kind, b.max);
}
static tffm_status both_out(tffm_tensor *t, struct bounds b, tffm_tensor *out) {
    return tffm_clamp_out(mode, t, NULL, b.min_kind, b.min, b.max_kind, b.max, out, NULL);
}
static tffm_status lower(tffm_tensor *t, struct bounds b, tffm_tensor **r) {
    return tffm_clamp_min(mode, t, NULL, b.min_kind, b.min, r);
}
static tffm_status lower_(tffm_tensor *t, struct bounds b) { return tffm_clamp_min_(mode, t, NULL, b.min_kind, b.min); }
static tffm_status lower_out(tffm_tensor *t, struct bounds b, tffm_tensor *out) {
    return tffm_clamp_min_out(mode, t, NULL, b.min_kind, b.min, out, NULL);
}
static tffm_status upper(tffm_tensor *t, struct bounds b, tffm_tensor **r) {
    return tffm_clamp_max(mode, t, NULL, b.max_kind, b.max, r);
}
static tffm_status upper_(tffm_tensor *t, struct bounds b) { return tffm_clamp_max_(mode, t, NULL, b.max_kind, b.max); }
static tffm_status upper_out(tffm_tensor *t, struct bounds b, tffm_tensor *out) {
    return tffm_clamp_max_out(mode, t, NULL, b.max_kind, b.max, out, NULL);
}
static tffm_status rectify(tffm_tensor *t, struct bounds b, tffm_tensor **r) {
    (void)b;
    return tffm_relu(mode, t, NULL, r);
}
static tffm_status rectify_(tffm_tensor *t, struct bounds b) {
    (void)b;
    return tffm_relu_(mode, t, NULL);
}

static const struct form {
    tffm_status (*fresh)(tffm_tensor *, struct bounds, tffm_tensor **);
    tffm_status (*in_place)(tffm_tensor *, struct bounds);
    tffm_status (*out)(tffm_tensor *, struct bounds, tffm_tensor *); /* or NULL */
    bool min, max;                                                   /* the bounds that it takes */
} clamp = {both, both_, both_out, true, true}, clamp_min = {lower, lower_, lower_out, true, false},
  clamp_max = {upper, upper_, upper_out, false, true}, relu = {rectify, rectify_, NULL, false, false};
static const struct form *const forms[] = {&clamp, &clamp_min, &clamp_max, &relu};

/* Equal to the bit, so that NaN is NaN and -0.0 is not 0.0. */
static bool same(const float *found, const float *wanted) { return memcmp(found, wanted, N * sizeof(float)) == 0; }

static void values(void) {
    const float input[N] = {-INFINITY, -2, -0.0f, 0.5f, 3, INFINITY, NAN};
    const struct {
        const struct form *form;
        struct bounds bounds;
        float wanted[N];
    } cases[] = {
        {&clamp, {TFFM_REAL, real(-1.5), TFFM_REAL, real(2.5)}, {-1.5f, -1.5f, -0.0f, 0.5f, 2.5f, 2.5f, NAN}},
        {&clamp, {TFFM_INTEGER, -1, TFFM_INTEGER, 2}, {-1, -1, -0.0f, 0.5f, 2, 2, NAN}},
        {&clamp, {TFFM_INTEGER, -1, TFFM_REAL, real(2.5)}, {-1, -1, -0.0f, 0.5f, 2.5f, 2.5f, NAN}},
        {&clamp, {TFFM_NO_NUMBER, real(9), TFFM_INTEGER, 0}, {-INFINITY, -2, -0.0f, 0, 0, 0, NAN}},
        {&clamp, {TFFM_REAL, real(-1), TFFM_NO_NUMBER, -7}, {-1, -1, -0.0f, 0.5f, 3, INFINITY, NAN}},
        {&clamp, {TFFM_INTEGER, 5, TFFM_INTEGER, 1}, {1, 1, 1, 1, 1, 1, NAN}},
        {&clamp, {TFFM_REAL, real(NAN), TFFM_INTEGER, 1}, {NAN, NAN, NAN, NAN, NAN, NAN, NAN}},
        {&clamp_min, {.min_kind = TFFM_REAL, .min = real(-1.5)}, {-1.5f, -1.5f, -0.0f, 0.5f, 3, INFINITY, NAN}},
        {&clamp_min, {.min_kind = TFFM_INTEGER, .min = 1}, {1, 1, 1, 1, 3, INFINITY, NAN}},
        {&clamp_max, {.max_kind = TFFM_REAL, .max = real(0.25)}, {-INFINITY, -2, -0.0f, 0.25f, 0.25f, 0.25f, NAN}},
        {&clamp_max, {.max_kind = TFFM_INTEGER, .max = -1}, {-INFINITY, -2, -1, -1, -1, -1, NAN}},
        {&relu, {0}, {0, 0, -0.0f, 0.5f, 3, INFINITY, NAN}},
    };
    for (int64_t i = 0; i < COUNT(cases); i++) {
        float a[N], b[N] = {0};
        memcpy(a, input, sizeof a);
        tffm_tensor *self = OVER(a, TFFM_FLOAT32, N), *out = OVER(b, TFFM_FLOAT32, N), *result;
        if (OK(cases[i].form->fresh(self, cases[i].bounds, &result))) {
            CHECK(same(data_of(result), cases[i].wanted));
            CHECK(data_of(result) != a);
            OK(tffm_free(result));
        }
        if (cases[i].form->out != NULL) {
            OK(cases[i].form->out(self, cases[i].bounds, out));
            CHECK(same(b, cases[i].wanted) && data_of(out) == b);
        }
        CHECK(same(a, input));
        OK(cases[i].form->in_place(self, cases[i].bounds));
        CHECK(same(a, cases[i].wanted) && data_of(self) == a);
        OK(tffm_free(self));
        OK(tffm_free(out));
    }
}

/* In place, in a view with gaps: the tensor stays where it is and the gaps keep their bytes. */
static void only_the_view(void) {
    for (int64_t i = 0; i < COUNT(forms); i++) {
        const int64_t sizes[] = {2, 2}, strides[] = {6, 2};
        double a[12], wanted[12];
        for (int k = 0; k < 12; k++) a[k] = wanted[k] = -9 - k;
        const struct bounds bounds = {TFFM_REAL, real(0), TFFM_REAL, real(-100)};
        const double bound = forms[i]->max ? -100 : 0;
        wanted[1] = wanted[3] = wanted[7] = wanted[9] = bound;
        tffm_tensor *self;
        if (!OK(tffm_from_memory(mode, a, sizeof a, TFFM_FLOAT64, 2, sizes, strides, 1, &self))) continue;
        OK(forms[i]->in_place(self, bounds));
        tffm_info info = info_of(self);
        CHECK(info.data == a + 1 && info.strides[0] == 6 && info.strides[1] == 2 && info.storage_offset == 1);
        CHECK(memcmp(a, wanted, sizeof a) == 0);
        OK(tffm_free(self));
    }
}

/* Libtorch would give out the sizes first and then find that it cannot have the memory. */
static void refuses_out_of_other_sizes(void) {
    float a[6] = {0}, b[2] = {8, 9};
    const struct bounds bounds = {TFFM_INTEGER, 1, TFFM_INTEGER, 3};
    for (int64_t i = 0; i < COUNT(forms); i++) {
        if (forms[i]->out == NULL) continue;
        tffm_tensor *self = OVER(a, TFFM_FLOAT32, 2, 3), *flat = OVER(a, TFFM_FLOAT32, 6),
                    *out = OVER(b, TFFM_FLOAT32, 2);
        REFUSED(forms[i]->out(self, bounds, out), "out has other sizes than self");
        REFUSED(forms[i]->out(self, bounds, flat), "out has other sizes than self");
        CHECK(info_of(out).numel == 2 && info_of(flat).dim == 1 && b[0] == 8 && b[1] == 9);
        OK(tffm_free(out));
        OK(tffm_free(flat));
        OK(tffm_free(self));
    }
}

/* An out tensor in a view with gaps likewise. */
static void only_the_out_view(void) {
    for (int64_t i = 0; i < COUNT(forms); i++) {
        if (forms[i]->out == NULL) continue;
        int32_t a[3] = {1, 2, 3}, b[6] = {7, 7, 7, 7, 7, 7}, wanted[6] = {7, 0, 7, 0, 7, 0};
        tffm_tensor *self = OVER(a, TFFM_INT32, 3), *out;
        const struct bounds bounds = {TFFM_INTEGER, 5, TFFM_INTEGER, -5};
        for (int k = 1; k < 6; k += 2) wanted[k] = forms[i]->max ? -5 : 5;
        if (OK(tffm_from_memory(mode, b, sizeof b, TFFM_INT32, 1, (int64_t[]){3}, (int64_t[]){2}, 1, &out))) {
            OK(forms[i]->out(self, bounds, out));
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
    for (int64_t i = 0; i < COUNT(forms) - 1; i++) {
        if (OK(forms[i]->fresh(self, half, &result))) {
            CHECK(info_of(result).dtype == TFFM_FLOAT32);
            OK(tffm_free(result));
        }
        TORCH_FAILS(forms[i]->in_place(self, half), "can't be cast to the desired output type int");
        TORCH_FAILS(forms[i]->out(self, half, self), "can't be cast to the desired output type int");
    }
    CHECK(a[0] == -3 && a[1] == 4);
    OK(tffm_free(self));
}

/* An int64_t bound is not rounded to a double on its way. */
static void integers_stay_exact(void) {
    int64_t a[2] = {INT64_MIN, INT64_MAX};
    tffm_tensor *self = OVER(a, TFFM_INT64, 2);
    OK(tffm_clamp_(mode, self, a, TFFM_INTEGER, INT64_MIN + 1, TFFM_INTEGER, INT64_MAX - 1));
    CHECK(a[0] == INT64_MIN + 1 && a[1] == INT64_MAX - 1);
    OK(tffm_clamp_min_(mode, self, a, TFFM_INTEGER, INT64_MIN + 3));
    OK(tffm_clamp_max_(mode, self, a, TFFM_INTEGER, INT64_MAX - 3));
    CHECK(a[0] == INT64_MIN + 3 && a[1] == INT64_MAX - 3);
    OK(tffm_free(self));
}

static void failures_are_libtorchs(void) {
    uint8_t bytes[2] = {1, 2};
    bool flags[2] = {false, true};
    float a[2] = {1, 2};
    tffm_tensor *u8 = OVER(bytes, TFFM_UINT8, 2), *boolean = OVER(flags, TFFM_BOOL, 2),
                *f32 = OVER(a, TFFM_FLOAT32, 2), *result = UNTOUCHED;
    const struct bounds none = {0}, wide = {TFFM_INTEGER, -1, TFFM_INTEGER, 300};
    TORCH_FAILS(both(f32, none, &result), "At least one of 'min' or 'max' must not be None");
    TORCH_FAILS(both_(f32, none), "At least one of 'min' or 'max' must not be None");
    TORCH_FAILS(both_out(f32, none, f32), "At least one of 'min' or 'max' must not be None");
    TORCH_FAILS(both_(u8, wide), "cannot be converted to type uint8_t without overflow");
    TORCH_FAILS(upper_(u8, wide), "cannot be converted to type uint8_t without overflow");
    for (int64_t i = 0; i < COUNT(forms) - 1; i++)
        TORCH_FAILS(forms[i]->out(f32, wide, u8), "Found dtype Byte but expected Float");
    TORCH_FAILS(tffm_relu(mode, boolean, flags, &result), "Boolean inputs not supported for relu");
    TORCH_FAILS(tffm_relu_(mode, boolean, flags), "Boolean inputs not supported for relu");
    CHECK(result == UNTOUCHED && bytes[0] == 1 && bytes[1] == 2);
    OK(tffm_free(u8));
    OK(tffm_free(boolean));
    OK(tffm_free(f32));
}

static void refuses_null_and_bad_kinds(void) {
    float a[1] = {1};
    tffm_tensor *self = OVER(a, TFFM_FLOAT32, 1), *result = UNTOUCHED;
    const struct bounds fine = {TFFM_INTEGER, 0, TFFM_INTEGER, 0};
    for (int64_t i = 0; i < COUNT(forms); i++) {
        const struct form *form = forms[i];
        REFUSED(form->fresh(NULL, fine, &result), "self must not be NULL");
        REFUSED(form->fresh(self, fine, NULL), "result must not be NULL");
        REFUSED(form->in_place(NULL, fine), "self must not be NULL");
        if (form->out != NULL) {
            REFUSED(form->out(NULL, fine, self), "self must not be NULL");
            REFUSED(form->out(self, fine, NULL), "out must not be NULL");
        }
        /* A form with one bound has no use for none. */
        const int32_t bad[] = {-1, 3, INT32_MAX, INT32_MIN, TFFM_NO_NUMBER};
        const bool needed = !(form->min && form->max);
        for (int64_t k = 0; k < COUNT(bad) - !needed; k++) {
            struct bounds min = fine, max = fine;
            min.min_kind = max.max_kind = bad[k];
            if (form->min) {
                REFUSED(form->fresh(self, min, &result), "min_kind is ");
                REFUSED(form->in_place(self, min), "min_kind is ");
                REFUSED(form->out(self, min, self), "min_kind is ");
            }
            if (form->max) {
                REFUSED(form->fresh(self, max, &result), "max_kind is ");
                REFUSED(form->in_place(self, max), "max_kind is ");
                REFUSED(form->out(self, max, self), "max_kind is ");
            }
        }
    }
    CHECK(result == UNTOUCHED && a[0] == 1);
    OK(tffm_free(self));
}

const struct test clamp_tests[] = {
    TEST(values),
    TEST(only_the_view),
    TEST(only_the_out_view),
    TEST(refuses_out_of_other_sizes),
    TEST(promotion_is_libtorchs),
    TEST(integers_stay_exact),
    TEST(failures_are_libtorchs),
    TEST(refuses_null_and_bad_kinds),
    {0},
};
