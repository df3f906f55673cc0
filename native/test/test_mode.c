/* Modes: what is recorded, what is refused, and that no mode stays. */
#include "check.h"

static bool recorded(tffm_tensor *tensor) { return info_of(tensor).requires_grad == 1; }

static tffm_tensor *clamped(int32_t in, tffm_tensor *self) {
    tffm_tensor *result = NULL;
    OK(tffm_clamp(in, self, NULL, TFFM_REAL, real(0), TFFM_NO_NUMBER, 0, &result));
    return result;
}

/* An operator of one or two tensors. */
static tffm_status call(int32_t in, const char *name, const char *overload, tffm_tensor *a, tffm_tensor *b,
                        tffm_tensor **result) {
    tffm_value arguments[] = {{.kind = TFFM_TENSOR, .as.tensor = a}, {.kind = TFFM_TENSOR, .as.tensor = b}};
    tffm_value value;
    int64_t count;
    tffm_status status = tffm_call(in, name, overload, arguments, b == NULL ? 1 : 2, &value, 1, &count, 0);
    if (status == TFFM_OK) *result = value.as.tensor;
    return status;
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
        tffm_tensor *results[] = {clamped(calls[i].mode, x), NULL, NULL, NULL};
        OK(tffm_clone(calls[i].mode, x, NULL, &results[1]));
        OK(call(calls[i].mode, "aten::sigmoid", "", x, NULL, &results[2]));
        OK(tffm_relu(calls[i].mode, x, NULL, &results[3]));
        for (int64_t j = 0; j < COUNT(results); j++) {
            CHECK(recorded(results[j]) == calls[i].recorded);
            tffm_free(results[j]);
        }
    }
    /* A leaf may be written where nothing is recorded. */
    TORCH_FAILS(tffm_clamp_(TFFM_RECORD, x, NULL, TFFM_REAL, real(0), TFFM_NO_NUMBER, 0), "leaf Variable");
    OK(tffm_clamp_(TFFM_NO_GRAD, x, NULL, TFFM_REAL, real(0), TFFM_NO_NUMBER, 0));
    CHECK(a[1] == 0);
    tffm_free(x);
}

static void a_failure_leaves_no_mode(void) {
    float a[] = {1, -2, 3};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 3), *none = UNTOUCHED;
    OK(tffm_requires_grad_(TFFM_RECORD, x, 1));
    TORCH_FAILS(tffm_clamp(TFFM_INFERENCE, x, NULL, TFFM_NO_NUMBER, 0, TFFM_NO_NUMBER, 0, &none), "At least one");
    TORCH_FAILS(call(TFFM_INFERENCE, "aten::mm", "", x, x, &none), "must be a matrix");
    tffm_tensor *y = clamped(TFFM_RECORD, x);
    CHECK(recorded(y));
    tffm_free(y);
    tffm_free(x);
}

static void inference_tensors_take_no_part_in_autograd(void) {
    float a[] = {1, -2, 3}, b[] = {1, 2, 3};
    int64_t three = 3, one = 1;
    tffm_tensor *x, *leaf = OVER(b, TFFM_FLOAT32, 3), *none = UNTOUCHED;
    if (!OK(tffm_from_memory(TFFM_INFERENCE, a, sizeof a, TFFM_FLOAT32, 1, &three, &one, 0, &x))) return;
    OK(tffm_requires_grad_(TFFM_RECORD, leaf, 1));
    CHECK(info_of(x).inference == 1 && info_of(leaf).inference == 0);
    TORCH_FAILS(tffm_clamp_(TFFM_RECORD, x, NULL, TFFM_REAL, real(0), TFFM_NO_NUMBER, 0),
                "Inplace update to inference tensor outside InferenceMode is not allowed");
    TORCH_FAILS(tffm_requires_grad_(TFFM_RECORD, x, 1), "inference tensor outside InferenceMode");
    TORCH_FAILS(call(TFFM_RECORD, "aten::mul", "Tensor", leaf, x, &none),
                "Inference tensors cannot be saved for backward");
    a[1] = -2; /* libtorch refuses the write when it has been done */
    OK(tffm_clamp_(TFFM_INFERENCE, x, NULL, TFFM_REAL, real(0), TFFM_NO_NUMBER, 0));
    CHECK(a[1] == 0);
    tffm_tensor *y = clamped(TFFM_INFERENCE, x);
    TORCH_FAILS(tffm_relu_(TFFM_RECORD, y, NULL), "Inplace update to inference tensor");
    tffm_free(y);
    tffm_free(x);
    tffm_free(leaf);
}

