/* Tensors: made over memory, made anew, described, freed. */
#include <stdbool.h>
#include <string.h>

#include "libtorch_c.h"
#include "libtorch_autograd.h"
#include "libtorch_mode.h"
#include "tensor.h"

static AtenTensorHandle handle(tffm_tensor *tensor) { return (AtenTensorHandle)tensor; }

int64_t tffm_element_size(int32_t dtype) {
    switch (dtype) {
        case TFFM_UINT8: case TFFM_INT8: case TFFM_BOOL: return 1;
        case TFFM_INT16: case TFFM_FLOAT16: case TFFM_BFLOAT16: return 2;
        case TFFM_INT32: case TFFM_FLOAT32: return 4;
        case TFFM_INT64: case TFFM_FLOAT64: return 8;
        default: return 0;
    }
}

tffm_status tffm_check_shape(int64_t dim, const int64_t *sizes, int32_t dtype, int64_t *numel) {
    if (tffm_element_size(dtype) == 0) return tffm_refuse("dtype is %d, which is not in enum tffm_dtype", dtype);
    if (dim < 0 || dim > TFFM_MAX_DIM)
        return tffm_refuse("dim is %lld, not within 0 to %d", (long long)dim, TFFM_MAX_DIM);
    if (dim > 0) TFFM_REQUIRE(sizes);
    bool empty = false;
    for (int64_t d = 0; d < dim; d++) {
        if (sizes[d] < 0) return tffm_refuse("sizes[%lld] is %lld, below 0", (long long)d, (long long)sizes[d]);
        empty |= sizes[d] == 0;
    }
    /* The other sizes must not overflow beside a 0 either: libtorch computes strides from them. */
    int64_t product = tffm_element_size(dtype);
    for (int64_t d = 0; d < dim; d++)
        if (sizes[d] > 1 && __builtin_mul_overflow(product, sizes[d], &product))
            return tffm_refuse("the sizes' product in bytes overflows 63 bits at sizes[%lld]", (long long)d);
    *numel = empty ? 0 : product / tffm_element_size(dtype);
    return TFFM_OK;
}

tffm_status tffm_check_strides(int64_t dim, const int64_t *sizes, const int64_t *strides, int64_t storage_offset,
                               int64_t *last) {
    *last = storage_offset;
    for (int64_t d = 0; d < dim; d++) {
        int64_t reach;
        if (strides[d] < 0)
            return tffm_refuse("strides[%lld] is %lld, below 0", (long long)d, (long long)strides[d]);
        if (sizes[d] > 0 && (__builtin_mul_overflow(sizes[d] - 1, strides[d], &reach) ||
                             __builtin_add_overflow(*last, reach, last)))
            return tffm_refuse("the last element's offset overflows 63 bits at strides[%lld]", (long long)d);
    }
    return TFFM_OK;
}

/* A dimension of length 0 counts as one of length 1. */
static void row_major(int64_t dim, const int64_t *sizes, int64_t *strides) {
    int64_t step = 1;
    for (int64_t d = dim - 1; d >= 0; d--) {
        strides[d] = step;
        step *= sizes[d] > 1 ? sizes[d] : 1;
    }
}

tffm_status tffm_from_memory(int32_t mode, void *memory, int64_t bytes, int32_t dtype, int64_t dim,
                             const int64_t *sizes, const int64_t *strides, int64_t storage_offset,
                             tffm_tensor **result) {
    TFFM_REQUIRE(result);
    int64_t numel;
    TFFM_TRY(tffm_check_shape(dim, sizes, dtype, &numel));
    if (dim > 0) TFFM_REQUIRE(strides);
    if (bytes < 0) return tffm_refuse("bytes is %lld, below 0", (long long)bytes);
    if (storage_offset < 0) return tffm_refuse("storage_offset is %lld, below 0", (long long)storage_offset);
    int64_t last;
    TFFM_TRY(tffm_check_strides(dim, sizes, strides, storage_offset, &last));
    if (numel > 0) {
        TFFM_REQUIRE(memory);
        if (last >= bytes / tffm_element_size(dtype))
            return tffm_refuse("the elements reach to offset %lld, memory holds %lld of them", (long long)last,
                               (long long)(bytes / tffm_element_size(dtype)));
    } else if (storage_offset > bytes / tffm_element_size(dtype)) {
        return tffm_refuse("storage_offset is %lld, memory holds %lld elements", (long long)storage_offset,
                           (long long)(bytes / tffm_element_size(dtype)));
    }
    if ((uintptr_t)memory % (uintptr_t)tffm_element_size(dtype) != 0)
        return tffm_refuse("memory is not aligned to %lld bytes", (long long)tffm_element_size(dtype));
    TFFM_RETURN_IN_MODE(
        mode, tffm_check(torch_from_blob(memory, dim, sizes, strides, storage_offset, dtype,
                                         AOTI_DEVICE_TYPE_CPU, -1, (AtenTensorHandle *)result,
                                         AOTI_LAYOUT_STRIDED, NULL, 0, NULL, NULL)));
}

