/* Arithmetic of tensors with tensors and with numbers, which is Python's, and the seed of random numbers. */
#include <float.h>

#include "check.h"

enum { N = 3 };

static void computes_with_tensors_and_numbers(void) {
    float a[N] = {1, -2, 3}, b[N] = {0.5f, 4, -8};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, N), *y = OVER(b, TFFM_FLOAT32, N);
    struct given given;
    OK(CALL(&given, "aten::add", "Tensor", tensor(x), tensor(y)));
    HOLDS(&given, 0, 1.5f, 2, -5);
    drop(&given);
    OK(CALL(&given, "aten::sub", "Tensor", tensor(x), tensor(y)));
    HOLDS(&given, 0, 0.5f, -6, 11);
    drop(&given);
    OK(CALL(&given, "aten::add", "Tensor", tensor(x), integer(2)));
    HOLDS(&given, 0, 3, 0, 5);
    drop(&given);
    OK(CALL(&given, "aten::add", "Tensor", tensor(x), integer(2), floating(0.25)));
    HOLDS(&given, 0, 1.5f, -1.5f, 3.5f);
    drop(&given);
    OK(CALL(&given, "aten::sub", "Tensor", tensor(x), floating(0.5)));
    HOLDS(&given, 0, 0.5f, -2.5f, 2.5f);
    drop(&given);
    OK(CALL(&given, "aten::mul", "Tensor", tensor(x), floating(-1.5)));
    HOLDS(&given, 0, -1.5f, 3, -4.5f);
    drop(&given);
    OK(CALL(&given, "aten::mul", "Tensor", tensor(x), boolean(1)));
    HOLDS(&given, 0, 1, -2, 3);
    drop(&given);
    OK(CALL(&given, "aten::div", "Tensor", tensor(x), integer(2)));
    HOLDS(&given, 0, 0.5f, -1, 1.5f);
    drop(&given);
    OK(CALL(&given, "aten::div", "Tensor_mode", tensor(x), integer(2), string("floor")));
    HOLDS(&given, 0, 0, -1, 1);
    drop(&given);
    OK(CALL(&given, "aten::leaky_relu", "", tensor(x), floating(0.25)));
    HOLDS(&given, 0, 1, -0.5f, 3);
    drop(&given);
    OK(CALL(&given, "aten::eq", "Scalar", tensor(x), integer(-2)));
    HOLDS_BOOLS(&given, 0, false, true, false);
    drop(&given);
    CHECK(a[0] == 1 && a[1] == -2 && a[2] == 3);
    OK(CALL(&given, "aten::leaky_relu_", "", tensor(x), floating(0.25)));
    CHECK(a[0] == 1 && a[1] == -0.5f && a[2] == 3);
    OK(tffm_free(x));
    OK(tffm_free(y));
}

static void computes_in_place_with_numbers(void) {
    float a[N] = {1, -2, 3};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, N);
    const struct {
        const char *name, *overload;
        tffm_value arguments[2];
        int64_t count;
        float wanted[N];
    } cases[] = {
        {"aten::add_", "Tensor", {integer(2)}, 1, {3, 0, 5}},
        {"aten::sub_", "Tensor", {integer(1), floating(0.5)}, 2, {2.5f, -0.5f, 4.5f}},
        {"aten::mul_", "Tensor", {floating(-2)}, 1, {-5, 1, -9}},
        {"aten::div_", "Tensor", {integer(2)}, 1, {-2.5f, 0.5f, -4.5f}},
        {"aten::div_", "Tensor_mode", {integer(2), string("trunc")}, 2, {-1, 0, -2}},
    };
    for (int64_t i = 0; i < COUNT(cases); i++) {
        const tffm_value arguments[] = {tensor(x), cases[i].arguments[0], cases[i].arguments[1]};
        struct given given;
        OK(call(TFFM_RECORD, cases[i].name, cases[i].overload, arguments, 1 + cases[i].count, &given));
        CHECK(given.count == 1 && given.values[0].flags == 1 && given.values[0].as.tensor == NULL);
        CHECK(memcmp(a, cases[i].wanted, sizeof a) == 0 && data_of(x) == a);
    }
    OK(tffm_free(x));
}

static int32_t dtype_of(struct given *given) {
    int32_t found = given->count == 1 ? info_of(given->values[0].as.tensor).dtype : -1;
    drop(given);
    return found;
}

