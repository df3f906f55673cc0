/* Gradients, histories and versions. */
#include "check.h"

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
    OK(CALL(&nothing, "aten::_backward", "", sum.values[0], TENSORS(tensor(x))));
    CHECK(nothing.count == 0);
    if (OK(tffm_grad(x, &gradient)) && CHECK(gradient != NULL)) {
        CHECK(memcmp(data_of(gradient), (float[]){6, -8}, sizeof a) == 0);
        OK(tffm_clear_grad_(x));
        CHECK(memcmp(data_of(gradient), (float[]){6, -8}, sizeof a) == 0); /* an earlier handle stays valid */
        OK(tffm_free(gradient));
    }
    struct given sign, zeros;
    OK(CALL(&sign, "aten::sgn", "", tensor(x)));
    OK(CALL(&zeros, "aten::sum", "", sign.values[0]));
    OK(CALL(&nothing, "aten::_backward", "", zeros.values[0], TENSORS(tensor(x))));
    if (OK(tffm_grad(x, &gradient)) && CHECK(gradient != NULL)) {
        CHECK(memcmp(data_of(gradient), (float[]){0, 0}, sizeof a) == 0); /* libtorch's own has no memory */
        OK(tffm_free(gradient));
    }
    drop(&zeros);
    drop(&sign);
    OK(tffm_clear_grad_(x));
    OK(tffm_clear_grad_(x)); /* there is none */
    OK(tffm_grad(x, &gradient));
    CHECK(gradient == NULL);
    REFUSED(tffm_clear_grad_(NULL), "self must not be NULL");
    TORCH_FAILS(tffm_clamp_(TFFM_RECORD, TFFM_CLAMP_MIN, x, a, TFFM_INTEGER, 0, TFFM_NO_NUMBER, 0),
                "leaf Variable that requires grad");
    for (int32_t mode = TFFM_RECORD; mode <= TFFM_INFERENCE; mode++) {
        TORCH_FAILS(tffm_requires_grad_(mode, square.values[0].as.tensor, 0),
                    "you can only change requires_grad flags of leaf variables");
        OK(tffm_requires_grad_(mode, square.values[0].as.tensor, 1));
        CHECK(info_of(square.values[0].as.tensor).has_history == 1);
    }
    OK(tffm_requires_grad_(TFFM_RECORD, x, 0));
    CHECK(info_of(x).requires_grad == 0);
    drop(&sum);
    drop(&square);
    OK(tffm_free(whole));
    OK(tffm_free(x));
}

/* Whether a tensor has a history; a tensor that has one requires gradients. */
static bool has_history(tffm_tensor *tensor) {
    tffm_info info = info_of(tensor);
    CHECK(info.reserved == 0 && (info.requires_grad == 1 || info.has_history == 0));
    return info.has_history == 1;
}

static void histories_are_told(void) {
    float a[] = {3, -4}, b[] = {1, 2};
    tffm_tensor *leaf = OVER(a, TFFM_FLOAT32, 2), *plain = OVER(b, TFFM_FLOAT32, 2);
    struct given given, none;
    CHECK(!has_history(leaf));
    OK(tffm_requires_grad_(TFFM_RECORD, leaf, 1));
    CHECK(!has_history(leaf));
    OK(CALL(&given, "aten::relu", "", tensor(plain)));
    CHECK(!has_history(given.values[0].as.tensor));
    drop(&given);
    for (int32_t in = TFFM_RECORD; in <= TFFM_INFERENCE; in++) {
        OK(CALL_IN(in, &given, "aten::relu", "", tensor(leaf)));
        CHECK(has_history(given.values[0].as.tensor) == (in == TFFM_RECORD));
        drop(&given);
    }
    /* A view has one, a detached tensor has none. */
    struct given view;
    OK(CALL(&view, "aten::reshape", "", tensor(leaf), INTS(integer(2), integer(1))));
    CHECK(has_history(view.values[0].as.tensor));
    OK(CALL(&given, "aten::detach", "", view.values[0]));
    CHECK(!has_history(given.values[0].as.tensor));
    drop(&given);
    drop(&view);
    /* A tensor that is written with a recorded value gets one. */
    OK(CALL(&none, "aten::mul_", "Tensor", tensor(plain), tensor(leaf)));
    CHECK(has_history(plain) && !has_history(leaf));
    OK(CALL(&none, "aten::detach_", "", tensor(plain)));
    CHECK(!has_history(plain));
    OK(tffm_free(leaf));
    OK(tffm_free(plain));
}

/* The sum of the squares of a leaf, which needs the leaf for its backward. */
static tffm_tensor *sum_of_squares(tffm_tensor *leaf) {
    struct given square, sum;
    if (!OK(CALL(&square, "aten::mul", "Tensor", tensor(leaf), tensor(leaf)))) return NULL;
    OK(CALL(&sum, "aten::sum", "", square.values[0]));
    drop(&square);
    return sum.values[0].as.tensor;
}

static tffm_status backward(tffm_tensor *root) {
    struct given nothing;
    return CALL(&nothing, "aten::_backward", "", tensor(root), list(TFFM_TENSOR_LIST, 0, NULL));
}

