/* Tensors exchanged with other libraries by DLPack: theirs that are borrowed, and ours that are lent. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "tensor.h"

static const struct {
    int32_t dtype;
    DLDataType type;
} dtypes[] = {
    {TFFM_UINT8, {kDLUInt, 8, 1}},     {TFFM_INT8, {kDLInt, 8, 1}},       {TFFM_INT16, {kDLInt, 16, 1}},
    {TFFM_INT32, {kDLInt, 32, 1}},     {TFFM_INT64, {kDLInt, 64, 1}},     {TFFM_FLOAT16, {kDLFloat, 16, 1}},
    {TFFM_FLOAT32, {kDLFloat, 32, 1}}, {TFFM_FLOAT64, {kDLFloat, 64, 1}}, {TFFM_BFLOAT16, {kDLBfloat, 16, 1}},
    {TFFM_BOOL, {kDLBool, 8, 1}},
};

enum { DTYPES = sizeof dtypes / sizeof *dtypes };

/* ---- borrowed ---- */

static tffm_status find_dtype(DLDataType type, int32_t *dtype) {
    for (int i = 0; i < DTYPES; i++) {
        if (memcmp(&type, &dtypes[i].type, sizeof type) == 0) {
            *dtype = dtypes[i].dtype;
            return TFFM_OK;
        }
    }
    return tffm_refuse("dtype is code %d of %d bits and %d lanes, which is the type of no tensor here", type.code,
                       type.bits, type.lanes);
}

static tffm_status read_tensor(const DLTensor *tensor, tffm_dlpack_info *found) {
    if (tensor->device.device_type != kDLCPU)
        return tffm_refuse("device_type is %d, and must be %d, the CPU's", tensor->device.device_type, kDLCPU);
    TFFM_TRY(find_dtype(tensor->dtype, &found->dtype));
    int64_t numel, last;
    TFFM_TRY(tffm_check_shape(tensor->ndim, tensor->shape, found->dtype, &numel));
    found->dim = tensor->ndim;
    if (found->dim > 0) memcpy(found->sizes, tensor->shape, (size_t)found->dim * sizeof *found->sizes);
    if (found->dim > 0 && tensor->strides != NULL) {
        memcpy(found->strides, tensor->strides, (size_t)found->dim * sizeof *found->strides);
    } else {
        tffm_row_major(found->dim, found->sizes, found->strides);
    }
    TFFM_TRY(tffm_check_strides(found->dim, found->sizes, found->strides, 0, &last));
    if (numel == 0) return TFFM_OK;
    if (tensor->data == NULL)
        return tffm_refuse("data is NULL, and the tensor has %lld elements", (long long)numel);
    uintptr_t address, end, size = (uintptr_t)tffm_element_size(found->dtype);
    if (__builtin_add_overflow(last, 1, &last) || __builtin_mul_overflow(last, size, &found->bytes) ||
        __builtin_add_overflow((uintptr_t)tensor->data, tensor->byte_offset, &address) ||
        __builtin_add_overflow(address, found->bytes, &end))
        return tffm_refuse("data is %p and byte_offset %llu, and the elements reach beyond all memory", tensor->data,
                           (unsigned long long)tensor->byte_offset);
    if (address % size != 0)
        return tffm_refuse("data + byte_offset is %p, not aligned to the element's %lld bytes", (void *)address,
                           (long long)size);
    found->data = (void *)address;
    return TFFM_OK;
}

static tffm_status read_versioned(DLManagedTensorVersioned *managed, tffm_dlpack_info *found) {
    DLPackVersion version = managed->version;
    if (version.major != DLPACK_MAJOR_VERSION) {
        if (managed->deleter != NULL) managed->deleter(managed); /* all that may be done with it */
        return tffm_refuse("version is %u.%u, and must be %d.x; the deleter has been called, as DLPack demands",
                           version.major, version.minor, DLPACK_MAJOR_VERSION);
    }
    const uint64_t known = DLPACK_FLAG_BITMASK_READ_ONLY | DLPACK_FLAG_BITMASK_IS_COPIED |
                           DLPACK_FLAG_BITMASK_IS_SUBBYTE_TYPE_PADDED;
    if ((managed->flags & ~known) != 0)
        return tffm_refuse("flags is 0x%llx, of which only those in 0x%llx are known",
                           (unsigned long long)managed->flags, (unsigned long long)known);
    found->read_only = (managed->flags & DLPACK_FLAG_BITMASK_READ_ONLY) != 0;
    return read_tensor(&managed->dl_tensor, found);
}