/* A number changes the dtype only if its category is higher than the tensor's. */
static void promotes_as_python_does(void) {
    int64_t longs[] = {1, 2};
    float floats[] = {1, 2};
    uint16_t halves[] = {0x3c00, 0x4000};
    uint8_t bytes[] = {1, 2};
    bool bools[] = {true, false};
    tffm_tensor *int64 = OVER(longs, TFFM_INT64, 2), *float32 = OVER(floats, TFFM_FLOAT32, 2),
                *float16 = OVER(halves, TFFM_FLOAT16, 2), *uint8 = OVER(bytes, TFFM_UINT8, 2),
                *flags = OVER(bools, TFFM_BOOL, 2);
    const struct {
        const char *name;
        tffm_tensor *self;
        tffm_value number;
        int32_t dtype;
    } cases[] = {
        {"aten::add", int64, integer(1), TFFM_INT64},     {"aten::add", int64, floating(1), TFFM_FLOAT32},
        {"aten::add", int64, boolean(1), TFFM_INT64},     {"aten::add", float32, floating(2), TFFM_FLOAT32},
        {"aten::add", float32, integer(2), TFFM_FLOAT32}, {"aten::add", float16, floating(1e5), TFFM_FLOAT16},
        {"aten::add", uint8, integer(300), TFFM_UINT8},   {"aten::add", uint8, floating(1.5), TFFM_FLOAT32},
        {"aten::add", flags, integer(1), TFFM_INT64},     {"aten::add", flags, boolean(1), TFFM_BOOL},
        {"aten::sub", int64, integer(1), TFFM_INT64},     {"aten::sub", int64, floating(1), TFFM_FLOAT32},
        {"aten::mul", int64, boolean(0), TFFM_INT64},     {"aten::mul", float32, floating(2), TFFM_FLOAT32},
        {"aten::mul", flags, boolean(0), TFFM_BOOL},      {"aten::mul", flags, floating(0.5), TFFM_FLOAT32},
        {"aten::div", int64, integer(2), TFFM_FLOAT32},   {"aten::div", float16, integer(2), TFFM_FLOAT16},
    };
    struct given given;
    for (int64_t i = 0; i < COUNT(cases); i++) {
        OK(CALL(&given, cases[i].name, "Tensor", tensor(cases[i].self), cases[i].number));
        CHECK(dtype_of(&given) == cases[i].dtype);
    }
    /* An integer is not converted to a double. */
    OK(CALL(&given, "aten::add", "Tensor", tensor(int64), integer(INT64_MAX - 2)));
    HOLDS_LONGS(&given, 0, INT64_MAX - 1, INT64_MAX);
    drop(&given);
    TORCH_FAILS(CALL(&given, "aten::add_", "Tensor", tensor(int64), floating(1.5)),
                "result type Float can't be cast to the desired output type");
    TORCH_FAILS(CALL(&given, "aten::sub", "Tensor", tensor(flags), boolean(1)), "Subtraction, the `-` operator");
    TORCH_FAILS(CALL(&given, "aten::add", "Tensor", tensor(int64), integer(1), floating(2.5)),
                "argument alpha must not be a floating point number");
    CHECK(longs[0] == 1 && longs[1] == 2);
    tffm_tensor *const made[] = {int64, float32, float16, uint8, flags};
    for (int64_t i = 0; i < COUNT(made); i++) OK(tffm_free(made[i]));
}

/* The names of the overloads for tensors: those for Scalars would be AddBackward1 and so on. */
static void histories_have_pythons_names(void) {
    float a[] = {3, -4};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 2);
    OK(tffm_requires_grad_(TFFM_RECORD, x, 1));
    const struct {
        const char *name, *overload, *backward;
    } cases[] = {
        {"aten::add", "Tensor", "AddBackward0"}, {"aten::sub", "Tensor", "SubBackward0"},
        {"aten::mul", "Tensor", "MulBackward0"}, {"aten::div", "Tensor", "DivBackward0"},
        {"aten::add", "Scalar", "AddBackward1"}, {"aten::mul", "Scalar", "MulBackward1"},
    };
    char name[32];
    struct given given, product, sum, nothing;
    for (int64_t i = 0; i < COUNT(cases); i++) {
        if (!OK(CALL(&given, cases[i].name, cases[i].overload, tensor(x), floating(2)))) continue;
        OK(tffm_grad_fn(given.values[0].as.tensor, name, sizeof name));
        CHECK(strcmp(name, cases[i].backward) == 0);
        drop(&given);
    }
    OK(CALL(&given, "aten::div", "Tensor_mode", tensor(x), integer(2), string("floor")));
    OK(tffm_grad_fn(given.values[0].as.tensor, name, sizeof name));
    CHECK(strcmp(name, "DivBackward2") == 0);
    drop(&given);
    /* In place, on a copy that is recorded. */
    const char *const written[][2] = {{"aten::add_", "AddBackward0"}, {"aten::sub_", "SubBackward0"},
                                      {"aten::mul_", "MulBackward0"}, {"aten::div_", "DivBackward0"}};
    for (int64_t i = 0; i < COUNT(written); i++) {
        struct given copy;
        if (!OK(CALL(&copy, "aten::clone", "", tensor(x)))) continue;
        OK(CALL(&given, written[i][0], "Tensor", copy.values[0], floating(0.3)));
        OK(tffm_grad_fn(copy.values[0].as.tensor, name, sizeof name));
        CHECK(strcmp(name, written[i][1]) == 0);
        drop(&copy);
    }
    struct given grown;
    if (OK(CALL(&grown, "aten::clone", "", tensor(x)))) {
        OK(CALL(&given, "aten::mul_", "Tensor", grown.values[0], floating(1e300)));
        CHECK(((float *)data_of(grown.values[0].as.tensor))[0] > FLT_MAX);
        drop(&grown);
    }
    /* The number is kept as a tensor, which the first backward frees. */
    const tffm_value all = list(TFFM_TENSOR_LIST, 0, NULL);
    if (!OK(CALL(&product, "aten::mul", "Tensor", tensor(x), integer(5)))) return;
    OK(CALL(&sum, "aten::sum", "", product.values[0]));
    OK(CALL(&nothing, "aten::_backward", "", sum.values[0], all));
    tffm_tensor *gradient = NULL;
    if (OK(tffm_grad(x, &gradient)) && CHECK(gradient != NULL)) {
        CHECK(memcmp(data_of(gradient), (float[]){5, 5}, sizeof a) == 0);
        OK(tffm_free(gradient));
    }
    TORCH_FAILS(CALL(&nothing, "aten::_backward", "", sum.values[0], all),
                "Trying to backward through the graph a second time");
    drop(&product);
    drop(&sum);
    OK(tffm_free(x));
}

