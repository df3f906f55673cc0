/* Operators, resolved. */
#include <pthread.h>

#include "check.h"

static const tffm_operator *const untouched = (const tffm_operator *)(uintptr_t)0x5a5a;

static void is_found_once(void) {
    const char *const names[][2] = {{"aten::mul", "Tensor"}, {"aten::mul", "Scalar"}, {"aten::mul_", "Tensor"},
                                    {"aten::unbind", "int"}, {"aten::relu", ""}};
    const tffm_operator *found[COUNT(names)];
    tffm_operator_info info;
    for (int64_t i = 0; i < COUNT(names); i++) {
        const tffm_operator *again = untouched;
        if (!OK(tffm_operator_find(names[i][0], names[i][1], &found[i], &info))) return;
        /* The names are compared, not their addresses. */
        char name[32], overload[32];
        OK(tffm_operator_find(strcpy(name, names[i][0]), strcpy(overload, names[i][1]), &again, &info));
        CHECK(again == found[i]);
        for (int64_t k = 0; k < i; k++) CHECK(found[k] != found[i]);
    }
}

static void is_described(void) {
    const struct {
        const char *name, *overload;
        tffm_operator_info info;
    } cases[] = {
        {"aten::relu", "", {1, 1, 0, 0}},
        {"aten::relu_", "", {1, 1, 0, 1}},
        {"aten::add", "Tensor", {3, 1, 0, 0}},
        {"aten::add_", "Tensor", {3, 1, 0, 1}},
        {"aten::mul", "out", {3, 1, 0, 0}}, /* out is the last argument, not the first */
        {"aten::sort", "", {3, 2, 0, 0}},
        {"aten::is_nonzero", "", {1, 1, 0, 0}},
        {"aten::result_type", "Scalar_Scalar", {2, 1, 0, 0}},
        {"aten::split", "Tensor", {3, 1, 1, 0}},
        {"aten::broadcast_tensors", "", {1, 1, 1, 0}},
        {"aten::gradient", "scalararray", {4, 1, 1, 0}},
        {"aten::lstm", "input", {9, 3, 0, 0}},
        {"aten::_foreach_zero_", "", {1, 0, 0, 1}},
        {"aten::_backward", "", {5, 0, 0, 0}},
    };
    for (int64_t i = 0; i < COUNT(cases); i++) {
        const tffm_operator *operator;
        tffm_operator_info info = {-1, -1, -1, -1};
        if (!OK(tffm_operator_find(cases[i].name, cases[i].overload, &operator, &info))) continue;
        CHECK(info.argument_count == cases[i].info.argument_count);
        CHECK(info.result_count == cases[i].info.result_count);
        CHECK(info.has_result_list == cases[i].info.has_result_list);
        CHECK(info.writes_first == cases[i].info.writes_first);
    }
}

static tffm_status find(const char *name, const char *overload) {
    const tffm_operator *operator = untouched;
    tffm_operator_info info = {-1, -1, -1, -1};
    tffm_status status = tffm_operator_find(name, overload, &operator, &info);
    if (status != TFFM_OK) CHECK(operator == untouched && info.argument_count == -1 && info.writes_first == -1);
    return status;
}

static void unknown_names_are_libtorchs_failure(void) {
    for (int i = 0; i < 2; i++) { /* a failure is not kept */
        TORCH_FAILS(find("aten::none_such", ""), "Could not find schema for aten::none_such");
        TORCH_FAILS(find("aten::relu", "out_of_this_world"), "Could not find schema for aten::relu.out_of_this_world");
        TORCH_FAILS(find("aten::mul", ""), "Could not find schema for aten::mul");
        TORCH_FAILS(find("aten::softmax", ""), "aten::softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor");
        TORCH_FAILS(find("relu", ""), "Could not find schema for relu");
        TORCH_FAILS(find("none::relu", ""), "Could not find schema for none::relu");
        TORCH_FAILS(find("", ""), "Could not find schema");
        TORCH_FAILS(find("aten::relu\xff", ""), "Could not find schema");
    }
}

