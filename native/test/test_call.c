/* Calls: what they take and what they give. */
#include "check.h"

static void gives_a_tensor(void) {
    float a[] = {1, 2}, b[] = {3, 5};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 2), *y = OVER(b, TFFM_FLOAT32, 2);
    struct given given;
    if (OK(CALL(&given, "aten::mul", "Tensor", tensor(x), tensor(y)))) {
        CHECK(given.count == 1 && given.values[0].flags == 0);
        HOLDS(&given, 0, 3, 10);
        /* The result stands on libtorch's memory, and outlives the arguments. */
        OK(tffm_free(x));
        OK(tffm_free(y));
        memset(a, 0, sizeof a);
        HOLDS(&given, 0, 3, 10);
    }
    drop(&given);
}

/* The memory arguments are named, in any number, and never read. */
static void takes_memory_arguments(void) {
    float a[] = {-1, 2};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 2);
    const tffm_value argument = tensor(x);
    const tffm_operator *relu;
    tffm_operator_info info;
    tffm_value result;
    int64_t count;
    if (!OK(tffm_operator_find("aten::relu", "", &relu, &info))) return;
    OK(tffm_call(TFFM_RECORD, relu, &argument, 1, &result, 1, &count, NULL, 3, a, NULL, (void *)1));
    OK(tffm_free(result.as.tensor));
    OK(tffm_free(x));
}

static void gives_numbers(void) {
    float a[] = {7, 1, 2, 3, 4, 5};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 2, 3), *one = OVER(a, TFFM_FLOAT32, 1);
    struct given given;
    if (OK(CALL(&given, "aten::size", "int", tensor(x), integer(-1))))
        CHECK(given.count == 1 && given.values[0].kind == TFFM_INT && given.values[0].as.integer == 3);
    if (OK(CALL(&given, "aten::is_nonzero", "", tensor(one))))
        CHECK(given.count == 1 && given.values[0].kind == TFFM_BOOLEAN && given.values[0].as.integer == 1);
    a[0] = 0;
    if (OK(CALL(&given, "aten::is_nonzero", "", tensor(one))))
        CHECK(given.values[0].kind == TFFM_BOOLEAN && given.values[0].as.integer == 0);
    OK(tffm_free(x));
    OK(tffm_free(one));
}

static void gives_several(void) {
    float a[] = {3, 1, 2, 6, 5, 9};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 2, 3);
    struct given given;
    if (OK(CALL(&given, "aten::sort", "", tensor(x), integer(1), boolean(1)))) {
        CHECK(given.count == 2 && given.values[1].kind == TFFM_TENSOR);
        HOLDS(&given, 0, 3, 2, 1, 9, 6, 5);
        const int64_t *order = data_of(given.values[1].as.tensor);
        CHECK(order[0] == 0 && order[1] == 2 && order[2] == 1 && order[3] == 2);
    }
    drop(&given);
    OK(tffm_free(x));
}

/* A list of tensors becomes as many results; each has a handle of its own, which keeps the memory alive. */
static void gives_a_list(void) {
    float a[] = {1, 2, 3, 4, 5, 6};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 3, 2);
    struct given copy, given;
    if (!OK(CALL(&copy, "aten::clone", "", tensor(x)))) return;
    if (OK(CALL(&given, "aten::unbind", "int", copy.values[0]))) {
        CHECK(given.count == 3 && data_of(given.values[1].as.tensor) == (float *)data_of(copy.values[0].as.tensor) + 2);
        drop(&copy);
        HOLDS(&given, 0, 1, 2);
        HOLDS(&given, 2, 5, 6);
    }
    drop(&given);
    OK(tffm_free(x));
}

/* An undefined tensor is None: here the gradients that the mask leaves out. */
static void gives_none(void) {
    float a[] = {1, 2}, zero[] = {0}, one[] = {1};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 1, 2), *mean = OVER(zero, TFFM_FLOAT32, 1),
                *rstd = OVER(one, TFFM_FLOAT32, 1);
    struct given given;
    if (OK(CALL(&given, "aten::native_layer_norm_backward", "", tensor(x), tensor(x), INTS(integer(2)),
                tensor(mean), tensor(rstd), none(), none(),
                LIST(TFFM_BOOLEAN_LIST, boolean(1), boolean(0), boolean(0))))) {
        CHECK(given.count == 3 && given.values[0].kind == TFFM_TENSOR);
        CHECK(given.values[1].kind == TFFM_NONE && given.values[2].kind == TFFM_NONE);
    }
    drop(&given);
    OK(tffm_free(x));
    OK(tffm_free(mean));
    OK(tffm_free(rstd));
}

