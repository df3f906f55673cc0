/* Operators by name. */
#include "check.h"

static tffm_value none(void) { return (tffm_value){.kind = TFFM_NONE}; }
static tffm_value tensor(tffm_tensor *tensor) { return (tffm_value){.kind = TFFM_TENSOR, .as.tensor = tensor}; }
static tffm_value flagged(tffm_tensor *tensor, int32_t flags) {
    return (tffm_value){.kind = TFFM_TENSOR, .flags = flags, .as.tensor = tensor};
}
static tffm_value integer(int64_t value) { return (tffm_value){.kind = TFFM_INT, .as.integer = value}; }
static tffm_value floating(double value) { return (tffm_value){.kind = TFFM_FLOAT, .as.real = value}; }
static tffm_value boolean(int64_t value) { return (tffm_value){.kind = TFFM_BOOLEAN, .as.integer = value}; }
static tffm_value string(const char *value) { return (tffm_value){.kind = TFFM_STRING, .as.string = value}; }
static tffm_value dtype(int64_t value) { return (tffm_value){.kind = TFFM_DTYPE, .as.integer = value}; }
static tffm_value list(int32_t kind, int64_t count, const tffm_value *values) {
    return (tffm_value){.kind = kind, .count = count, .as.list = values};
}

#define VALUES(...) ((const tffm_value[]){__VA_ARGS__})
#define LIST(kind, ...) list(kind, COUNT(VALUES(__VA_ARGS__)), VALUES(__VA_ARGS__))

enum { CAPACITY = 4 };

/* What a call gave. */
struct given {
    tffm_value values[CAPACITY];
    int64_t count;
};

static tffm_status call(const char *name, const char *overload, const tffm_value *arguments, int64_t count,
                        struct given *given) {
    *given = (struct given){.count = -1};
    return tffm_call(TFFM_RECORD, name, overload, arguments, count, given->values, CAPACITY, &given->count, 0);
}

/* A call with its arguments in place. */
#define CALL(given, name, overload, ...) \
    call(name, overload, VALUES(__VA_ARGS__), COUNT(VALUES(__VA_ARGS__)), given)

/* Frees the results; a failed call left none. */
static void drop(struct given *given) {
    for (int64_t i = 0; i < given->count; i++)
        if (given->values[i].kind == TFFM_TENSOR) OK(tffm_free(given->values[i].as.tensor));
    given->count = 0;
}

static bool holds(const struct given *given, int64_t index, const float *wanted, int64_t count) {
    if (index >= given->count || given->values[index].kind != TFFM_TENSOR) return false;
    tffm_info info = info_of(given->values[index].as.tensor);
    return info.numel == count && info.dtype == TFFM_FLOAT32 && info.contiguous &&
           memcmp(info.data, wanted, (size_t)count * sizeof *wanted) == 0;
}

#define HOLDS(given, index, ...) \
    CHECK(holds(given, index, (const float[]){__VA_ARGS__}, COUNT(((const float[]){__VA_ARGS__}))))

static void gives_a_tensor(void) {
    float a[] = {1, 2}, b[] = {3, 5};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 2), *y = OVER(b, TFFM_FLOAT32, 2);
    struct given given;
    if (OK(CALL(&given, "aten::mul", "Tensor", tensor(x), tensor(y)))) {
        CHECK(given.count == 1 && given.values[0].flags == 0);
        HOLDS(&given, 0, 3, 10);
        /* The result is libtorch's, and outlives what it was made of. */
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
    tffm_value result;
    int64_t count;
    OK(tffm_call(TFFM_RECORD, "aten::relu", "", &argument, 1, &result, 1, &count, 3, a, NULL, (void *)1));
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

/* A list of tensors is as many results; each is a handle of its own and keeps the memory alive. */
static void gives_a_list(void) {
    float a[] = {1, 2, 3, 4, 5, 6};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 3, 2), *copy = NULL;
    struct given given;
    if (!OK(tffm_clone(TFFM_RECORD, x, a, &copy))) return;
    if (OK(CALL(&given, "aten::unbind", "int", tensor(copy)))) {
        CHECK(given.count == 3 && data_of(given.values[1].as.tensor) == (float *)data_of(copy) + 2);
        OK(tffm_free(copy));
        HOLDS(&given, 0, 1, 2);
        HOLDS(&given, 2, 5, 6);
    }
    drop(&given);
    OK(tffm_free(x));
}