tffm_status tffm_dlpack_import(int32_t versioned, void *managed, tffm_dlpack_info *info) {
    TFFM_REQUIRE(managed);
    TFFM_REQUIRE(info);
    if ((uintptr_t)managed % _Alignof(DLManagedTensorVersioned) != 0)
        return tffm_refuse("managed is %p, not aligned to %d bytes", managed, (int)_Alignof(DLManagedTensorVersioned));
    tffm_dlpack_info found = {0};
    TFFM_TRY(versioned ? read_versioned(managed, &found)
                       : read_tensor(&((DLManagedTensor *)managed)->dl_tensor, &found));
    *info = found;
    return TFFM_OK;
}

tffm_status tffm_dlpack_release(int32_t versioned, void *managed) {
    TFFM_REQUIRE(managed);
    if (versioned) {
        DLManagedTensorVersioned *tensor = managed;
        if (tensor->deleter != NULL) tensor->deleter(tensor);
    } else {
        DLManagedTensor *tensor = managed;
        if (tensor->deleter != NULL) tensor->deleter(tensor);
    }
    return TFFM_OK;
}

/* ---- lent ---- */

/* What a consumer holds, in one block, which is also the note that it was given back: a deleter cannot fail. */
struct lent {
    struct lent *next;
    int64_t key;
    union {
        DLManagedTensor legacy;
        DLManagedTensorVersioned versioned;
    } managed;
    int64_t numbers[]; /* the shape, then the strides */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t given_back = PTHREAD_COND_INITIALIZER;
static struct lent *returned;

static void give_back(struct lent *lent) {
    pthread_mutex_lock(&lock);
    lent->next = returned;
    returned = lent;
    pthread_cond_signal(&given_back);
    pthread_mutex_unlock(&lock);
}

static void delete_legacy(DLManagedTensor *self) { give_back(self->manager_ctx); }

static void delete_versioned(DLManagedTensorVersioned *self) { give_back(self->manager_ctx); }

tffm_status tffm_dlpack_await(int64_t *key) {
    TFFM_REQUIRE(key);
    pthread_mutex_lock(&lock);
    while (returned == NULL) pthread_cond_wait(&given_back, &lock);
    struct lent *lent = returned;
    returned = lent->next;
    pthread_mutex_unlock(&lock);
    *key = lent->key;
    free(lent);
    return TFFM_OK;
}

static DLDataType type_of(int32_t dtype) {
    int i = 0;
    while (dtypes[i].dtype != dtype) i++; /* one of them, by tffm_check_shape() */
    return dtypes[i].type;
}

tffm_status tffm_dlpack_export(int32_t versioned, void *data, int32_t dtype, int64_t dim, const int64_t *sizes,
                               const int64_t *strides, int32_t read_only, int64_t key, void **managed) {
    TFFM_REQUIRE(managed);
    int64_t numel, last;
    TFFM_TRY(tffm_check_shape(dim, sizes, dtype, &numel));
    if (dim > 0) TFFM_REQUIRE(strides);
    TFFM_TRY(tffm_check_strides(dim, sizes, strides, 0, &last));
    if (numel > 0) TFFM_REQUIRE(data);
    if (read_only && !versioned)
        return tffm_refuse("the memory is read-only, which a DLManagedTensor cannot say: export a"
                           " DLManagedTensorVersioned");
    struct lent *lent = malloc(sizeof *lent + 2 * (size_t)dim * sizeof *lent->numbers);
    if (lent == NULL) return tffm_refuse("there is no memory for a DLPack tensor of %lld dimensions", (long long)dim);
    DLTensor tensor = {
        .data = numel > 0 ? data : NULL,
        .device = {kDLCPU, 0},
        .ndim = (int32_t)dim,
        .dtype = type_of(dtype),
        .shape = lent->numbers,
        .strides = lent->numbers + dim,
    };
    for (int64_t d = 0; d < dim; d++) {
        tensor.shape[d] = sizes[d];
        tensor.strides[d] = sizes[d] < 2 ? 1 : strides[d]; /* as PyTorch: some consumers look at those too */
    }
    lent->key = key;
    if (versioned) {
        lent->managed.versioned = (DLManagedTensorVersioned){
            .version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION},
            .manager_ctx = lent,
            .deleter = delete_versioned,
            .flags = read_only ? DLPACK_FLAG_BITMASK_READ_ONLY : 0,
            .dl_tensor = tensor,
        };
    } else {
        lent->managed.legacy = (DLManagedTensor){.dl_tensor = tensor, .manager_ctx = lent, .deleter = delete_legacy};
    }
    *managed = &lent->managed;
    return TFFM_OK;
}
