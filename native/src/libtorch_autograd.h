/* What the C files need of autograd. */
#ifndef TFFM_LIBTORCH_AUTOGRAD_H
#define TFFM_LIBTORCH_AUTOGRAD_H

#include <stdbool.h>

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sets the fields of an info about autograd and the storage. */
tffm_status tffm_describe_autograd(tffm_tensor *self, tffm_info *info);

/* Whether operators on a tensor are recorded. */
tffm_status tffm_asks_for_grad(tffm_tensor *self, bool *asks);

/* Counts a tensor as written; one made in TFFM_INFERENCE has no count. */
tffm_status tffm_bump_version(tffm_tensor *self);

/*
 * The same for all tensors over one memory; never read. NULL for an undefined tensor. A handle leads to one pointer,
 * and that to the TensorImpl, whose third word is this.
 */
static inline const void *tffm_storage(const tffm_tensor *self) {
    const void *const *const *handle = (const void *const *const *)self;
    return (*handle)[2];
}

#ifdef __cplusplus
}
#endif

#endif