/* An undefined tensor is None: here the gradients that the mask does not ask for. */
static void gives_none(void) {
    float a[] = {1, 2}, zero[] = {0}, one[] = {1};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 1, 2), *mean = OVER(zero, TFFM_FLOAT32, 1),
                *rstd = OVER(one, TFFM_FLOAT32, 1);
    struct given given;
    if (OK(CALL(&given, "aten::native_layer_norm_backward", "", tensor(x), tensor(x), LIST(TFFM_INT_LIST, integer(2)),
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
    OK(CALL(&given, "aten::cat", "", LIST(TFFM_TENSOR_LIST, tensor(x), tensor(y), tensor(x))));
    HOLDS(&given, 0, 1, 2, 3, 1, 2);
    drop(&given);
    /* Elements that may be None. */
    OK(CALL(&given, "aten::index", "Tensor", tensor(image), LIST(TFFM_TENSOR_LIST, none(), none(), tensor(index))));
    HOLDS(&given, 0, 2, 1, 2);
    drop(&given);
    OK(CALL(&given, "aten::upsample_nearest1d", "vec", tensor(image), none(), LIST(TFFM_FLOAT_LIST, floating(2))));
    HOLDS(&given, 0, 1, 1, 2, 2);
    drop(&given);
    OK(CALL(&given, "aten::upsample_nearest1d", "vec", tensor(image), LIST(TFFM_INT_LIST, integer(3)), none()));
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
    /* A dtype that may be None; libtorch's sum of floats is one of floats. */
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
    OK(CALL(&given, "aten::max_pool1d", "", tensor(x), LIST(TFFM_INT_LIST, integer(2))));
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
}

/* In place: the result is a second handle on the same tensor, and says which argument it is. */
static void in_place(void) {
    float a[] = {9, -1, 9, 2, 9}, b[] = {3, 4};
    tffm_tensor *x, *y = OVER(b, TFFM_FLOAT32, 2);
    struct given given;
    OK(tffm_from_memory(TFFM_RECORD, a, sizeof a, TFFM_FLOAT32, 1, (int64_t[]){2}, (int64_t[]){2}, 1, &x));
    if (OK(CALL(&given, "aten::mul_", "Tensor", tensor(x), tensor(y)))) {
        CHECK(given.count == 1 && given.values[0].flags == 1 && given.values[0].as.tensor != x);
        CHECK(data_of(given.values[0].as.tensor) == a + 1);
        CHECK(memcmp(a, (float[]){9, -3, 9, 8, 9}, sizeof a) == 0);
    }
    drop(&given);
    CHECK(data_of(x) == a + 1);
    if (OK(CALL(&given, "aten::mul", "out", tensor(y), tensor(y), tensor(x)))) {
        CHECK(given.count == 1 && given.values[0].flags == 3);
        CHECK(memcmp(a, (float[]){9, 9, 9, 16, 9}, sizeof a) == 0);
    }
    drop(&given);
    /* Another tensor on the same memory is not the same tensor. */
    if (OK(CALL(&given, "aten::alias", "", tensor(x)))) {
        CHECK(given.values[0].flags == 0 && data_of(given.values[0].as.tensor) == data_of(x));
    }
    drop(&given);
    /* The result outlives the argument's handle. */
    OK(CALL(&given, "aten::relu_", "", tensor(y)));
    OK(tffm_free(y));
    HOLDS(&given, 0, 3, 4);
    drop(&given);
    OK(tffm_free(x));
}

static void refuses_to_write_read_only(void) {
    float a[] = {1, 2}, kept[] = {1, 2}, b[] = {3, 4};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 2), *y = OVER(b, TFFM_FLOAT32, 2), *image = OVER(b, TFFM_FLOAT32, 1, 2);
    const tffm_value locked = flagged(x, TFFM_READ_ONLY), both = flagged(x, TFFM_READ_ONLY | TFFM_PINNED);
    struct given given;
    REFUSED(CALL(&given, "aten::mul_", "Tensor", locked, tensor(y)), "argument 'self' is written by the operator");
    REFUSED(CALL(&given, "aten::mul_", "Tensor", both, tensor(y)), "its memory is read-only");
    REFUSED(CALL(&given, "aten::mul", "out", tensor(y), tensor(y), locked), "argument 'out' is written");
    REFUSED(CALL(&given, "aten::_foreach_zero_", "", LIST(TFFM_TENSOR_LIST, tensor(y), locked)),
            "argument 'self' is written");
    /* A write that the schema does not own up to. */
    REFUSED(CALL(&given, "aten::native_batch_norm", "", tensor(image), none(), none(), locked, tensor(y), boolean(1),
                 floating(0.5), floating(0)),
            "argument 'running_mean' is written");
    CHECK(memcmp(a, kept, sizeof a) == 0 && b[0] == 3);
    /* Reading is allowed. */
    OK(CALL(&given, "aten::mul_", "Tensor", tensor(y), locked));
    CHECK(b[0] == 3 && b[1] == 8);
    drop(&given);
    OK(CALL(&given, "aten::mul", "Tensor", locked, locked));
    HOLDS(&given, 0, 1, 4);
    drop(&given);
    OK(tffm_free(x));
    OK(tffm_free(y));
    OK(tffm_free(image));
}

static void refuses_to_move_pinned(void) {
    float a[] = {1, 2};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 2), *pinned = NULL;
    struct given given;
    if (!OK(tffm_clone(TFFM_RECORD, x, a, &pinned))) return;
    const tffm_value watched = flagged(pinned, TFFM_PINNED);
    const char text[] = "may be given another memory or shape by the operator";
    void *before = data_of(pinned);
    REFUSED(CALL(&given, "aten::mul", "out", tensor(x), tensor(x), watched), text);
    REFUSED(CALL(&given, "aten::resize_", "", watched, LIST(TFFM_INT_LIST, integer(1000))), text);
    REFUSED(CALL(&given, "aten::resize_as_", "", watched, tensor(x)), text);
    REFUSED(CALL(&given, "aten::set_", "source_Tensor", watched, tensor(x)), text);
    /* Libtorch would let this reach 2^63 bytes far. */
    REFUSED(CALL(&given, "aten::as_strided_", "", watched, LIST(TFFM_INT_LIST, integer(2)),
                 LIST(TFFM_INT_LIST, integer((int64_t)1 << 61)), integer(0)),
            text);
    REFUSED(CALL(&given, "aten::t_", "", watched), text);
    REFUSED(CALL(&given, "aten::transpose_", "", watched, integer(0), integer(0)), text);
    REFUSED(CALL(&given, "aten::swapaxes_", "", watched, integer(0), integer(0)), text);
    REFUSED(CALL(&given, "aten::swapdims_", "", watched, integer(0), integer(0)), text);
    REFUSED(CALL(&given, "aten::squeeze_", "", watched), text);
    REFUSED(CALL(&given, "aten::unsqueeze_", "", watched, integer(0)), text);
    CHECK(data_of(pinned) == before && info_of(pinned).sizes[0] == 2 && info_of(pinned).strides[0] == 1);
    /* What cannot move it is allowed, be it read or written. */
    OK(CALL(&given, "aten::mul_", "Tensor", watched, watched));
    HOLDS(&given, 0, 1, 4);
    CHECK(data_of(pinned) == before);
    drop(&given);
    OK(CALL(&given, "aten::resize_as_", "", tensor(x), watched));
    drop(&given);
    OK(tffm_free(pinned));
    OK(tffm_free(x));
}