#define GRAD(given, output, ones, retain, create, unused, ...) \
    CALL(given, "torch::autograd::grad", "", TENSORS(tensor(output)), TENSORS(__VA_ARGS__), TENSORS(tensor(ones)), \
         boolean(retain), boolean(create), boolean(unused))

/* Gradients are given, and no leaf gets one; those of gradients too. */
static void gradients_are_given(void) {
    float a[] = {3, -4}, b[] = {5, 6}, c[] = {1};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 2), *other = OVER(b, TFFM_FLOAT32, 2), *one = OVER(c, TFFM_FLOAT32, 1),
                *kept = UNTOUCHED;
    struct given flat, total, gradients, again;
    OK(tffm_requires_grad_(TFFM_RECORD, x, 1));
    OK(tffm_requires_grad_(TFFM_RECORD, other, 1));
    tffm_tensor *sum = sum_of_squares(x);
    OK(CALL(&flat, "aten::reshape", "", tensor(sum), INTS(integer(1))));
    tffm_tensor *root = flat.values[0].as.tensor;
    TORCH_FAILS(GRAD(&gradients, root, one, 1, 0, 0, tensor(x), tensor(other)), "not have been used in the graph");
    CHECK(gradients.count == -1);
    OK(GRAD(&gradients, root, one, 1, 0, 1, tensor(other), tensor(x)));
    CHECK(gradients.count == 2 && gradients.values[0].kind == TFFM_NONE);
    HOLDS(&gradients, 1, 6, -8);
    CHECK(info_of(gradients.values[1].as.tensor).requires_grad == 0);
    drop(&gradients);
    OK(GRAD(&gradients, root, one, 1, 1, 0, tensor(x)));
    CHECK(has_history(gradients.values[0].as.tensor));
    OK(CALL(&total, "aten::sum", "", gradients.values[0]));
    OK(CALL(&again, "aten::reshape", "", total.values[0], INTS(integer(1))));
    drop(&total);
    drop(&gradients);
    OK(GRAD(&gradients, again.values[0].as.tensor, one, 0, 0, 0, tensor(x)));
    HOLDS(&gradients, 0, 2, 2);
    drop(&gradients);
    OK(GRAD(&gradients, root, one, 0, 0, 0, tensor(x)));
    drop(&gradients);
    TORCH_FAILS(GRAD(&gradients, root, one, 0, 0, 0, tensor(x)), "a second time");
    OK(tffm_grad(x, &kept));
    CHECK(kept == NULL);
    REFUSED(CALL(&gradients, "torch::autograd::grad", "", tensor(root)), "argument 'outputs' is a Tensor");
    drop(&again);
    drop(&flat);
    OK(tffm_free(sum));
    OK(tffm_free(one));
    OK(tffm_free(other));
    OK(tffm_free(x));
}

/* A plain step of gradient descent, x -= lr * g. */
static tffm_status descend(tffm_tensor *x, tffm_tensor *gradient) {
    struct given nothing;
    return CALL_IN(TFFM_NO_GRAD, &nothing, "aten::_fused_sgd_", "", LIST(TFFM_TENSOR_LIST, tensor(x)),
                   LIST(TFFM_TENSOR_LIST, tensor(gradient)), list(TFFM_TENSOR_LIST, 0, NULL), floating(0), floating(0),
                   floating(0.5), floating(0), boolean(0), boolean(0), boolean(1));
}

/* Libtorch does not count what its fused steps write; a backward that needs what was overwritten must fail. */
static void fused_steps_are_counted(void) {
    float a[] = {3, -4}, b[] = {1, 2}, c[] = {5, 6}, g[] = {2, 2};
    int64_t two = 2, one = 1;
    tffm_tensor *leaf = OVER(a, TFFM_FLOAT32, 2), *other = OVER(b, TFFM_FLOAT32, 2), *inference = NULL,
                *gradient = OVER(g, TFFM_FLOAT32, 2);
    if (!OK(tffm_from_memory(TFFM_INFERENCE, c, sizeof c, TFFM_FLOAT32, 1, &two, &one, 0, &inference))) return;
    OK(tffm_requires_grad_(TFFM_RECORD, leaf, 1));
    tffm_tensor *sum = sum_of_squares(leaf);
    /* A step on others, and one that reads it, leave it alone; a tensor without a count may be written. */
    OK(descend(other, leaf));
    CHECK(b[0] == -0.5f && b[1] == 4);
    OK(descend(inference, gradient));
    CHECK(c[0] == 4 && c[1] == 5);
    OK(backward(sum));
    OK(tffm_free(sum));
    sum = sum_of_squares(leaf);
    OK(descend(leaf, gradient));
    CHECK(a[0] == 2 && a[1] == -5);
    TORCH_FAILS(backward(sum), "modified by an inplace operation");
    OK(tffm_free(sum));
    OK(tffm_free(leaf));
    OK(tffm_free(other));
    OK(tffm_free(inference));
    OK(tffm_free(gradient));
}

const struct test gradient_tests[] = {
    TEST(gradients),
    TEST(histories_are_told),
    TEST(gradients_are_given),
    TEST(fused_steps_are_counted),
    {0},
};