tffm_status tffm_free(tffm_tensor *tensor) {
    TFFM_REQUIRE(tensor);
    return tffm_check(aoti_torch_delete_tensor_object(handle(tensor)));
}

/*
 * Writes a shape, counts the elements, and says whether they lie in row-major order; strides of dimensions of length 1
 * do not count.
 */
static void describe_shape(tffm_info *info, int64_t dim, const int64_t *sizes, const int64_t *strides) {
    uint64_t step = 1; /* may wrap before a size of 0 */
    bool contiguous = true;
    for (int64_t d = dim - 1; d >= 0; d--) {
        info->sizes[d] = sizes[d];
        info->strides[d] = strides[d];
        contiguous &= sizes[d] == 1 || (uint64_t)strides[d] == step;
        step *= (uint64_t)sizes[d];
    }
    info->dim = dim;
    info->numel = (int64_t)step;
    info->contiguous = contiguous || step == 0;
}

tffm_status tffm_describe(tffm_tensor *tensor, tffm_info *info) {
    TFFM_REQUIRE(tensor);
    TFFM_REQUIRE(info);
    int32_t layout, device, dtype;
    TFFM_TRY(tffm_check(aoti_torch_get_layout(handle(tensor), &layout)));
    TFFM_TRY(tffm_check(aoti_torch_get_device_type(handle(tensor), &device)));
    if (layout != AOTI_LAYOUT_STRIDED || device != AOTI_DEVICE_TYPE_CPU)
        return tffm_refuse("the tensor is not a strided one on the CPU (layout %d, device %d)", layout, device);
    int64_t dim, *sizes, *strides, offset;
    void *data;
    TFFM_TRY(tffm_check(aoti_torch_get_dtype(handle(tensor), &dtype)));
    TFFM_TRY(tffm_check(aoti_torch_get_dim(handle(tensor), &dim)));
    TFFM_TRY(tffm_check(aoti_torch_get_sizes(handle(tensor), &sizes)));
    TFFM_TRY(tffm_check(aoti_torch_get_strides(handle(tensor), &strides)));
    TFFM_TRY(tffm_check(aoti_torch_get_storage_offset(handle(tensor), &offset)));
    TFFM_TRY(tffm_check(aoti_torch_get_data_ptr(handle(tensor), &data)));
    if (dim > TFFM_MAX_DIM)
        return tffm_refuse("the tensor has %lld dimensions, more than %d", (long long)dim, TFFM_MAX_DIM);
    for (int64_t d = 0; d < dim; d++) /* aten::expand may give such */
        if (sizes[d] < 0) return tffm_refuse("sizes[%lld] is %lld, below 0", (long long)d, (long long)sizes[d]);
    TFFM_TRY(tffm_describe_autograd(tensor, info));
    describe_shape(info, dim, sizes, strides);
    info->data = data;
    info->storage_offset = offset;
    info->dtype = dtype;
    info->reserved = 0;
    return TFFM_OK;
}

tffm_status tffm_data_ptr(tffm_tensor *tensor, void **address) {
    TFFM_REQUIRE(tensor);
    TFFM_REQUIRE(address);
    return tffm_check(aoti_torch_get_data_ptr(handle(tensor), address));
}

/* By the operator, which refuses false for a tensor that has a history; the C ABI's own function ignores it. */
static tffm_status set_requires_grad(tffm_tensor *self, bool requires_grad) {
    AtenTensorHandle passed;
    TFFM_TRY(tffm_check(aoti_torch_new_tensor_handle(handle(self), &passed)));
    StableIValue stack[] = {(StableIValue)(uintptr_t)passed, requires_grad};
    TFFM_TRY(tffm_check(aoti_torch_call_dispatcher("aten::requires_grad_", "", stack)));
    return tffm_check(aoti_torch_delete_tensor_object((AtenTensorHandle)(uintptr_t)stack[0]));
}

tffm_status tffm_requires_grad_(int32_t mode, tffm_tensor *self, int32_t requires_grad) {
    TFFM_REQUIRE(self);
    TFFM_RETURN_IN_MODE(mode, set_requires_grad(self, requires_grad != 0));
}

tffm_status tffm_empty(int32_t mode, int64_t dim, const int64_t *sizes, int32_t dtype, tffm_tensor **result) {
    TFFM_REQUIRE(result);
    int64_t numel;
    TFFM_TRY(tffm_check_shape(dim, sizes, dtype, &numel));
    int64_t strides[TFFM_MAX_DIM];
    row_major(dim, sizes, strides);
    TFFM_RETURN_IN_MODE(
        mode, tffm_check(aoti_torch_empty_strided(dim, sizes, strides, dtype, AOTI_DEVICE_TYPE_CPU, -1,
                                                  (AtenTensorHandle *)result)));
}
