/* What the C files need of the one C++ file, besides the functions of torch_ffm.h that it holds. */
#ifndef TFFM_LIBTORCH_CXX_H
#define TFFM_LIBTORCH_CXX_H

#include "torch_ffm.h"

#ifdef __cplusplus
extern "C" {
#endif

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
tffm_status tffm_fill_(tffm_tensor *self, int32_t kind, int64_t value);

/* Whether operators on a tensor are recorded. */
tffm_status tffm_requires_grad(tffm_tensor *self, int32_t *requires_grad);

#ifdef __cplusplus
}
#endif

#endif