/* Results that have no form here, and Scalars and strings without an entry point. */
static void refuses_what_cannot_be_called(void) {
    for (int i = 0; i < 2; i++) {
        REFUSED(find("aten::item", ""), "aten::item returns a Scalar, which cannot be given");
        REFUSED(find("aten::qscheme", ""), "aten::qscheme returns a QScheme, which cannot be given");
        REFUSED(find("aten::add", "out"), "aten::add has arguments of type Scalar and no entry point");
        REFUSED(find("aten::_foreach_add", "Scalar"), "has arguments of type Scalar and no entry point");
        REFUSED(find("aten::from_file", ""), "aten::from_file has arguments of type str and no entry point");
    }
    /* libtorch's C ABI has no form for a dtype as a result. */
    REFUSED(find("aten::result_type", "Tensor"), "aten::result_type returns a ScalarType, which cannot be given");
}

static void refuses_null(void) {
    const tffm_operator *operator = untouched;
    tffm_operator_info info;
    REFUSED(tffm_operator_find(NULL, "", &operator, &info), "name must not be NULL");
    REFUSED(tffm_operator_find("aten::relu", NULL, &operator, &info), "overload must not be NULL");
    REFUSED(tffm_operator_find("aten::relu", "", NULL, &info), "result must not be NULL");
    REFUSED(tffm_operator_find("aten::relu", "", &operator, NULL), "info must not be NULL");
    CHECK(operator == untouched);
}

/* ---- several threads at once ---- */

/* Operators that no other test finds, so that the threads are the first to. */
static const char *const first_found[] = {"aten::acos", "aten::sin", "aten::tan", "aten::cosh", "aten::sinh",
                                          "aten::erf", "aten::expm1", "aten::log1p", "aten::floor", "aten::ceil"};
enum { THREADS = 8, FIRST = sizeof first_found / sizeof *first_found };

struct share {
    pthread_mutex_t *start;
    tffm_tensor *x;
    const tffm_operator *found[FIRST];
    float results[FIRST];
    int64_t failures;
};

/* Finds and calls each operator. The checks come later, on the thread of the tests. */
static void *find_and_call(void *argument) {
    struct share *share = argument;
    const tffm_value x = tensor(share->x);
    pthread_mutex_lock(share->start);
    pthread_mutex_unlock(share->start);
    for (int64_t i = 0; i < FIRST; i++) {
        tffm_operator_info info = {0};
        tffm_value result;
        int64_t count = 0;
        void *data = NULL;
        if (tffm_operator_find(first_found[i], "", &share->found[i], &info) != TFFM_OK || info.argument_count != 1 ||
            tffm_call(TFFM_RECORD, share->found[i], &x, 1, &result, 1, &count, NULL, 0) != TFFM_OK || count != 1) {
            share->failures++;
            continue;
        }
        share->failures += tffm_data_ptr(result.as.tensor, &data) != TFFM_OK;
        if (data != NULL) memcpy(&share->results[i], data, sizeof(float));
        share->failures += tffm_free(result.as.tensor) != TFFM_OK;
        /* A failure in between belongs to this thread. */
        share->failures += tffm_operator_find("aten::none_such", "", &share->found[i], &info) != TFFM_TORCH_ERROR;
    }
    return NULL;
}

static void is_found_and_called_by_threads(void) {
    float a[] = {0.625f};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 1);
    pthread_mutex_t start = PTHREAD_MUTEX_INITIALIZER;
    pthread_t threads[THREADS];
    struct share shares[THREADS];
    pthread_mutex_lock(&start); /* until all threads are there */
    for (int64_t t = 0; t < THREADS; t++) {
        shares[t] = (struct share){.start = &start, .x = x};
        CHECK(pthread_create(&threads[t], NULL, find_and_call, &shares[t]) == 0);
    }
    pthread_mutex_unlock(&start);
    for (int64_t t = 0; t < THREADS; t++) CHECK(pthread_join(threads[t], NULL) == 0);
    for (int64_t i = 0; i < FIRST; i++) {
        const tffm_operator *operator;
        tffm_operator_info info;
        struct given given;
        OK(tffm_operator_find(first_found[i], "", &operator, &info));
        if (!OK(CALL(&given, first_found[i], "", tensor(x)))) continue;
        for (int64_t t = 0; t < THREADS; t++) {
            CHECK(shares[t].found[i] == operator);
            HOLDS(&given, 0, shares[t].results[i]);
        }
        drop(&given);
    }
    for (int64_t t = 0; t < THREADS; t++) CHECK(shares[t].failures == 0);
    OK(tffm_free(x));
}

const struct test operator_tests[] = {
    TEST(is_found_once),
    TEST(is_described),
    TEST(unknown_names_are_libtorchs_failure),
    TEST(refuses_what_cannot_be_called),
    TEST(refuses_null),
    TEST(is_found_and_called_by_threads),
    {0},
};
