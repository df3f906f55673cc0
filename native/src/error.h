/* Turns failures into statuses, and keeps their texts for tffm_last_error(). */
#ifndef TFFM_ERROR_H
#define TFFM_ERROR_H

#include "torch_ffm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Keeps a text as this thread's last failure. text: copied. */
void tffm_keep_text(const char *text);

/* Keeps a text of libtorch. Returns TFFM_TORCH_ERROR. */
tffm_status tffm_fail_torch(const char *text);

/* Refuses an argument; the text is formatted as printf does. Returns TFFM_INVALID_ARGUMENT. */
#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
tffm_status tffm_refuse(const char *format, ...);

/* Keeps the text of a failed call of libtorch's C ABI. Returns TFFM_TORCH_ERROR. */
tffm_status tffm_fail_c(void);

/* Turns the outcome of a call of libtorch's C ABI into a status. */
static inline tffm_status tffm_check(int32_t outcome) { return outcome == 0 ? TFFM_OK : tffm_fail_c(); }

/* Leaves the calling function with a failure's status. */
#define TFFM_TRY(expression)                   \
    do {                                       \
        tffm_status status_ = (expression);    \
        if (status_ != TFFM_OK) return status_; \
    } while (0)

/* Leaves the calling function when a pointer that must be given is NULL. */
#define TFFM_REQUIRE(pointer) \
    do { \
        if ((pointer) == NULL) return tffm_refuse("%s must not be NULL", #pointer); \
    } while (0)

#ifdef __cplusplus
}
#endif

#endif
