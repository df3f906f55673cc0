#include <stdio.h>

#include "check.h"

int32_t mode = TFFM_RECORD;

static bool failing;
static int passed, failed;

bool check_that(bool holds, const char *what, const char *file, int line) {
    if (!holds) {
        failing = true;
        printf("%s:%d: %s\n", file, line, what);
    }
    return holds;
}

bool check_status(tffm_status found, tffm_status wanted, const char *text, const char *what, const char *file,
                  int line) {
    if (found == wanted && (text == NULL || strstr(last_error(), text) != NULL)) return true;
    printf("    status %d, wanted %d; text: %s\n", found, wanted, found == TFFM_OK ? "" : last_error());
    return check_that(false, what, file, line);
}

static void run(const struct test *tests) {
    for (const struct test *test = tests; test->name != NULL; test++) {
        failing = false;
        test->run();
        if (failing) printf("FAILED %s, mode %d\n", test->name, mode);
        *(failing ? &failed : &passed) += 1;
    }
}

int main(void) {
    /* The errors' tests come first: one of them is about a thread that has not failed yet. */
    const struct test *const files[] = {error_tests, tensor_tests,   clamp_tests,  operator_tests,
                                        call_tests,  scalar_tests,   memory_tests, arithmetic_tests,
                                        mode_tests,  gradient_tests, kernel_tests, dlpack_tests,
                                        entry_tests, model_tests};
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int64_t i = 0; i < COUNT(files); i++) run(files[i]);
    mode = TFFM_NO_GRAD;
    run(clamp_tests);
    mode = TFFM_INFERENCE;
    run(clamp_tests);
    run(process_tests);
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