/* Tensors over one memory have one storage, empty ones too. */
static void storages_are_told_apart(void) {
    float a[] = {1, 2, 3}, b[] = {1, 2, 3};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 3), *y = OVER(b, TFFM_FLOAT32, 3);
    tffm_value arguments[] = {tensor(x), integer(0), integer(3), integer(3)}, view;
    int64_t count;
    OK(tffm_call(TFFM_RECORD, "aten::slice", "Tensor", arguments, 4, &view, 1, &count, 0));
    CHECK(info_of(view.as.tensor).numel == 0);
    CHECK(info_of(view.as.tensor).storage == info_of(x).storage && info_of(x).storage != info_of(y).storage);
    OK(tffm_free(view.as.tensor));
    OK(tffm_free(x));
    OK(tffm_free(y));
}

/* The results' room: what does not fit is refused, freed, and nothing of it is written. */
static void refuses_too_many_results(void) {
    float a[] = {1, 2, 3};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 3);
    const tffm_value argument = tensor(x), untouched = {.kind = -5, .flags = -6};
    for (int64_t capacity = -1; capacity <= 3; capacity++) {
        tffm_value results[3] = {untouched, untouched, untouched};
        int64_t count = -1;
        tffm_status status =
            tffm_call(TFFM_RECORD, "aten::unbind", "int", &argument, 1, capacity > 0 ? results : NULL, capacity, &count, 0);
        if (capacity == 3) {
            OK(status);
            for (int64_t i = 0; i < count; i++) OK(tffm_free(results[i].as.tensor));
            continue;
        }
        REFUSED(status, "more results than result_capacity");
        CHECK(count == -1);
        for (int64_t i = 0; i < 3; i++) CHECK(results[i].kind == -5 && results[i].flags == -6);
    }
    /* Of an empty tensor libtorch would make so many parts. */
    tffm_value results[3], chunks[] = {argument, integer((int64_t)1 << 40)};
    int64_t count = -1;
    REFUSED(tffm_call(TFFM_RECORD, "aten::chunk", "", chunks, 2, results, 3, &count, 0), "chunks is 1099511627776, more than");
    CHECK(count == -1);
    OK(tffm_free(x));
}

