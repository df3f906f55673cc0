/* Compiled models, by a library that acts as one: test/model/library.c, whose path is TEST_MODEL. */
#include "check.h"
#include "torch_ffm_model.h"

#ifdef __linux__

enum { INPUTS = 2, OUTPUTS = 4, CONSTANTS = 3 };

#define UNTOUCHED_MODEL ((tffm_model *)(uintptr_t)0x5a5a)

static tffm_model *opened(void) {
    tffm_model *model = NULL;
    OK(tffm_model_open(TEST_MODEL, 1, &model));
    return model;
}

static const tffm_operator *prepared(tffm_model *model) {
    const tffm_operator *run = NULL;
    OK(tffm_model_prepare(model, NULL, 0, &run));
    return run;
}

static const tffm_value nothing_kept = {.kind = TFFM_TENSOR_LIST};

/* Runs with two inputs of so many ones. */
static tffm_status run(const tffm_operator *operator, int64_t size, struct given *given) {
    float ones[] = {1, 1, 1, 1}, others[] = {1, 1, 1, 1};
    const int64_t stride = 1;
    tffm_tensor *x = NULL, *y = NULL;
    OK(tffm_from_memory(mode, ones, size * 4, TFFM_FLOAT32, 1, &size, &stride, 0, &x));
    OK(tffm_from_memory(mode, others, size * 4, TFFM_FLOAT32, 1, &size, &stride, 0, &y));
    *given = (struct given){.count = -1};
    tffm_status status = tffm_call(TFFM_NO_GRAD, operator, VALUES(TENSORS(tensor(x), tensor(y)), nothing_kept), 2,
                                   given->values, CAPACITY, &given->count, NULL, 0);
    OK(tffm_free(x));
    OK(tffm_free(y));
    return status;
}

static void refuses_what_is_no_model(void) {
    tffm_model *model = UNTOUCHED_MODEL;
    REFUSED(tffm_model_open(NULL, 1, &model), "path must not be NULL");
    REFUSED(tffm_model_open(TEST_MODEL, 1, NULL), "result must not be NULL");
    REFUSED(tffm_model_open(TEST_MODEL, 0, &model), "instances is 0, and must be 1 or more");
    REFUSED(tffm_model_open(TEST_MODEL, INT64_MIN, &model), "and must be 1 or more");
    TORCH_FAILS(tffm_model_open("/no/such.so", 1, &model), "/no/such.so: cannot open shared object file");
    TORCH_FAILS(tffm_model_open("/dev/null", 1, &model), "/dev/null");
    REFUSED(tffm_model_open("libc10.so", 1, &model), "the library has no AOTInductorModelContainerCreateWithDevice");
    TORCH_FAILS(tffm_model_open(TEST_MODEL, 13, &model), "thirteen instances are refused");
    CHECK(model == UNTOUCHED_MODEL);
}

static void refuses_null(void) {
    tffm_model *model = opened();
    tffm_model_info info;
    tffm_constant constant;
    const char *name;
    const tffm_operator *run;
    tffm_tensor *tensor;
    REFUSED(tffm_model_close(NULL), "model must not be NULL");
    REFUSED(tffm_model_describe(NULL, &info), "model must not be NULL");
    REFUSED(tffm_model_describe(model, NULL), "info must not be NULL");
    REFUSED(tffm_model_input(NULL, 0, &name), "model must not be NULL");
    REFUSED(tffm_model_input(model, 0, NULL), "name must not be NULL");
    REFUSED(tffm_model_constant(NULL, 0, &constant), "model must not be NULL");
    REFUSED(tffm_model_constant(model, 0, NULL), "constant must not be NULL");
    REFUSED(tffm_model_constant_tensor(NULL, 0, &tensor), "model must not be NULL");
    REFUSED(tffm_model_constant_tensor(model, 0, NULL), "result must not be NULL");
    REFUSED(tffm_model_prepare(NULL, NULL, 0, &run), "model must not be NULL");
    REFUSED(tffm_model_prepare(model, NULL, 0, NULL), "run must not be NULL");
    REFUSED(tffm_model_set_constants(NULL, NULL, NULL, 0), "model must not be NULL");
    REFUSED(tffm_model_set_constants(model, NULL, &tensor, 1), "indices must not be NULL");
    REFUSED(tffm_model_set_constants(model, (const int64_t[]){0}, NULL, 1), "tensors must not be NULL");
    REFUSED(tffm_model_set_constants(model, NULL, NULL, -1), "count is -1, below 0");
    OK(tffm_model_set_constants(model, NULL, NULL, 0));
    OK(tffm_model_close(model));
}

