/* What other files need of tensor.c. */
#ifndef TFFM_TENSOR_H
#define TFFM_TENSOR_H

#include <stdint.h>

/* The bytes of one element, or 0 for a code that is not in enum tffm_dtype. */
int64_t tffm_element_size(int32_t dtype);

#endif