static void refuses_null(void) {
    tffm_value result;
    int64_t count;
    REFUSED(tffm_call(TFFM_RECORD, NULL, "", NULL, 0, &result, 1, &count, 0), "name must not be NULL");
    REFUSED(tffm_call(TFFM_RECORD, "aten::relu", NULL, NULL, 0, &result, 1, &count, 0), "overload must not be NULL");
    REFUSED(tffm_call(TFFM_RECORD, "aten::relu", "", NULL, 1, &result, 1, &count, 0), "arguments must not be NULL");
    REFUSED(tffm_call(TFFM_RECORD, "aten::relu", "", NULL, 0, NULL, 1, &count, 0), "results must not be NULL");
    REFUSED(tffm_call(TFFM_RECORD, "aten::relu", "", NULL, 0, &result, 1, NULL, 0), "result_count must not be NULL");
}

/* Arguments that the schema does not have. What was made before the bad one is given back: see the leak checks. */
static void refuses_what_does_not_fit(void) {
    float a[] = {1, 2};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 2);
    const tffm_value t = tensor(x), one = integer(1);
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
        /* What libtorch's C ABI has no form for: as an argument, as a default, as a result. */
        {"argument 'other' is a Scalar, which libtorch's C ABI cannot pass", "aten::mul", "Scalar", 2, {t, one}},
        {"argument 'alpha' is a Scalar", "aten::add", "Tensor", 2, {t, t}},
        {"aten::item returns a Scalar", "aten::item", "", 1, {t}},
        {"argument 'generator' is a Generator?", "aten::bernoulli", "", 2, {t, one}},
    };
    for (int64_t i = 0; i < COUNT(cases); i++) {
        struct given given;
        REFUSED(call(cases[i].name, cases[i].overload, cases[i].arguments, cases[i].count, &given), cases[i].text);
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

/* Recorded, run backwards, and read: d(x * x) / dx is 2 * x. */
static void gradients(void) {
    float a[] = {3, -4};
    int32_t b[] = {1};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 2), *whole = OVER(b, TFFM_INT32, 1), *gradient = UNTOUCHED;
    struct given square, sum, nothing;
    REFUSED(tffm_requires_grad_(TFFM_RECORD, NULL, 1), "self must not be NULL");
    REFUSED(tffm_grad(NULL, &gradient), "self must not be NULL");
    REFUSED(tffm_grad(x, NULL), "result must not be NULL");
    TORCH_FAILS(tffm_requires_grad_(TFFM_RECORD, whole, 1), "floating point");
    CHECK(gradient == UNTOUCHED && info_of(x).requires_grad == 0);
    OK(tffm_requires_grad_(TFFM_RECORD, x, 1));
    CHECK(info_of(x).requires_grad == 1);
    OK(tffm_grad(x, &gradient));
    CHECK(gradient == NULL);
    OK(CALL(&square, "aten::mul", "Tensor", tensor(x), tensor(x)));
    OK(CALL(&sum, "aten::sum", "", square.values[0]));
    CHECK(info_of(sum.values[0].as.tensor).requires_grad == 1);
    char name[16] = "untouched";
    REFUSED(tffm_grad_fn(NULL, name, sizeof name), "self must not be NULL");
    REFUSED(tffm_grad_fn(x, NULL, sizeof name), "name must not be NULL");
    REFUSED(tffm_grad_fn(x, name, 0), "capacity is 0, below 1");
    CHECK(strcmp(name, "untouched") == 0);
    OK(tffm_grad_fn(square.values[0].as.tensor, name, sizeof name));
    CHECK(strcmp(name, "MulBackward0") == 0);
    OK(tffm_grad_fn(square.values[0].as.tensor, name, 4));
    CHECK(strcmp(name, "Mul") == 0 && name[4] == 'a');
    OK(tffm_grad_fn(x, name, 1));
    CHECK(name[0] == '\0' && name[1] == 'u');
    OK(CALL(&nothing, "aten::_backward", "", sum.values[0], LIST(TFFM_TENSOR_LIST, tensor(x))));
    CHECK(nothing.count == 0);
    if (OK(tffm_grad(x, &gradient)) && CHECK(gradient != NULL)) {
        CHECK(memcmp(data_of(gradient), (float[]){6, -8}, sizeof a) == 0);
        OK(tffm_clear_grad_(x));
        CHECK(memcmp(data_of(gradient), (float[]){6, -8}, sizeof a) == 0); /* who holds it keeps it */
        OK(tffm_free(gradient));
    }
    OK(tffm_clear_grad_(x)); /* there is none */
    OK(tffm_grad(x, &gradient));
    CHECK(gradient == NULL);
    REFUSED(tffm_clear_grad_(NULL), "self must not be NULL");
    TORCH_FAILS(tffm_clamp_min_(TFFM_RECORD, x, a, TFFM_INTEGER, 0), "leaf Variable that requires grad");
    OK(tffm_requires_grad_(TFFM_RECORD, x, 0));
    CHECK(info_of(x).requires_grad == 0);
    drop(&sum);
    drop(&square);
    OK(tffm_free(whole));
    OK(tffm_free(x));
}

