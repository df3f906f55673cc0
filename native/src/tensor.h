/* What other files need of tensor.c. */
#ifndef TFFM_TENSOR_H
#define TFFM_TENSOR_H

#include "torch_ffm.h"

/* The bytes of one element, or 0 for a code that is not in enum tffm_dtype. */
int64_t tffm_element_size(int32_t dtype);

/* Checks a shape without strides; numel is the product of the sizes. */
tffm_status tffm_check_shape(int64_t dim, const int64_t *sizes, int32_t dtype, int64_t *numel);

/* Checks the strides of a shape that was checked; last is the offset of the last element, if there are any. */
tffm_status tffm_check_strides(int64_t dim, const int64_t *sizes, const int64_t *strides, int64_t storage_offset,
                               int64_t *last);

#endif
