#include "error.h"

#include <stdarg.h>
#include <stdio.h>

#include "libtorch_c.h"
#include "libtorch_cxx.h"

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

tffm_status tffm_check(int32_t outcome) {
    return outcome == 0 ? TFFM_OK : tffm_fail_torch(torch_exception_get_what_without_backtrace());
}

tffm_status tffm_last_error(const char **text) {
    if (text == NULL) return TFFM_INVALID_ARGUMENT;
    *text = tffm_kept_text();
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
