/* What the C files need of the one C++ file, besides the functions of torch_ffm.h that it holds. */
#ifndef TFFM_LIBTORCH_CXX_H
#define TFFM_LIBTORCH_CXX_H

#include "torch_ffm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a thread's mode was, for tffm_leave(). */
typedef struct tffm_saved_mode {
    uint64_t included;
    uint64_t excluded;
    uint8_t flags;
} tffm_saved_mode;

/* Refuses what is no sum of enum tffm_mode. */
tffm_status tffm_check_mode(int32_t mode);

/* Puts this thread into a mode that was checked; tffm_leave() must follow. saved: written. */
void tffm_enter(int32_t mode, tffm_saved_mode *saved);
void tffm_leave(const tffm_saved_mode *saved);

/* Leaves the calling function with the status of an expression that is evaluated in a mode. */
#define TFFM_RETURN_IN_MODE(mode, expression)  \
    do {                                       \
        tffm_saved_mode saved_;                \
        TFFM_TRY(tffm_check_mode(mode));       \
        tffm_enter((mode), &saved_);           \
        tffm_status outcome_ = (expression);   \
        tffm_leave(&saved_);                   \
        return outcome_;                       \
    } while (0)

/* Keeps a text of any length for this thread. text: copied. */
void tffm_keep_text(const char *text);

/* The text kept for this thread, or "". Borrowed until the next tffm_keep_text() of this thread. */
const char *tffm_kept_text(void);

/*
 * Writes an operator's schema, such as "aten::relu(Tensor self) -> Tensor", ended by a NUL.
 * buffer: room for capacity bytes.
 */
tffm_status tffm_schema(const char *name, const char *overload, char *buffer, size_t capacity);

/* Fills a tensor with a number: aten::fill_.Scalar. */
tffm_status tffm_fill_(int32_t mode, tffm_tensor *self, int32_t kind, int64_t value);

/* Sets what an info tells of autograd and of the storage. */
tffm_status tffm_describe_cxx(tffm_tensor *self, tffm_info *info);

#ifdef __cplusplus
}
#endif

#endif