static void takes_lists(void) {
    float a[] = {1, 2}, b[] = {3};
    int64_t at[] = {1, 0, 1};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 2), *y = OVER(b, TFFM_FLOAT32, 1), *index = OVER(at, TFFM_INT64, 3),
                *image = OVER(a, TFFM_FLOAT32, 1, 1, 2);
    struct given given;
    OK(CALL(&given, "aten::cat", "", TENSORS(tensor(x), tensor(y), tensor(x))));
    HOLDS(&given, 0, 1, 2, 3, 1, 2);
    drop(&given);
    /* Elements that may be None. */
    OK(CALL(&given, "aten::index", "Tensor", tensor(image), TENSORS(none(), none(), tensor(index))));
    HOLDS(&given, 0, 2, 1, 2);
    drop(&given);
    OK(CALL(&given, "aten::upsample_nearest1d", "vec", tensor(image), none(), LIST(TFFM_FLOAT_LIST, floating(2))));
    HOLDS(&given, 0, 1, 1, 2, 2);
    drop(&given);
    OK(CALL(&given, "aten::upsample_nearest1d", "vec", tensor(image), INTS(integer(3)), none()));
    HOLDS(&given, 0, 1, 1, 2);
    drop(&given);
    /* An empty list, which needs no elements to point at. */
    OK(CALL(&given, "aten::sum", "dim_IntList", tensor(x), list(TFFM_INT_LIST, 0, NULL)));
    HOLDS(&given, 0, 3);
    drop(&given);
    /* One number for a list of fixed length. */
    OK(CALL(&given, "aten::max_pool1d", "", tensor(image), integer(2)));
    HOLDS(&given, 0, 2);
    drop(&given);
    OK(CALL(&given, "aten::sum", "dim_IntList", tensor(image), integer(-1)));
    HOLDS(&given, 0, 3);
    drop(&given);
    /* A list that is longer than most. */
    const tffm_value one = integer(1);
    OK(CALL(&given, "aten::reshape", "", tensor(x), INTS(one, one, one, one, one, one, one, one, integer(-1))));
    CHECK(info_of(given.values[0].as.tensor).dim == 9);
    HOLDS(&given, 0, 1, 2);
    drop(&given);
    OK(tffm_free(x));
    OK(tffm_free(y));
    OK(tffm_free(index));
    OK(tffm_free(image));
}

static void takes_options_and_defaults(void) {
    float a[] = {1, 2}, w[] = {3, 4}, b[] = {0.5f};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 1, 2), *weight = OVER(w, TFFM_FLOAT32, 1, 2),
                *bias = OVER(b, TFFM_FLOAT32, 1);
    struct given given;
    OK(CALL(&given, "aten::linear", "", tensor(x), tensor(weight), tensor(bias)));
    HOLDS(&given, 0, 11.5f);
    drop(&given);
    OK(CALL(&given, "aten::linear", "", tensor(x), tensor(weight), none()));
    HOLDS(&given, 0, 11);
    drop(&given);
    OK(CALL(&given, "aten::linear", "", tensor(x), tensor(weight)));
    HOLDS(&given, 0, 11);
    drop(&given);
    /* A dtype, which may be None: a sum of floats is then a float. */
    if (OK(CALL(&given, "aten::sum", "", tensor(x), dtype(TFFM_FLOAT64)))) {
        CHECK(info_of(given.values[0].as.tensor).dtype == TFFM_FLOAT64);
        CHECK(*(double *)data_of(given.values[0].as.tensor) == 3);
    }
    drop(&given);
    OK(CALL(&given, "aten::sum", "", tensor(x)));
    HOLDS(&given, 0, 3);
    drop(&given);
    OK(CALL(&given, "aten::slice", "Tensor", tensor(x), integer(1), integer(1), none()));
    HOLDS(&given, 0, 2);
    drop(&given);
    /* Defaults of every kind that a schema has: a list, numbers, a bool, None. */
    OK(CALL(&given, "aten::max_pool1d", "", tensor(x), INTS(integer(2))));
    HOLDS(&given, 0, 2);
    drop(&given);
    OK(CALL(&given, "aten::rot90", "", tensor(x)));
    HOLDS(&given, 0, 2, 1);
    drop(&given);
    OK(CALL(&given, "aten::allclose", "", tensor(x), tensor(x)));
    CHECK(given.values[0].kind == TFFM_BOOLEAN && given.values[0].as.integer == 1);
    /* An int stands for a float. */
    OK(CALL(&given, "aten::allclose", "", tensor(x), tensor(weight), integer(0), integer(2)));
    CHECK(given.values[0].as.integer == 1);
    OK(CALL(&given, "aten::allclose", "", tensor(x), tensor(weight), floating(0), floating(1.5)));
    CHECK(given.values[0].as.integer == 0);
    /* A memory format. Of a tensor of four dimensions channels_last moves the second one to the end. */
    tffm_tensor *image = OVER(w, TFFM_FLOAT32, 1, 2, 1, 1);
    if (OK(CALL(&given, "aten::clone", "", tensor(image), integer(2))))
        CHECK(info_of(given.values[0].as.tensor).strides[3] == 2);
    drop(&given);
    OK(tffm_free(image));
    OK(CALL(&given, "aten::empty_like", "", tensor(x), dtype(TFFM_INT8)));
    CHECK(info_of(given.values[0].as.tensor).dtype == TFFM_INT8);
    drop(&given);
    OK(tffm_free(x));
    OK(tffm_free(weight));
    OK(tffm_free(bias));
}