/* Failures inside libtorch, early and late, with everything that the call took on its way. */
static void failures_are_libtorchs(void) {
    float a[] = {1, 2, 3, 4};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 2), *y = OVER(a, TFFM_FLOAT32, 2, 2), *z = OVER(a, TFFM_FLOAT32, 3);
    struct given given;
    TORCH_FAILS(call("aten::none_such", "", NULL, 0, &given), "Could not find schema for aten::none_such");
    TORCH_FAILS(CALL(&given, "aten::relu", "out_of_this_world", tensor(x)),
                "Could not find schema for aten::relu.out_of_this_world");
    TORCH_FAILS(CALL(&given, "relu", "", tensor(x)), "Could not find schema for relu");
    TORCH_FAILS(CALL(&given, "", "", tensor(x)), "Could not find schema");
    TORCH_FAILS(CALL(&given, "aten::mul", "Tensor", tensor(x), tensor(z)), "The size of tensor a (2) must match");
    TORCH_FAILS(CALL(&given, "aten::cat", "", LIST(TFFM_TENSOR_LIST, tensor(x), tensor(y))),
                "Tensors must have same number of dimensions");
    TORCH_FAILS(CALL(&given, "aten::linear", "", tensor(y), tensor(y), tensor(z)), "");
    TORCH_FAILS(CALL(&given, "aten::sum", "dim_IntList", tensor(x), LIST(TFFM_INT_LIST, integer(5))),
                "Dimension out of range");
    CHECK(given.count == -1 && given.values[0].kind == TFFM_NONE);
    OK(tffm_free(x));
    OK(tffm_free(y));
    OK(tffm_free(z));
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
    TEST(in_place),
    TEST(refuses_to_write_read_only),
    TEST(refuses_to_move_pinned),
    TEST(storages_are_told_apart),
                                  TEST(refuses_too_many_results),
    TEST(refuses_null),
    TEST(refuses_what_does_not_fit),
    TEST(leaves_out_what_cannot_be_passed),
    TEST(gradients),
    TEST(failures_are_libtorchs),
    TEST(refuses_unknown_codes),
    {0},
};