static void writes_to_others_are_counted(void) {
    float a[] = {1, -2, 3}, b[] = {1, 1, 1};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 3), *leaf = OVER(b, TFFM_FLOAT32, 3), *product, *sum, *none = UNTOUCHED;
    OK(tffm_requires_grad_(TFFM_RECORD, leaf, 1));
    if (!OK(call(TFFM_RECORD, "aten::mul", "Tensor", leaf, x, &product))) return;
    if (!OK(call(TFFM_RECORD, "aten::sum", "", product, NULL, &sum))) return;
    OK(tffm_clamp_(TFFM_INFERENCE, x, NULL, TFFM_REAL, real(0), TFFM_NO_NUMBER, 0));
    tffm_value arguments[] = {{.kind = TFFM_TENSOR, .as.tensor = sum}, {.kind = TFFM_TENSOR_LIST}};
    int64_t count;
    tffm_value value;
    TORCH_FAILS(tffm_call(TFFM_RECORD, "aten::_backward", "", arguments, 2, &value, 1, &count, 0),
                "modified by an inplace operation");
    CHECK(none == UNTOUCHED);
    tffm_free(sum);
    tffm_free(product);
    tffm_free(leaf);
    tffm_free(x);
}

/* A gradient takes its leaf's layout in every mode, not that of the transposed one it is made of. */
static void gradients_are_laid_out_as_their_leaf(void) {
    for (int32_t in = TFFM_RECORD; in <= (TFFM_NO_GRAD | TFFM_INFERENCE); in++) {
        float a[6] = {0}, b[] = {1, 2, 3, 4, 5, 6};
        tffm_tensor *x = OVER(a, TFFM_FLOAT32, 2, 3), *given = OVER(b, TFFM_FLOAT32, 3, 2), *y, *gradient;
        OK(tffm_requires_grad_(TFFM_RECORD, x, 1));
        if (!OK(call(TFFM_RECORD, "aten::t", "", x, NULL, &y))) return;
        tffm_value leaf = {.kind = TFFM_TENSOR, .as.tensor = x}, value;
        tffm_value arguments[] = {{.kind = TFFM_TENSOR, .as.tensor = y},
                                  {.kind = TFFM_TENSOR_LIST, .count = 1, .as.list = &leaf},
                                  {.kind = TFFM_TENSOR, .as.tensor = given}};
        int64_t count;
        OK(tffm_call(in, "aten::_backward", "", arguments, 3, &value, 1, &count, 0));
        if (OK(tffm_grad(x, &gradient)) && CHECK(gradient != NULL)) {
            const tffm_info info = info_of(gradient);
            CHECK(info.strides[0] == 3 && info.strides[1] == 1);
            CHECK(memcmp(info.data, (float[]){1, 3, 5, 2, 4, 6}, sizeof b) == 0);
            tffm_free(gradient);
        }
        tffm_free(y);
        tffm_free(given);
        tffm_free(x);
    }
}

static void no_other_mode(void) {
    float a[] = {1, -2, 3};
    int64_t size = 3, count;
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 3), *none = UNTOUCHED;
    tffm_value value;
    for (int32_t other = -1; other < 65536; other = other < 0 ? 4 : other * 2) {
        REFUSED(tffm_clamp(other, x, NULL, TFFM_INTEGER, 0, TFFM_NO_NUMBER, 0, &none), "no sum of enum tffm_mode");
        REFUSED(tffm_clamp_min_(other, x, NULL, TFFM_INTEGER, 0), "no sum of enum tffm_mode");
        REFUSED(tffm_clamp_max_out(other, x, NULL, TFFM_INTEGER, 0, x, NULL), "no sum of enum tffm_mode");
        REFUSED(tffm_clone(other, x, NULL, &none), "no sum of enum tffm_mode");
        REFUSED(tffm_copy_(other, x, NULL, x, NULL), "no sum of enum tffm_mode");
        REFUSED(tffm_empty(other, 1, &size, TFFM_FLOAT32, &none), "no sum of enum tffm_mode");
        REFUSED(tffm_rand(other, 1, &size, TFFM_FLOAT32, &none), "no sum of enum tffm_mode");
        REFUSED(tffm_requires_grad_(other, x, 1), "no sum of enum tffm_mode");
        REFUSED(tffm_call(other, "aten::relu", "", &value, 1, &value, 1, &count, 0), "no sum of enum tffm_mode");
    }
    CHECK(none == UNTOUCHED);
    tffm_free(x);
}

const struct test mode_tests[] = {TEST(each_call_is_told),
                                  TEST(a_failure_leaves_no_mode),
                                  TEST(inference_tensors_take_no_part_in_autograd),
                                  TEST(writes_to_others_are_counted),
                                  TEST(gradients_are_laid_out_as_their_leaf),
                                  TEST(no_other_mode),
                                  {NULL, NULL}};