static void takes_strings(void) {
    float a[] = {0};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 1);
    struct given given;
    OK(CALL(&given, "aten::gelu", "", tensor(x), string("tanh")));
    HOLDS(&given, 0, 0);
    drop(&given);
    OK(CALL(&given, "aten::gelu", "", tensor(x))); /* a string by default */
    HOLDS(&given, 0, 0);
    drop(&given);
    TORCH_FAILS(CALL(&given, "aten::gelu", "", tensor(x), string("no such approximation, and a text of some length")),
                "approximate argument must be either none or tanh");
    REFUSED(CALL(&given, "aten::gelu", "", tensor(x), string(NULL)), "argument 'approximate'");
    OK(tffm_free(x));
    /* Beside numbers that stand for lists. */
    float image[] = {1, 2, 3, 4}, kernel[] = {1, 1, 1, 1};
    tffm_tensor *y = OVER(image, TFFM_FLOAT32, 1, 1, 2, 2), *weight = OVER(kernel, TFFM_FLOAT32, 1, 1, 2, 2);
    OK(CALL(&given, "aten::conv2d", "padding", tensor(y), tensor(weight), none(), integer(1), string("valid")));
    HOLDS(&given, 0, 10);
    drop(&given);
    OK(CALL(&given, "aten::fft_rfft", "", tensor(y), none(), integer(-1), string("ortho")));
    drop(&given);
    OK(tffm_free(y));
    OK(tffm_free(weight));
}

/* A call that is given an info. */
static tffm_status describe(const char *name, const char *overload, const tffm_value *arguments, int64_t count,
                            struct given *given, tffm_info *info) {
    const tffm_operator *operator;
    tffm_operator_info known;
    *given = (struct given){.values = {{.kind = -5}}, .count = -1};
    *info = (tffm_info){.dim = -7};
    if (!OK(tffm_operator_find(name, overload, &operator, &known))) return TFFM_TORCH_ERROR;
    return tffm_call(TFFM_RECORD, operator, arguments, count, given->values, CAPACITY, &given->count, info, 0);
}

#define DESCRIBE(given, info, name, overload, ...) \
    describe(name, overload, VALUES(__VA_ARGS__), COUNT(VALUES(__VA_ARGS__)), given, info)

