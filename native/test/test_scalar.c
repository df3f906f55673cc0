/* Operators with Scalars: ints, floats and bools, given and left out. */
#include <math.h>

#include "check.h"

/* The kind of a Scalar decides the dtype, and an int is exact. */
static void are_ints_floats_and_bools(void) {
    const tffm_value two = integer(2);
    struct given given;
    OK(CALL(&given, "aten::full", "", INTS(two), integer(7)));
    HOLDS_LONGS(&given, 0, 7, 7);
    drop(&given);
    OK(CALL(&given, "aten::full", "", INTS(two), floating(0.5)));
    HOLDS(&given, 0, 0.5f, 0.5f);
    drop(&given);
    OK(CALL(&given, "aten::full", "", INTS(two), boolean(1)));
    HOLDS_BOOLS(&given, 0, true, true);
    drop(&given);
    OK(CALL(&given, "aten::full", "", INTS(two), boolean(0), dtype(TFFM_FLOAT32)));
    HOLDS(&given, 0, 0, 0);
    drop(&given);
    OK(CALL(&given, "aten::scalar_tensor", "", integer(INT64_MIN), dtype(TFFM_INT64)));
    HOLDS_LONGS(&given, 0, INT64_MIN);
    drop(&given);
    OK(CALL(&given, "aten::scalar_tensor", "", floating(-0.0)));
    HOLDS(&given, 0, -0.0f);
    drop(&given);
}

static void makes_ranges(void) {
    struct given given;
    OK(CALL(&given, "aten::arange", "", integer(5)));
    HOLDS_LONGS(&given, 0, 0, 1, 2, 3, 4);
    drop(&given);
    OK(CALL(&given, "aten::arange", "", floating(2.5)));
    HOLDS(&given, 0, 0, 1, 2);
    drop(&given);
    OK(CALL(&given, "aten::arange", "", boolean(1)));
    HOLDS_LONGS(&given, 0, 0);
    drop(&given);
    OK(CALL(&given, "aten::arange", "start", integer(-1), integer(2), dtype(TFFM_FLOAT64)));
    HOLDS_OF(double, TFFM_FLOAT64, &given, 0, -1, 0, 1);
    drop(&given);
    OK(CALL(&given, "aten::arange", "start_step", integer(3), integer(6))); /* a step of 1 by default */
    HOLDS_LONGS(&given, 0, 3, 4, 5);
    drop(&given);
    OK(CALL(&given, "aten::arange", "start_step", integer(0), integer(10), floating(2.5), dtype(TFFM_INT64)));
    if (is_since(14)) HOLDS_LONGS(&given, 0, 0, 2, 4, 6);
    else HOLDS_LONGS(&given, 0, 0, 2, 4, 6, 8); /* counted with the integral part of the step */
    drop(&given);
    if (OK(CALL(&given, "aten::arange", "start_step", integer(0), integer(10), floating(0.3)))) {
        const float *x = data_of(given.values[0].as.tensor);
        CHECK(info_of(given.values[0].as.tensor).numel == 34 && x[11] == 3.3000002f);
    }
    drop(&given);
    OK(CALL(&given, "aten::linspace", "", integer(0), floating(1), integer(5)));
    HOLDS(&given, 0, 0, 0.25f, 0.5f, 0.75f, 1);
    drop(&given);
    TORCH_FAILS(CALL(&given, "aten::arange", "start_step", integer(0), integer(3), integer(0)), "step must be nonzero");
}

