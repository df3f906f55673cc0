/* Modes: what is recorded, what is refused, and that no mode stays. */
#include "check.h"

static bool recorded(tffm_tensor *tensor) { return info_of(tensor).requires_grad == 1; }

static tffm_tensor *clamped(int32_t in, tffm_tensor *self) {
    tffm_tensor *result = NULL;
    OK(tffm_clamp(in, TFFM_CLAMP, self, NULL, TFFM_REAL, real(0), TFFM_NO_NUMBER, 0, &result));
    return result;
}

static void each_call_is_told(void) {
    float a[] = {1, -2, 3};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 3);
    OK(tffm_requires_grad_(TFFM_RECORD, x, 1));
    const struct {
        int32_t mode;
        bool recorded;
    } calls[] = {{TFFM_RECORD, true}, {TFFM_NO_GRAD, false}, {TFFM_RECORD, true},
                 {TFFM_INFERENCE, false}, {TFFM_NO_GRAD | TFFM_INFERENCE, false}, {TFFM_RECORD, true}};
    for (int64_t i = 0; i < COUNT(calls); i++) {
        tffm_tensor *result = clamped(calls[i].mode, x);
        CHECK(recorded(result) == calls[i].recorded);
        OK(tffm_free(result));
        OK(tffm_clamp(calls[i].mode, TFFM_RELU, x, NULL, 0, 0, 0, 0, &result));
        CHECK(recorded(result) == calls[i].recorded);
        OK(tffm_free(result));
        /* By entry points and by name. */
        static const char *const names[] = {"aten::clone", "aten::sigmoid", "aten::square", "aten::cos"};
        for (int64_t k = 0; k < COUNT(names); k++) {
            struct given given;
            if (!OK(CALL_IN(calls[i].mode, &given, names[k], "", tensor(x)))) continue;
            CHECK(recorded(given.values[0].as.tensor) == calls[i].recorded);
            drop(&given);
        }
    }
    /* A leaf may only be written where nothing is recorded. */
    TORCH_FAILS(tffm_clamp_(TFFM_RECORD, TFFM_CLAMP, x, NULL, TFFM_REAL, real(0), TFFM_NO_NUMBER, 0), "leaf Variable");
    OK(tffm_clamp_(TFFM_NO_GRAD, TFFM_CLAMP, x, NULL, TFFM_REAL, real(0), TFFM_NO_NUMBER, 0));
    CHECK(a[1] == 0);
    tffm_free(x);
}

bool aoti_torch_grad_mode_is_enabled(void);
void aoti_torch_grad_mode_set_enabled(bool enabled);

/* As Python's no_grad() is: calls neither follow it nor change it. */
static void the_threads_own_mode_does_not_count(void) {
    float a[] = {1, -2, 3};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 3);
    OK(tffm_requires_grad_(TFFM_RECORD, x, 1));
    static const char *const names[] = {"aten::clone" /* by an entry point */, "aten::cos" /* by name */};
    for (int32_t enabled = 0; enabled <= 1; enabled++) {
        aoti_torch_grad_mode_set_enabled(enabled);
        for (int32_t in = TFFM_RECORD; in <= (TFFM_NO_GRAD | TFFM_INFERENCE); in++) {
            tffm_tensor *y = clamped(in, x);
            CHECK(recorded(y) == (in == TFFM_RECORD));
            OK(tffm_free(y));
            for (int64_t i = 0; i < COUNT(names); i++) {
                struct given given;
                if (!OK(CALL_IN(in, &given, names[i], "", tensor(x)))) continue;
                CHECK(recorded(given.values[0].as.tensor) == (in == TFFM_RECORD));
                drop(&given);
                TORCH_FAILS(CALL_IN(in, &given, "aten::bmm", "", tensor(x), tensor(x)), "must be a 3D tensor");
            }
            CHECK(aoti_torch_grad_mode_is_enabled() == enabled);
        }
    }
    tffm_free(x);
}