static void refuses_what_is_wrong(void) {
    float a[N] = {1, 2, 3}, b[2] = {1, 2};
    tffm_tensor *three = OVER(a, TFFM_FLOAT32, N), *two = OVER(b, TFFM_FLOAT32, 2);
    const tffm_value x = tensor(three), y = tensor(two);
    struct given given;
    TORCH_FAILS(CALL(&given, "aten::add", "Tensor", x, y), "must match the size of tensor b");
    REFUSED(CALL(&given, "aten::add", "Tensor", x, tensor(NULL)), "argument 'other' is NULL");
    REFUSED(CALL(&given, "aten::sub", "Tensor", tensor(NULL), x), "argument 'self' is NULL");
    REFUSED(CALL(&given, "aten::mul", "Scalar", x, none()), "argument 'other' is None, and must be a Scalar");
    REFUSED(CALL(&given, "aten::leaky_relu_", "", x, string("0.5")), "argument 'negative_slope' is a string");
    const char *const numbered[] = {"aten::add", "aten::sub", "aten::mul", "aten::div",
                                    "aten::add_", "aten::sub_", "aten::mul_", "aten::div_"};
    for (int64_t i = 0; i < COUNT(numbered); i++) {
        /* Only a number stands for the second tensor, and nothing for the first. */
        REFUSED(CALL(&given, numbered[i], "Tensor", integer(1), x), "argument 'self' is an int, and must be a Tensor");
        REFUSED(CALL(&given, numbered[i], "Tensor", floating(1), integer(1)), "argument 'self' is a float");
        REFUSED(CALL(&given, numbered[i], "Tensor", x, none()), "argument 'other' is None, and must be a Tensor");
        REFUSED(CALL(&given, numbered[i], "Tensor", x, string("1")), "argument 'other' is a string");
        REFUSED(CALL(&given, numbered[i], "Tensor", x, dtype(TFFM_FLOAT32)), "argument 'other' is a dtype");
        REFUSED(CALL(&given, numbered[i], "Tensor", x, INTS(integer(1))), "argument 'other' is a list of ints");
    }
    /* Only where Python takes a number as well. */
    REFUSED(CALL(&given, "aten::mul", "out", x, integer(2), x), "argument 'other' is an int, and must be a Tensor");
    REFUSED(CALL(&given, "aten::maximum", "", x, integer(2)), "argument 'other' is an int, and must be a Tensor");
    REFUSED(CALL(&given, "aten::add", "Tensor", x, integer(2), y), "argument 'alpha' is a Tensor");
    CHECK(given.count == -1 && memcmp(a, (float[]){1, 2, 3}, sizeof a) == 0);
    OK(tffm_free(three));
    OK(tffm_free(two));
}

static void a_seed_repeats_the_numbers(void) {
    float drawn[3][N];
    const uint64_t seeds[] = {42, 43, 42};
    for (int64_t i = 0; i < COUNT(seeds); i++) {
        struct given numbers;
        OK(tffm_manual_seed(seeds[i]));
        if (!OK(CALL(&numbers, "aten::randn", "", INTS(integer(N)), dtype(TFFM_FLOAT32)))) return;
        memcpy(drawn[i], data_of(numbers.values[0].as.tensor), sizeof drawn[i]);
        drop(&numbers);
    }
    CHECK(memcmp(drawn[0], drawn[2], sizeof drawn[0]) == 0);
    CHECK(memcmp(drawn[0], drawn[1], sizeof drawn[0]) != 0);
}

const struct test arithmetic_tests[] = {
    TEST(computes_with_tensors_and_numbers),
    TEST(computes_in_place_with_numbers),
    TEST(promotes_as_python_does),
    TEST(histories_have_pythons_names),
    TEST(refuses_what_is_wrong),
    TEST(a_seed_repeats_the_numbers),
    {0},
};