static void computes_with_scalars(void) {
    float a[] = {1, 2, 3}, b[] = {5, 6, 7};
    bool c[] = {true, false, true};
    int64_t d[] = {1, 5};
    tffm_tensor *first = OVER(a, TFFM_FLOAT32, 3), *second = OVER(b, TFFM_FLOAT32, 3), *third = OVER(c, TFFM_BOOL, 3),
                *fourth = OVER(d, TFFM_INT64, 2);
    const tffm_value x = tensor(first), y = tensor(second), mask = tensor(third), powers = tensor(fourth);
    struct given given;
    OK(CALL(&given, "aten::pow", "Tensor_Scalar", x, integer(2)));
    HOLDS(&given, 0, 1, 4, 9);
    drop(&given);
    OK(CALL(&given, "aten::pow", "Scalar", integer(2), powers)); /* the Scalar comes first */
    HOLDS_LONGS(&given, 0, 2, 32);
    drop(&given);
    OK(CALL(&given, "aten::gt", "Scalar", x, floating(1.5)));
    HOLDS_BOOLS(&given, 0, false, true, true);
    drop(&given);
    OK(CALL(&given, "aten::eq", "Scalar", mask, boolean(1)));
    HOLDS_BOOLS(&given, 0, true, false, true);
    drop(&given);
    OK(CALL(&given, "aten::lerp", "Scalar", x, y, floating(0.5)));
    HOLDS(&given, 0, 3, 4, 5);
    drop(&given);
    OK(CALL(&given, "aten::masked_fill", "Scalar", x, mask, integer(-9)));
    HOLDS(&given, 0, -9, 2, -9);
    drop(&given);
    OK(CALL(&given, "aten::where", "Scalar", mask, integer(4), integer(5)));
    HOLDS_LONGS(&given, 0, 4, 5, 4);
    drop(&given);
    OK(CALL(&given, "aten::where", "ScalarOther", mask, x, floating(0.5)));
    HOLDS(&given, 0, 1, 0.5f, 3);
    drop(&given);
    OK(CALL(&given, "aten::constant_pad_nd", "", x, INTS(integer(1), integer(0)), floating(8)));
    HOLDS(&given, 0, 8, 1, 2, 3);
    drop(&given);
    /* In place. */
    OK(CALL(&given, "aten::addcmul_", "", x, x, y, floating(0.5)));
    CHECK(given.count == 1 && given.values[0].flags == 1 && given.values[0].as.tensor == NULL);
    CHECK(memcmp(a, (float[]){3.5f, 8, 13.5f}, sizeof a) == 0 && data_of(first) == a);
    OK(CALL(&given, "aten::masked_fill_", "Scalar", x, mask, boolean(1)));
    CHECK(memcmp(a, (float[]){1, 8, 1}, sizeof a) == 0);
    OK(CALL(&given, "aten::fill_", "Scalar", x, integer(4)));
    CHECK(memcmp(a, (float[]){4, 4, 4}, sizeof a) == 0);
    OK(tffm_free(first));
    OK(tffm_free(second));
    OK(tffm_free(third));
    OK(tffm_free(fourth));
}

/* A schema's defaults: ints and floats, for Scalars and for others. */
static void have_defaults(void) {
    float a[] = {3, -4}, b[] = {1, 0, 0, 1}, c[] = {10, 20, 30, 40}, d[] = {-INFINITY};
    tffm_tensor *row = OVER(a, TFFM_FLOAT32, 2), *unit = OVER(b, TFFM_FLOAT32, 2, 2),
                *full = OVER(c, TFFM_FLOAT32, 2, 2), *infinite = OVER(d, TFFM_FLOAT32, 1);
    const tffm_value x = tensor(row), one = tensor(unit), m = tensor(full), least = tensor(infinite);
    struct given given;
    OK(CALL(&given, "aten::elu", "", least));
    HOLDS(&given, 0, -1);
    drop(&given);
    OK(CALL(&given, "aten::elu", "", least, integer(2)));
    HOLDS(&given, 0, -2);
    drop(&given);
    OK(CALL(&given, "aten::addmm", "", m, one, one));
    HOLDS(&given, 0, 11, 20, 30, 41);
    drop(&given);
    OK(CALL(&given, "aten::addmm", "", m, one, one, floating(0.5)));
    HOLDS(&given, 0, 6, 10, 15, 21);
    drop(&given);
    OK(CALL(&given, "aten::addmm", "", one, m, one, integer(0), integer(-3)));
    HOLDS(&given, 0, -30, -60, -90, -120);
    drop(&given);
    OK(CALL(&given, "aten::add", "Tensor", x, x));
    HOLDS(&given, 0, 6, -8);
    drop(&given);
    OK(CALL(&given, "aten::norm", "Scalar", x)); /* 2 */
    HOLDS(&given, 0, 5);
    drop(&given);
    OK(CALL(&given, "aten::norm", "Scalar", x, integer(1)));
    HOLDS(&given, 0, 7);
    drop(&given);
    OK(CALL(&given, "aten::hardtanh", "", x)); /* a negative one */
    HOLDS(&given, 0, 1, -1);
    drop(&given);
    OK(CALL(&given, "aten::histc", "", x, integer(4))); /* a range of 0 to 0: that of the elements */
    HOLDS(&given, 0, 1, 0, 0, 1);
    drop(&given);
    OK(CALL(&given, "aten::histc", "", x, integer(3), integer(0), floating(4.5)));
    HOLDS(&given, 0, 0, 0, 1);
    drop(&given);
    /* Defaults that are fractions, and a generator left out. */
    for (int64_t i = 1; i <= 5; i++) {
        const tffm_value arguments[] = {x, floating(0.125), floating(0.33333333333333331), boolean(0), none()};
        OK(call(TFFM_RECORD, "aten::rrelu", "", arguments, i, &given));
        HOLDS(&given, 0, 3, -4 * (float)((0.125 + 0.33333333333333331) / 2));
        drop(&given);
    }
    OK(CALL(&given, "aten::addcmul_", "", x, x, x)); /* 1 */
    CHECK(memcmp(a, (float[]){12, 12}, sizeof a) == 0);
    OK(tffm_free(row));
    OK(tffm_free(unit));
    OK(tffm_free(full));
    OK(tffm_free(infinite));
}