static void a_failure_leaves_no_mode(void) {
    float a[] = {1, -2, 3};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 3), *none = UNTOUCHED;
    OK(tffm_requires_grad_(TFFM_RECORD, x, 1));
    TORCH_FAILS(tffm_clamp(TFFM_INFERENCE, TFFM_CLAMP, x, NULL, TFFM_NO_NUMBER, 0, TFFM_NO_NUMBER, 0, &none),
                "At least one");
    struct given given;
    const struct {
        const char *name, *text;
    } failing[] = {{"aten::mm", "must be a matrix"} /* by an entry point */,
                   {"aten::bmm", "must be a 3D tensor"} /* by name */};
    for (int64_t i = 0; i < COUNT(failing); i++) {
        TORCH_FAILS(CALL_IN(TFFM_INFERENCE, &given, failing[i].name, "", tensor(x), tensor(x)), failing[i].text);
        tffm_tensor *y = clamped(TFFM_RECORD, x);
        CHECK(recorded(y));
        tffm_free(y);
    }
    tffm_free(x);
}

static void inference_tensors_take_no_part_in_autograd(void) {
    float a[] = {1, -2, 3}, b[] = {1, 2, 3};
    int64_t three = 3, one = 1;
    tffm_tensor *x, *leaf = OVER(b, TFFM_FLOAT32, 3);
    struct given given;
    if (!OK(tffm_from_memory(TFFM_INFERENCE, a, sizeof a, TFFM_FLOAT32, 1, &three, &one, 0, &x))) return;
    OK(tffm_requires_grad_(TFFM_RECORD, leaf, 1));
    CHECK(info_of(x).inference == 1 && info_of(leaf).inference == 0);
    TORCH_FAILS(tffm_clamp_(TFFM_RECORD, TFFM_CLAMP, x, NULL, TFFM_REAL, real(0), TFFM_NO_NUMBER, 0),
                "Inplace update to inference tensor outside InferenceMode is not allowed");
    TORCH_FAILS(tffm_requires_grad_(TFFM_RECORD, x, 1), "inference tensor outside InferenceMode");
    TORCH_FAILS(CALL(&given, "aten::mul", "Tensor", tensor(leaf), tensor(x)),
                "Inference tensors cannot be saved for backward");
    a[1] = -2; /* libtorch refuses the write only after it is done */
    OK(tffm_clamp_(TFFM_INFERENCE, TFFM_CLAMP, x, NULL, TFFM_REAL, real(0), TFFM_NO_NUMBER, 0));
    CHECK(a[1] == 0);
    tffm_tensor *y = clamped(TFFM_INFERENCE, x);
    TORCH_FAILS(tffm_clamp_(TFFM_RECORD, TFFM_RELU, y, NULL, 0, 0, 0, 0), "Inplace update to inference tensor");
    tffm_free(y);
    tffm_free(x);
    tffm_free(leaf);
}

/* Each way to write a tensor that a backward needs. */
static tffm_status write_in_place(tffm_tensor *x, tffm_tensor *inference) {
    (void)inference;
    return tffm_clamp_(TFFM_INFERENCE, TFFM_CLAMP, x, NULL, TFFM_REAL, real(0), TFFM_NO_NUMBER, 0);
}
static tffm_status write_into(tffm_tensor *x, tffm_tensor *inference) {
    return tffm_clamp_out(TFFM_INFERENCE, TFFM_CLAMP, inference, NULL, TFFM_REAL, real(0), TFFM_NO_NUMBER, 0, x, NULL);
}
static tffm_status write_by_entry(tffm_tensor *x, tffm_tensor *inference) {
    struct given given;
    return CALL_IN(TFFM_INFERENCE, &given, "aten::copy_", "", tensor(x), tensor(inference));
}
static tffm_status write_by_name(tffm_tensor *x, tffm_tensor *inference) {
    struct given given;
    return CALL_IN(TFFM_INFERENCE, &given, "aten::abs", "out", tensor(inference), tensor(x));
}

static void writes_to_others_are_counted(void) {
    static tffm_status (*const writes[])(tffm_tensor *, tffm_tensor *) = {write_in_place, write_into, write_by_entry,
                                                                          write_by_name};
    for (int64_t i = 0; i < COUNT(writes); i++) {
        float a[] = {1, -2, 3}, b[] = {1, 1, 1}, c[] = {4, -5, 6};
        int64_t three = 3, one = 1;
        tffm_tensor *x = OVER(a, TFFM_FLOAT32, 3), *leaf = OVER(b, TFFM_FLOAT32, 3), *inference;
        if (!OK(tffm_from_memory(TFFM_INFERENCE, c, sizeof c, TFFM_FLOAT32, 1, &three, &one, 0, &inference))) return;
        struct given product, sum, nothing;
        OK(tffm_requires_grad_(TFFM_RECORD, leaf, 1));
        if (!OK(CALL(&product, "aten::mul", "Tensor", tensor(leaf), tensor(x)))) return;
        if (!OK(CALL(&sum, "aten::sum", "", product.values[0]))) return;
        OK(writes[i](x, inference));
        CHECK(a[1] != -2);
        TORCH_FAILS(CALL(&nothing, "aten::_backward", "", sum.values[0], list(TFFM_TENSOR_LIST, 0, NULL)),
                    "modified by an inplace operation");
        drop(&sum);
        drop(&product);
        OK(tffm_free(leaf));
        OK(tffm_free(x));
        OK(tffm_free(inference));
    }
}

