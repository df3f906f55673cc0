/* Failure texts and the versions. */
#include <pthread.h>

#include "check.h"

static void no_failure_no_text(void) { CHECK(strcmp(last_error(), "") == 0); }

static void null_out_parameters(void) {
    CHECK(tffm_last_error(NULL) == TFFM_INVALID_ARGUMENT);
    REFUSED(tffm_libtorch_version(NULL), "version must not be NULL");
    REFUSED(tffm_abi_version(NULL), "version must not be NULL");
}

static void libtorch_version(void) {
    uint64_t found = 0;
    OK(tffm_libtorch_version(&found));
    CHECK(found >> 56 == 2);
    CHECK((found >> 48 & 0xff) >= 13 && (found >> 48 & 0xff) <= 15);
    CHECK((found & 0xffffffffffu) == 0);
}

static void abi_version(void) {
    int32_t found = 0;
    OK(tffm_abi_version(&found));
    CHECK(found == TFFM_ABI);
}

static void success_keeps_the_text(void) {
    REFUSED(tffm_free(NULL), "tensor must not be NULL");
    uint64_t found;
    OK(tffm_libtorch_version(&found));
    CHECK(strstr(last_error(), "tensor must not be NULL") != NULL);
}

/* Checks that the text is libtorch's alone, without a stack. */
static void plain_text(const char *part) {
    const char *text = last_error();
    CHECK(strstr(text, part) != NULL);
    CHECK(strstr(text, "Exception raised from") == NULL);
    CHECK(strstr(text, "frame #") == NULL);
    CHECK(strstr(text, ".so") == NULL);
}

/* Calls by C and by C++ leave out the backtrace in different ways. */
static void no_backtrace(void) {
    float a[6] = {0};
    tffm_tensor *matrix = OVER(a, TFFM_FLOAT32, 2, 3), *result = UNTOUCHED;
    CHECK(tffm_clamp(TFFM_RECORD, TFFM_CLAMP, matrix, a, TFFM_NO_NUMBER, 0, TFFM_NO_NUMBER, 0, &result) ==
          TFFM_TORCH_ERROR);
    plain_text("At least one of 'min' or 'max' must not be None");
    struct given given;
    CHECK(CALL(&given, "aten::mm", "", tensor(matrix), tensor(matrix)) == TFFM_TORCH_ERROR); /* by an entry point */
    plain_text("mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)");
    CHECK(CALL(&given, "aten::mv", "", tensor(matrix), tensor(matrix)) == TFFM_TORCH_ERROR); /* by name */
    plain_text("vector + matrix @ vector expected");
    CHECK(CALL(&given, "aten::none_such", "", none()) == TFFM_TORCH_ERROR);
    plain_text("Could not find schema for aten::none_such");
    CHECK(result == UNTOUCHED && given.count == -1);
    OK(tffm_free(matrix));
}

static void *fail_elsewhere(void *fresh) {
    *(bool *)fresh = strcmp(last_error(), "") == 0;
    REFUSED(tffm_data_ptr(NULL, NULL), "tensor must not be NULL");
    return NULL;
}

static void texts_are_per_thread(void) {
    REFUSED(tffm_libtorch_version(NULL), "version must not be NULL");
    const char *before = last_error();
    pthread_t thread;
    bool fresh = false;
    CHECK(pthread_create(&thread, NULL, fail_elsewhere, &fresh) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(fresh);
    CHECK(last_error() == before);
    CHECK(strstr(last_error(), "version must not be NULL") != NULL);
}

const struct test error_tests[] = {
    TEST(no_failure_no_text),     TEST(null_out_parameters), TEST(libtorch_version),     TEST(abi_version),
    TEST(success_keeps_the_text), TEST(no_backtrace),        TEST(texts_are_per_thread), {0},
};