static void may_be_none(void) {
    float a[] = {1, 2, 4, 5};
    tffm_tensor *row = OVER(a, TFFM_FLOAT32, 4);
    const tffm_value x = tensor(row);
    struct given given;
    const struct {
        tffm_value correction;
        float wanted;
    } cases[] = {{none(), 10.f / 3}, {integer(1), 10.f / 3}, {integer(0), 2.5f}, {floating(0.5), 10 / 3.5f}};
    for (int64_t i = 0; i < COUNT(cases); i++) {
        OK(CALL(&given, "aten::var", "correction", x, none(), cases[i].correction));
        HOLDS(&given, 0, cases[i].wanted);
        drop(&given);
        OK(CALL(&given, "aten::var", "correction", x, INTS(integer(0)), cases[i].correction, boolean(1)));
        HOLDS(&given, 0, cases[i].wanted);
        CHECK(info_of(given.values[0].as.tensor).dim == 1);
        drop(&given);
    }
    OK(CALL(&given, "aten::var", "correction", x));
    HOLDS(&given, 0, 10.f / 3);
    drop(&given);
    /* One number for a list of one. */
    OK(CALL(&given, "aten::norm", "ScalarOpt_dim", x, none(), integer(0)));
    HOLDS(&given, 0, sqrtf(46));
    drop(&given);
    OK(CALL(&given, "aten::norm", "ScalarOpt_dim", x, integer(1), INTS(integer(0)), boolean(1)));
    HOLDS(&given, 0, 12);
    drop(&given);
    OK(CALL(&given, "aten::clamp", "", x, integer(2), none()));
    HOLDS(&given, 0, 2, 2, 4, 5);
    drop(&given);
    OK(CALL(&given, "aten::clamp", "", x, none(), floating(2.5)));
    HOLDS(&given, 0, 1, 2, 2.5f, 2.5f);
    drop(&given);
    /* Two results. */
    if (OK(CALL(&given, "aten::var_mean", "correction", x, none(), integer(0)))) CHECK(given.count == 2);
    HOLDS(&given, 0, 2.5f);
    HOLDS(&given, 1, 3);
    drop(&given);
    OK(tffm_free(row));
}

/* Scalars in lists, and as many results as there are dimensions. */
static void may_be_listed(void) {
    float a[] = {1, 2, 4, 2, 4, 8}, b[] = {1, 2, 4, 8, 16, 32, 64, 128};
    tffm_tensor *matrix = OVER(a, TFFM_FLOAT32, 2, 3), *cube = OVER(b, TFFM_FLOAT32, 2, 2, 2);
    const tffm_value x = tensor(matrix), y = tensor(cube);
    struct given given;
    if (OK(CALL(&given, "aten::gradient", "scalararray", x, integer(2), INTS(integer(0), integer(1))))) {
        CHECK(given.count == 2);
        HOLDS(&given, 0, 0.5f, 1, 2, 0.5f, 1, 2);
        HOLDS(&given, 1, 0.5f, 0.75f, 1, 1, 1.5f, 2);
    }
    drop(&given);
    const tffm_value spacings[] = {LIST(TFFM_FLOAT_LIST, floating(2), floating(0.5)),
                                   LIST(TFFM_FLOAT_LIST, integer(2), floating(0.5))};
    for (int64_t i = 0; i < COUNT(spacings); i++) {
        if (OK(CALL(&given, "aten::gradient", "scalarrayint", x, spacings[i]))) {
            CHECK(given.count == 2);
            HOLDS(&given, 0, 0.5f, 1, 2, 0.5f, 1, 2);
            HOLDS(&given, 1, 2, 3, 4, 4, 6, 8);
        }
        drop(&given);
    }
    OK(CALL(&given, "aten::gradient", "scalarrayint", y, INTS(integer(1), integer(2), integer(4))));
    CHECK(given.count == 3);
    HOLDS(&given, 2, 0.25f, 0.25f, 1, 1, 4, 4, 16, 16);
    drop(&given);
    OK(CALL(&given, "aten::gradient", "scalarint", x, none(), integer(1)));
    CHECK(given.count == 1);
    HOLDS(&given, 0, 1, 1.5f, 2, 2, 3, 4);
    drop(&given);
    TORCH_FAILS(CALL(&given, "aten::gradient", "scalarrayint", x, LIST(TFFM_FLOAT_LIST, floating(1))), "spacing");
    REFUSED(CALL(&given, "aten::gradient", "scalarrayint", x, floating(1)), "argument 'spacing' is a float");
    REFUSED(CALL(&given, "aten::gradient", "scalarrayint", x, TENSORS(x)), "argument 'spacing' is a Tensor");
    OK(tffm_free(matrix));
    OK(tffm_free(cube));
}