/* A gradient has its leaf's layout in every mode, not that of the transposed gradient it is made of. */
static void gradients_are_laid_out_as_their_leaf(void) {
    float a[] = {1, 2, 3, 4, 5, 6}, ones[] = {1, 1, 1, 1, 1, 1};
    for (int32_t in = TFFM_RECORD; in <= TFFM_INFERENCE; in++) {
        tffm_tensor *leaf = OVER(a, TFFM_FLOAT32, 2, 3), *seed = OVER(ones, TFFM_FLOAT32, 3, 2), *gradient = NULL;
        struct given turned, nothing;
        OK(tffm_requires_grad_(TFFM_RECORD, leaf, 1));
        if (!OK(CALL(&turned, "aten::t", "", tensor(leaf)))) return;
        const tffm_value all = list(TFFM_TENSOR_LIST, 0, NULL);
        OK(CALL_IN(in, &nothing, "aten::_backward", "", turned.values[0], all, tensor(seed)));
        if (OK(tffm_grad(leaf, &gradient)) && CHECK(gradient != NULL)) {
            tffm_info info = info_of(gradient);
            CHECK(info.strides[0] == 3 && info.strides[1] == 1);
            OK(tffm_free(gradient));
        }
        drop(&turned);
        OK(tffm_free(leaf));
        OK(tffm_free(seed));
    }
}

static void no_other_mode(void) {
    float a[] = {1, -2, 3};
    int64_t size = 3;
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 3), *none = UNTOUCHED;
    const struct {
        const char *name;
        tffm_value arguments[2];
        int64_t count;
    } calls[] = {{"aten::relu", {tensor(x)}, 1} /* by an entry point */,
                 {"aten::abs_", {tensor(x)}, 1} /* by name */,
                 {"aten::copy_", {tensor(x), tensor(x)}, 2},
                 {"aten::rand", {{.kind = TFFM_INT_LIST}}, 1}};
    for (int32_t other = -1; other < 65536; other = other < 0 ? 4 : other * 2) {
        const char text[] = "not a sum of enum tffm_mode";
        for (int32_t operation = TFFM_CLAMP; operation <= TFFM_RELU; operation++) {
            REFUSED(tffm_clamp(other, operation, x, NULL, TFFM_INTEGER, 0, TFFM_INTEGER, 0, &none), text);
            REFUSED(tffm_clamp_(other, operation, x, NULL, TFFM_INTEGER, 0, TFFM_INTEGER, 0), text);
            REFUSED(tffm_clamp_out(other, operation, x, NULL, TFFM_INTEGER, 0, TFFM_INTEGER, 0, x, NULL), text);
        }
        REFUSED(tffm_from_memory(other, a, sizeof a, TFFM_FLOAT32, 1, &size, (int64_t[]){1}, 0, &none), text);
        REFUSED(tffm_empty(other, 1, &size, TFFM_FLOAT32, &none), text);
        REFUSED(tffm_requires_grad_(other, x, 1), text);
        for (int64_t i = 0; i < COUNT(calls); i++) {
            struct given given;
            REFUSED(call(other, calls[i].name, "", calls[i].arguments, calls[i].count, &given), text);
            CHECK(given.count == -1);
        }
    }
    CHECK(none == UNTOUCHED && a[1] == -2 && info_of(x).requires_grad == 0);
    tffm_free(x);
}

const struct test mode_tests[] = {TEST(each_call_is_told),
                                  TEST(the_threads_own_mode_does_not_count),
                                  TEST(a_failure_leaves_no_mode),
                                  TEST(inference_tensors_take_no_part_in_autograd),
                                  TEST(writes_to_others_are_counted),
                                  TEST(gradients_are_laid_out_as_their_leaf),
                                  TEST(no_other_mode),
                                  {NULL, NULL}};
