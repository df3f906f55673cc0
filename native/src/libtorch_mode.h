/* How a thread runs operators while a call lasts. */
#ifndef TFFM_LIBTORCH_MODE_H
#define TFFM_LIBTORCH_MODE_H

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a thread's mode was, and where the thread keeps it, for tffm_leave(). */
typedef struct tffm_saved_mode {
    void *autograd;
    void *keys;
    uint64_t included;
    uint64_t excluded;
    uint8_t flags;
} tffm_saved_mode;

/* Refuses a mode that is not a sum of enum tffm_mode. */
static inline tffm_status tffm_check_mode(int32_t mode) {
    if ((mode & ~(TFFM_NO_GRAD | TFFM_INFERENCE)) == 0) return TFFM_OK;
    return tffm_refuse("mode is %d, which is not a sum of enum tffm_mode", mode);
}

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

#ifdef __cplusplus
}

/* A mode for the length of a block. */
class InMode {
public:
    explicit InMode(int32_t mode) { tffm_enter(mode, &saved); }
    ~InMode() { tffm_leave(&saved); }
    InMode(const InMode &) = delete;
    InMode &operator=(const InMode &) = delete;

private:
    tffm_saved_mode saved;
};
#endif

#endif