static void describes(void) {
    tffm_model *model = opened();
    tffm_model_info info;
    OK(tffm_model_describe(model, &info));
    CHECK(info.input_count == INPUTS && info.output_count == OUTPUTS && info.constant_count == CONSTANTS);
    CHECK(strcmp(info.input_spec, "inputs") == 0 && strcmp(info.output_spec, "outputs") == 0);
    const char *name;
    OK(tffm_model_input(model, 1, &name));
    CHECK(strcmp(name, "arg1_1") == 0);
    TORCH_FAILS(tffm_model_input(model, INPUTS, &name), "index out of range");
    TORCH_FAILS(tffm_model_input(model, -1, &name), "index out of range");
    tffm_constant constant;
    OK(tffm_model_constant(model, 0, &constant));
    CHECK(strcmp(constant.name, "layer.weight") == 0 && strcmp(constant.variable, "layer_weight") == 0);
    CHECK(constant.bytes == 64 && constant.kind == TFFM_CONSTANT_PARAMETER && constant.dtype == TFFM_FLOAT32);
    OK(tffm_model_constant(model, 2, &constant));
    CHECK(constant.kind == TFFM_CONSTANT_FOLDED);
    TORCH_FAILS(tffm_model_constant(model, CONSTANTS, &constant), "index out of range");
    OK(tffm_model_close(model));
}

static void gives_tensors_of_constants(void) {
    tffm_model *model = opened();
    tffm_tensor *weight, *hole = UNTOUCHED;
    OK(tffm_model_constant_tensor(model, 0, &weight));
    CHECK(((const float *)data_of(weight))[1] == 2);
    OK(tffm_model_constant_tensor(model, 1, &hole));
    CHECK(hole == NULL);
    REFUSED(tffm_model_constant_tensor(model, CONSTANTS, &hole), "index is 3, and the model has 3 constants");
    REFUSED(tffm_model_constant_tensor(model, -1, &hole), "index is -1, and the model has 3 constants");
    OK(tffm_free(weight));
    OK(tffm_model_close(model));
}

static void runs(void) {
    tffm_model *model = opened();
    const tffm_operator *operator = prepared(model);
    struct given given;
    OK(run(operator, 3, &given));
    CHECK(given.count == OUTPUTS);
    HOLDS(&given, 0, 1, 1, 1);
    HOLDS(&given, 1, 1, 1, 1);
    CHECK(given.values[0].as.tensor != given.values[1].as.tensor);
    CHECK(given.values[2].kind == TFFM_NONE);
    HOLDS(&given, 3, 1, 2);
    OK(tffm_model_close(model)); /* the outputs stay */
    HOLDS(&given, 3, 1, 2);
    drop(&given);
}

static void survives_failures(void) {
    tffm_model *model = opened();
    const tffm_operator *operator = prepared(model);
    struct given given;
    for (int i = 0; i < 3; i++) {
        TORCH_FAILS(run(operator, 1, &given), "an input is refused");
        CHECK(given.count == -1);
        TORCH_FAILS(run(operator, 2, &given), "a step fails");
        const char *text;
        OK(tffm_last_error(&text));
        CHECK(strcmp(text, "a step fails") == 0); /* and no trace */
        CHECK(given.count == -1);
        OK(run(operator, 3, &given));
        drop(&given);
    }
    float a[] = {1, 2, 3};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 3);
    REFUSED(tffm_call(TFFM_NO_GRAD, operator, VALUES(TENSORS(tensor(x)), nothing_kept), 2,
                      given.values, CAPACITY, &given.count, NULL, 0),
            "the model takes 2 inputs, and 1 are given");
    REFUSED(tffm_call(TFFM_NO_GRAD, operator,
                      VALUES(TENSORS(tensor(x), tensor(x)), nothing_kept), 2, given.values, 3,
                      &given.count, NULL, 0),
            "");
    OK(tffm_free(x));
    OK(tffm_model_close(model));
}

