/* The last failure's text of each thread. */
#include "error.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libtorch_c.h"

/* Its destructor frees a thread's text when the thread ends. */
static pthread_key_t texts;
static pthread_once_t made = PTHREAD_ONCE_INIT;

static void make_key(void) { pthread_key_create(&texts, free); }

void tffm_keep_text(const char *text) {
    pthread_once(&made, make_key);
    char *copy = malloc(strlen(text) + 1);
    if (copy != NULL) strcpy(copy, text);
    free(pthread_getspecific(texts));
    pthread_setspecific(texts, copy);
}

tffm_status tffm_fail_torch(const char *text) {
    tffm_keep_text(text);
    return TFFM_TORCH_ERROR;
}

tffm_status tffm_refuse(const char *format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    tffm_keep_text(text);
    return TFFM_INVALID_ARGUMENT;
}

tffm_status tffm_fail_c(void) { return tffm_fail_torch(torch_exception_get_what_without_backtrace()); }

tffm_status tffm_last_error(const char **text) {
    if (text == NULL) return TFFM_INVALID_ARGUMENT;
    pthread_once(&made, make_key);
    const char *kept = pthread_getspecific(texts);
    *text = kept == NULL ? "" : kept;
    return TFFM_OK;
}

tffm_status tffm_libtorch_version(uint64_t *version) {
    TFFM_REQUIRE(version);
    *version = aoti_torch_abi_version();
    return TFFM_OK;
}

tffm_status tffm_abi_version(int32_t *version) {
    TFFM_REQUIRE(version);
    *version = TFFM_ABI;
    return TFFM_OK;
}
