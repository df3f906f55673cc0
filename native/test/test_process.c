/* What holds for the whole process. These tests come last: they leave it changed. */
#define _GNU_SOURCE
#include <dlfcn.h>

#include "check.h"

static void bounds_threads(void) {
    int32_t before = 0, count = 0;
    OK(tffm_get_num_threads(&before));
    CHECK(before >= 1);
    OK(tffm_set_num_threads(3));
    OK(tffm_get_num_threads(&count));
    CHECK(count == 3);
    const int32_t wrong[] = {0, -1, INT32_MIN, TFFM_MAX_THREADS + 1, INT32_MAX};
    for (int64_t i = 0; i < COUNT(wrong); i++) REFUSED(tffm_set_num_threads(wrong[i]), "must be 1 to 1024");
    REFUSED(tffm_get_num_threads(NULL), "count must not be NULL");
    OK(tffm_get_num_threads(&count));
    CHECK(count == 3);
    OK(tffm_set_num_threads(before));
}

/* OpenBLAS, which not every libtorch has, multiplies matrices by as many threads. */
static void bounds_threads_of_openblas(void) {
    void *function = dlsym(RTLD_DEFAULT, "openblas_get_num_threads");
    if (function == NULL) return;
    int (*get)(void);
    memcpy(&get, &function, sizeof get); /* C11 does not convert it to a pointer to a function */
    int32_t before = 0;
    OK(tffm_get_num_threads(&before));
    for (int32_t count = 1; count < 4; count++) {
        OK(tffm_set_num_threads(count));
        CHECK(get() == count);
    }
    OK(tffm_set_num_threads(before));
}

/* Failures have the same texts without a backtrace, by an entry point and by name. */
static void omits_backtraces(void) {
    float a[] = {1, 2};
    tffm_tensor *x = OVER(a, TFFM_FLOAT32, 2);
    struct given given;
    for (int i = 0; i < 2; i++) {
        TORCH_FAILS(CALL(&given, "aten::reshape", "", tensor(x), INTS(integer(3))), "shape '[3]' is invalid");
        TORCH_FAILS(CALL(&given, "aten::sort", "", tensor(x), integer(7)), "Dimension out of range");
        CHECK(strstr(last_error(), "Exception raised from") == NULL);
        OK(tffm_omit_backtraces());
    }
    OK(tffm_free(x));
}

const struct test process_tests[] = {
    TEST(bounds_threads),
    TEST(bounds_threads_of_openblas),
    TEST(omits_backtraces),
    {0},
};