static void limits_threads(void) {
    tffm_model *model = opened();
    const tffm_operator *operator = NULL;
    struct given given;
    REFUSED(tffm_model_prepare(model, NULL, -1, &operator), "most_threads is -1, below 0");
    OK(tffm_model_prepare(model, NULL, 1, &operator));
    TORCH_FAILS(run(operator, 4, &given), "a loop has 1 threads");
    OK(tffm_model_close(model));
}

static void exchanges_constants(void) {
    tffm_model *model = opened();
    float a[] = {5, 6}, b[] = {7, 8};
    double wide[] = {1, 2};
    float three[] = {1, 2, 3};
    tffm_tensor *first = OVER(a, TFFM_FLOAT32, 2), *second = OVER(b, TFFM_FLOAT32, 2);
    tffm_tensor *wrong_dtype = OVER(wide, TFFM_FLOAT64, 2), *wrong_size = OVER(three, TFFM_FLOAT32, 3);
    float many[17] = {0};
    tffm_tensor *too_long = OVER(many, TFFM_FLOAT32, 17), *gaps = NULL;
    OK(tffm_from_memory(mode, many, sizeof many, TFFM_FLOAT32, 1, (const int64_t[]){8}, (const int64_t[]){2}, 0, &gaps));
    const int64_t at[] = {0, 1}, outside[] = {0, CONSTANTS}, below[] = {-1};
    REFUSED(tffm_model_set_constants(model, at, &wrong_dtype, 1), "layer.weight has the dtype 7, and must have 6");
    REFUSED(tffm_model_set_constants(model, at, &wrong_size, 1), "layer.weight must have the sizes and strides");
    REFUSED(tffm_model_set_constants(model, at + 1, &too_long, 1), "layer.hole must have 64 bytes without a gap");
    REFUSED(tffm_model_set_constants(model, at + 1, &gaps, 1), "layer.hole must have 64 bytes without a gap");
    REFUSED(tffm_model_set_constants(model, outside, (tffm_tensor *[]){first, second}, 2), "a constant's index is 3");
    REFUSED(tffm_model_set_constants(model, below, &first, 1), "a constant's index is -1");
    REFUSED(tffm_model_set_constants(model, at, (tffm_tensor *[]){first, NULL}, 2), "given must not be NULL");
    OK(tffm_model_set_constants(model, at, (tffm_tensor *[]){first, second}, 2));
    OK(tffm_model_set_constants(model, at, &second, 1));
    OK(tffm_model_set_constants(model, at, &first, 1));
    OK(tffm_free(first)); /* the model has handles of its own */
    OK(tffm_free(second));
    tffm_tensor *weight;
    OK(tffm_model_constant_tensor(model, 0, &weight));
    CHECK(data_of(weight) == a);
    OK(tffm_free(weight));
    const tffm_operator *operator = prepared(model);
    struct given given;
    OK(run(operator, 3, &given));
    HOLDS(&given, 3, 5, 6);
    drop(&given);
    a[0] = 9; /* nothing was copied */
    OK(run(operator, 3, &given));
    CHECK(data_of(given.values[3].as.tensor) != a);
    OK(tffm_model_close(model));
    HOLDS(&given, 3, 9, 6);
    drop(&given);
    OK(tffm_free(wrong_dtype));
    OK(tffm_free(wrong_size));
    OK(tffm_free(too_long));
    OK(tffm_free(gaps));
}

const struct test model_tests[] = {
    TEST(refuses_what_is_no_model), TEST(refuses_null), TEST(describes),          TEST(gives_tensors_of_constants),
    TEST(runs),                     TEST(survives_failures), TEST(exchanges_constants), TEST(limits_threads), {0},
};

#else

static void is_refused(void) {
    tffm_model *model = NULL;
    CHECK(tffm_model_open(TEST_MODEL, 1, &model) != TFFM_OK && model == NULL);
}

const struct test model_tests[] = {TEST(is_refused), {0}};

#endif