/* More Scalars than an argument itself has room for. */
static void may_be_many(void) {
    enum { DIMS = 8 };
    float a[1 << DIMS];
    for (int i = 0; i < 1 << DIMS; i++) a[i] = (float)i;
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 2, 2, 2, 2, 2, 2, 2, 2);
    tffm_value spacing[DIMS];
    for (int d = 0; d < DIMS; d++) spacing[d] = integer(1 << d);
    struct given given;
    if (OK(CALL(&given, "aten::gradient", "scalarrayint", tensor(x), list(TFFM_INT_LIST, DIMS, spacing)))) {
        CHECK(given.count == DIMS);
        for (int d = 0; d < given.count; d++)
            CHECK(*(float *)data_of(given.values[d].as.tensor) == (float)(1 << (DIMS - 1 - d)) / (float)(1 << d));
    }
    drop(&given);
    OK(tffm_free(x));
}

static bool is_dtype(const struct given *given, int32_t dtype) {
    return given->count == 1 && given->values[0].kind == TFFM_DTYPE && given->values[0].as.integer == dtype;
}

static void gives_dtypes(void) {
    int64_t a[] = {1};
    bool b[] = {true};
    tffm_tensor *longs = OVER(a, TFFM_INT64, 1), *flags = OVER(b, TFFM_BOOL, 1);
    struct given given;
    OK(CALL(&given, "aten::result_type", "Scalar", tensor(longs), floating(1.5)));
    CHECK(is_dtype(&given, TFFM_FLOAT32));
    OK(CALL(&given, "aten::result_type", "Scalar", tensor(longs), boolean(1)));
    CHECK(is_dtype(&given, TFFM_INT64));
    OK(CALL(&given, "aten::result_type", "Scalar_Tensor", floating(2.5), tensor(flags)));
    CHECK(is_dtype(&given, TFFM_FLOAT32));
    OK(CALL(&given, "aten::result_type", "Scalar_Scalar", integer(1), boolean(1)));
    CHECK(is_dtype(&given, TFFM_INT64));
    OK(tffm_free(longs));
    OK(tffm_free(flags));
}