/* As by tffm_describe(). Only a single result that is a new tensor is described. */
static void describes_a_result(void) {
    float a[] = {1, 2, 3, 4, 5, 6};
    tffm_tensor *matrix = OVER(a, TFFM_FLOAT32, 2, 3);
    const tffm_value x = tensor(matrix);
    OK(tffm_requires_grad_(TFFM_RECORD, matrix, 1));
    struct given given;
    tffm_info info;
    static const char *const names[] = {"aten::t", "aten::relu", "aten::cos"}; /* by entry points and by name */
    for (int64_t i = 0; i < COUNT(names); i++) {
        if (!OK(DESCRIBE(&given, &info, names[i], "", x))) continue;
        const tffm_info wanted = info_of(given.values[0].as.tensor);
        const size_t shape = 2 * sizeof *info.sizes;
        CHECK(info.dim == 2 && info.has_history == 1 && memcmp(&info, &wanted, offsetof(tffm_info, sizes)) == 0);
        CHECK(memcmp(info.sizes, wanted.sizes, shape) == 0 && memcmp(info.strides, wanted.strides, shape) == 0);
        drop(&given);
    }
    OK(DESCRIBE(&given, &info, "aten::unbind", "int", x));
    CHECK(given.count == 2 && info.dim == -7);
    drop(&given);
    OK(DESCRIBE(&given, &info, "aten::is_leaf", "", x));
    CHECK(given.count == 1 && info.dim == -7);
    OK(tffm_requires_grad_(TFFM_RECORD, matrix, 0));
    OK(DESCRIBE(&given, &info, "aten::abs_", "", x));
    CHECK(given.count == 1 && given.values[0].flags == 1 && info.dim == -7);
    /* One that cannot be described is refused, and nothing is given. */
    REFUSED(DESCRIBE(&given, &info, "aten::to_sparse", "", x), "not a strided one on the CPU");
    CHECK(given.count == -1 && given.values[0].kind == -5 && info.dim == -7);
    OK(tffm_free(matrix));
}

/* Results that do not fit are refused and freed, and none is written. */
static void refuses_too_many_results(void) {
    enum { MOST = 3 };
    float a[] = {1, 2, 3, 4, 5, 6, 7, 8};
    tffm_tensor *row = OVER(a, TFFM_FLOAT32, 3), *cube = OVER(a, TFFM_FLOAT32, 2, 2, 2);
    const tffm_value untouched = {.kind = -5, .flags = -6};
    /* By name and by entry points, a list and one result. */
    const struct {
        const char *name, *overload;
        tffm_value argument;
        int64_t results;
    } cases[] = {{"aten::unbind", "int", tensor(row), 3},
                 {"aten::cos", "", tensor(row), 1},
                 {"aten::gradient", "scalarint", tensor(cube), 3},
                 {"aten::relu", "", tensor(row), 1},
                 {"aten::is_leaf", "", tensor(row), 1}};
    for (int64_t i = 0; i < COUNT(cases); i++) {
        const tffm_operator *operator;
        tffm_operator_info info;
        if (!OK(tffm_operator_find(cases[i].name, cases[i].overload, &operator, &info))) continue;
        for (int64_t capacity = -1; capacity <= cases[i].results; capacity++) {
            tffm_value results[MOST] = {untouched, untouched, untouched};
            int64_t count = -1;
            tffm_status status = tffm_call(TFFM_RECORD, operator, &cases[i].argument, 1, capacity > 0 ? results : NULL,
                                           capacity, &count, NULL, 0);
            if (capacity < cases[i].results) {
                REFUSED(status, "more results than result_capacity");
                CHECK(count == -1);
                for (int64_t k = 0; k < MOST; k++) CHECK(results[k].kind == -5 && results[k].flags == -6);
            } else if (OK(status)) {
                CHECK(count == capacity);
                for (int64_t k = 0; k < count; k++)
                    if (results[k].kind == TFFM_TENSOR) OK(tffm_free(results[k].as.tensor));
            }
        }
    }
    /* libtorch would make that many parts of an empty tensor. */
    struct given given;
    REFUSED(CALL(&given, "aten::chunk", "", tensor(row), integer((int64_t)1 << 40)),
            "chunks is 1099511627776, more than");
    CHECK(given.count == -1);
    OK(tffm_free(row));
    OK(tffm_free(cube));
}

static void refuses_null(void) {
    const tffm_operator *relu;
    tffm_operator_info info;
    tffm_value value = {0};
    int64_t count;
    if (!OK(tffm_operator_find("aten::relu", "", &relu, &info))) return;
    REFUSED(tffm_call(TFFM_RECORD, NULL, &value, 1, &value, 1, &count, NULL, 0), "operator must not be NULL");
    REFUSED(tffm_call(TFFM_RECORD, relu, NULL, 1, &value, 1, &count, NULL, 0), "arguments must not be NULL");
    REFUSED(tffm_call(TFFM_RECORD, relu, &value, 1, NULL, 1, &count, NULL, 0), "results must not be NULL");
    REFUSED(tffm_call(TFFM_RECORD, relu, &value, 1, &value, 1, NULL, NULL, 0), "result_count must not be NULL");
}