/* Beside Scalars: strings, optional tensors and lists, given and left out. */
static void come_with_other_arguments(void) {
    float a[] = {1, 3, 5}, b[] = {1, 2, 3, 4};
    int64_t c[] = {2, 0, 1}, d[] = {1, 3};
    tffm_tensor *sorted = OVER(a, TFFM_FLOAT32, 3), *order = OVER(c, TFFM_INT64, 3), *data = OVER(b, TFFM_FLOAT32, 4),
                *lengths = OVER(d, TFFM_INT64, 2);
    const tffm_value x = tensor(sorted), three = integer(3);
    struct given given;
    OK(CALL(&given, "aten::searchsorted", "Scalar", x, three));
    HOLDS_LONGS(&given, 0, 1);
    drop(&given);
    OK(CALL(&given, "aten::searchsorted", "Scalar", x, three, boolean(0), boolean(0), string("right")));
    HOLDS_LONGS(&given, 0, 2);
    drop(&given);
    OK(CALL(&given, "aten::searchsorted", "Scalar", x, three, boolean(1), boolean(0), string("left")));
    HOLDS_OF(int32_t, TFFM_INT32, &given, 0, 1);
    drop(&given);
    a[0] = 3, a[1] = 5, a[2] = 1;
    OK(CALL(&given, "aten::searchsorted", "Scalar", x, floating(4.5), boolean(0), boolean(0), none(), tensor(order)));
    HOLDS_LONGS(&given, 0, 2);
    drop(&given);
    const tffm_value unknown = string("no such side, and a text of some length");
    TORCH_FAILS(CALL(&given, "aten::searchsorted", "Scalar", x, three, boolean(0), boolean(0), unknown),
                "side can only be 'left' or 'right'");
    OK(CALL(&given, "aten::segment_reduce", "", tensor(data), string("max"), tensor(lengths), none(), none(),
            integer(0), boolean(0), floating(2.5)));
    HOLDS(&given, 0, 2.5f, 4);
    drop(&given);
    OK(CALL(&given, "aten::linalg_norm", "", tensor(data), none(), INTS(integer(0)), boolean(0), dtype(TFFM_FLOAT64)));
    HOLDS_OF(double, TFFM_FLOAT64, &given, 0, sqrt(30));
    drop(&given);
    OK(tffm_free(sorted));
    OK(tffm_free(order));
    OK(tffm_free(data));
    OK(tffm_free(lengths));
}

static void refuses_what_is_no_scalar(void) {
    float a[] = {1, 2};
    tffm_tensor *row = OVER(a, TFFM_FLOAT32, 2);
    const tffm_value x = tensor(row), one = integer(1);
    const struct {
        const char *text, *name, *overload;
        int64_t count;
        tffm_value arguments[4];
    } cases[] = {
        {"argument 'other' is a Tensor, and must be a Scalar", "aten::gt", "Scalar", 2, {x, x}},
        {"argument 'other' is None, and must be a Scalar", "aten::gt", "Scalar", 2, {x, none()}},
        {"argument 'other' is a string", "aten::gt", "Scalar", 2, {x, string("1")}},
        {"argument 'other' is a dtype", "aten::gt", "Scalar", 2, {x, dtype(TFFM_INT8)}},
        {"argument 'other' is a list of ints", "aten::gt", "Scalar", 2, {x, list(TFFM_INT_LIST, 1, &one)}},
        {"argument 'other' is of no known kind", "aten::gt", "Scalar", 2, {x, {.kind = -7}}},
        {"argument 'other' is missing, a Scalar", "aten::gt", "Scalar", 1, {x}},
        {"argument 'self' is an int, and must be a Tensor", "aten::gt", "Scalar", 2, {one, one}},
        {"argument 'weight' is None, and must be a Scalar", "aten::lerp", "Scalar", 3, {x, x, none()}},
        {"argument 'min' is a string, and must be a Scalar?", "aten::clamp", "", 2, {x, string("0")}},
        {"argument 'correction' is a Tensor, and must be a Scalar?", "aten::var", "correction", 3, {x, none(), x}},
        {"argument 'end' is missing, a Scalar", "aten::arange", "", 0, {{0}}},
        {"argument 'training' is an int, and must be a bool", "aten::rrelu", "", 4, {x, one, one, one}},
        {"takes 2 arguments at most, 3 are given", "aten::gt", "Scalar", 3, {x, one, one}},
    };
    struct given given;
    for (int64_t i = 0; i < COUNT(cases); i++) {
        REFUSED(call(TFFM_RECORD, cases[i].name, cases[i].overload, cases[i].arguments, cases[i].count, &given),
                cases[i].text);
        CHECK(given.count == -1);
    }
    REFUSED(CALL(&given, "aten::rrelu", "", x, one, one, boolean(0), one), "argument 'generator' is a Generator?");
    /* libtorch refuses what fits the schema and not the operator. */
    TORCH_FAILS(CALL(&given, "aten::histc", "", x, integer(0)), "bins must be > 0");
    CHECK(given.count == -1 && a[0] == 1 && a[1] == 2);
    OK(tffm_free(row));
}

const struct test scalar_tests[] = {
    TEST(are_ints_floats_and_bools),
    TEST(makes_ranges),
    TEST(computes_with_scalars),
    TEST(have_defaults),
    TEST(may_be_none),
    TEST(may_be_listed),
    TEST(may_be_many),
    TEST(gives_dtypes),
    TEST(come_with_other_arguments),
    TEST(refuses_what_is_no_scalar),
    {0},
};