/* Arguments that do not fit the schema. What was made before the bad one is freed: see the leak checks. */
static void refuses_what_does_not_fit(void) {
    float a[] = {1, 2};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 2);
    const tffm_value t = tensor(x), one = integer(1), ones = list(TFFM_INT_LIST, 1, &one);
    const tffm_value tensors[] = {t, t, none()}, mixed[] = {one, floating(1)}, flags[] = {boolean(1), one};
    const struct {
        const char *text, *name, *overload;
        int64_t count;
        tffm_value arguments[4];
    } cases[] = {
        {"argument 'self' is missing, a Tensor", "aten::relu", "", 0, {{0}}},
        {"argument 'other' is missing, a Tensor", "aten::mul", "Tensor", 1, {t}},
        {"takes 1 arguments at most, 2 are given", "aten::relu", "", 2, {t, t}},
        {"takes 1 arguments at most, -1 are given", "aten::relu", "", -1, {t}},
        {"argument 'self' is NULL", "aten::relu", "", 1, {tensor(NULL)}},
        {"argument 'self' is None, and must be a Tensor", "aten::relu", "", 1, {none()}},
        {"argument 'self' is an int", "aten::relu", "", 1, {one}},
        {"argument 'self' is a list of tensors", "aten::relu", "", 1, {list(TFFM_TENSOR_LIST, 2, tensors)}},
        {"argument 'self' is of no known kind", "aten::relu", "", 1, {{.kind = 11}}},
        {"argument 'self' is of no known kind", "aten::relu", "", 1, {{.kind = -1}}},
        {"argument 'bias' is an int, and must be a Tensor?", "aten::linear", "", 3, {t, t, one}},
        {"argument 'dim' is a float", "aten::cat", "", 2, {list(TFFM_TENSOR_LIST, 2, tensors), floating(0)}},
        {"argument 'tensors' is a Tensor", "aten::cat", "", 1, {t}},
        {"argument 'tensors' is None", "aten::cat", "", 1, {list(TFFM_TENSOR_LIST, 3, tensors)}},
        {"length out of range", "aten::cat", "", 1, {list(TFFM_TENSOR_LIST, -1, tensors)}},
        {"length out of range", "aten::cat", "", 1, {list(TFFM_TENSOR_LIST, INT64_MAX, tensors)}},
        {"length out of range", "aten::cat", "", 1, {list(TFFM_TENSOR_LIST, 1, NULL)}},
        {"argument 'dim' is a float", "aten::sum", "dim_IntList", 2, {t, list(TFFM_INT_LIST, 2, mixed)}},
        {"argument 'keepdim' is an int", "aten::sum", "dim_IntList", 3, {t, none(), one}},
        {"argument 'dtype' is an int", "aten::sum", "", 2, {t, one}},
        {"argument 'kernel_size' is None", "aten::max_pool1d", "", 2, {t, none()}},
        {"argument 'kernel_size' is a bool", "aten::max_pool1d", "", 2, {t, list(TFFM_BOOLEAN_LIST, 2, flags)}},
        {"argument 'approximate' is an int", "aten::gelu", "", 2, {t, one}},
        {"argument 'rtol' is a bool", "aten::allclose", "", 3, {t, t, boolean(1)}},
        /* Types that have no kind here. */
        {"argument 'generator' is a Generator?, which cannot be passed", "aten::bernoulli", "", 2, {t, one}},
        {"argument 'device' is a Device?, and tensors are on the CPU only: it must be null", "aten::rand", "", 4, {ones, none(), none(), one}},
    };
    for (int64_t i = 0; i < COUNT(cases); i++) {
        struct given given;
        REFUSED(call(TFFM_RECORD, cases[i].name, cases[i].overload, cases[i].arguments, cases[i].count, &given),
                cases[i].text);
        CHECK(given.count == -1 && given.values[0].kind == TFFM_NONE);
    }
    CHECK(a[0] == 1 && a[1] == 2);
    OK(tffm_free(x));
}

/* A generator may be left out, though it cannot be given. */
static void leaves_out_what_cannot_be_passed(void) {
    float a[] = {0, 1};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 2);
    struct given given;
    OK(CALL(&given, "aten::bernoulli", "", tensor(x)));
    HOLDS(&given, 0, 0, 1);
    drop(&given);
    OK(CALL(&given, "aten::bernoulli", "", tensor(x), none()));
    HOLDS(&given, 0, 0, 1);
    drop(&given);
    OK(tffm_free(x));
}

/* Failures inside libtorch, early and late in a call. */
static void failures_are_libtorchs(void) {
    float a[] = {1, 2, 3, 4};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 2), *y = OVER(a, TFFM_FLOAT32, 2, 2), *z = OVER(a, TFFM_FLOAT32, 3);
    struct given given;
    TORCH_FAILS(CALL(&given, "aten::mul", "Tensor", tensor(x), tensor(z)), "The size of tensor a (2) must match");
    TORCH_FAILS(CALL(&given, "aten::cat", "", TENSORS(tensor(x), tensor(y))),
                "Tensors must have same number of dimensions");
    TORCH_FAILS(CALL(&given, "aten::linear", "", tensor(y), tensor(y), tensor(z)), "");
    TORCH_FAILS(CALL(&given, "aten::sum", "dim_IntList", tensor(x), INTS(integer(5))),
                "Dimension out of range");
    CHECK(given.count == -1 && given.values[0].kind == TFFM_NONE);
    OK(tffm_free(x));
    OK(tffm_free(y));
    OK(tffm_free(z));
}

/* In an operator with an entry point, C++ takes an integer below -2^62 for a pointer. */
static void refuses_integers_that_are_pointers(void) {
    float a[] = {1, 2, 3};
    int64_t b[] = {1};
    const int64_t least = -((int64_t)1 << 62), bad[] = {least - 1, INT64_MIN};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 1, 3), *target = OVER(b, TFFM_INT64, 1);
    const tffm_value t = tensor(x), labels = tensor(target);
    struct given given;
    for (int64_t i = 0; i < COUNT(bad); i++) {
        const char text[] = ", and must be -2^62 or more";
        REFUSED(CALL(&given, "aten::reshape", "", t, INTS(integer(3), integer(bad[i]))), text);
        REFUSED(CALL(&given, "aten::broadcast_to", "", t, INTS(integer(bad[i]))), text);
        REFUSED(CALL(&given, "aten::full", "", INTS(integer(bad[i])), integer(1)), text);
        REFUSED(CALL(&given, "aten::cross_entropy_loss", "", t, labels, none(), integer(1), integer(bad[i])), text);
        /* An int, and a SymInt of an operator that is called by name, may be any integer. */
        TORCH_FAILS(CALL(&given, "aten::argmax", "", t, integer(bad[i])), "Dimension out of range");
        TORCH_FAILS(CALL(&given, "aten::view", "", t, INTS(integer(bad[i]))), "concrete integers");
    }
    TORCH_FAILS(CALL(&given, "aten::reshape", "", t, INTS(integer(least))), "invalid shape dimension");
    OK(CALL(&given, "aten::cross_entropy_loss", "", t, labels, none(), integer(1), integer(least)));
    drop(&given);
    OK(tffm_free(x));
    OK(tffm_free(target));
}

/* Codes that libtorch does not know, which would make it leak the arguments behind them. */
static void refuses_unknown_codes(void) {
    float a[] = {1, 2};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 2);
    const int64_t codes[] = {-1, 8, 12, 99, INT64_MAX, (int64_t)1 << 32 | TFFM_FLOAT32};
    struct given given;
    for (int64_t i = 0; i < COUNT(codes); i++) {
        REFUSED(CALL(&given, "aten::sum", "", tensor(x), dtype(codes[i])), "'dtype' is an unknown code");
        REFUSED(CALL(&given, "aten::to", "dtype", tensor(x), dtype(codes[i])), "'dtype' is an unknown code");
        REFUSED(CALL(&given, "aten::to_sparse", "", tensor(x), integer(codes[i])), "'layout' is an unknown code");
        REFUSED(CALL(&given, "aten::clone", "", tensor(x), integer(codes[i])), "'memory_format' is an unknown code");
        CHECK(given.count == -1);
    }
    OK(tffm_free(x));
}

const struct test call_tests[] = {
    TEST(gives_a_tensor),
    TEST(takes_memory_arguments),
    TEST(gives_numbers),
    TEST(gives_several),
    TEST(gives_a_list),
    TEST(gives_none),
    TEST(takes_lists),
    TEST(takes_options_and_defaults),
    TEST(takes_strings),
    TEST(describes_a_result),
    TEST(refuses_too_many_results),
    TEST(refuses_null),
    TEST(refuses_what_does_not_fit),
    TEST(leaves_out_what_cannot_be_passed),
    TEST(failures_are_libtorchs),
    TEST(refuses_integers_that_are_pointers),
    TEST(refuses_unknown_codes),
    {0},
};
