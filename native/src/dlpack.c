/* Tensors exported to other libraries by DLPack. */
#include <pthread.h>
#include <stdlib.h>

#include "error.h"
#include "tensor.h"

/* What a consumer holds, in one block, which is also the note of its deletion: so the deleter cannot fail. */
struct export {
    struct export *next;
    void **notes;
    int64_t key;
    union {
        DLManagedTensor legacy;
        DLManagedTensorVersioned versioned;
    } managed;
    int64_t numbers[]; /* the shape, then the strides */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t given_back = PTHREAD_COND_INITIALIZER;

static void give_back(struct export *export) {
    pthread_mutex_lock(&lock);
    export->next = *export->notes;
    *export->notes = export;
    pthread_cond_broadcast(&given_back); /* each caller waits for its own */
    pthread_mutex_unlock(&lock);
}

static void delete_legacy(DLManagedTensor *self) { give_back(self->manager_ctx); }

static void delete_versioned(DLManagedTensorVersioned *self) { give_back(self->manager_ctx); }

tffm_status tffm_dlpack_await(void **notes, int64_t *key) {
    TFFM_REQUIRE(notes);
    TFFM_REQUIRE(key);
    pthread_mutex_lock(&lock);
    while (*notes == NULL) pthread_cond_wait(&given_back, &lock);
    struct export *export = *notes;
    *notes = export->next;
    pthread_mutex_unlock(&lock);
    *key = export->key;
    free(export);
    return TFFM_OK;
}

/* DLPack's code of a type that has passed tffm_check_shape(). */
static uint8_t code_of(int32_t dtype) {
    switch (dtype) {
        case TFFM_UINT8: return kDLUInt;
        case TFFM_FLOAT16: case TFFM_FLOAT32: case TFFM_FLOAT64: return kDLFloat;
        case TFFM_BFLOAT16: return kDLBfloat;
        case TFFM_BOOL: return kDLBool;
        default: return kDLInt;
    }
}

tffm_status tffm_dlpack_export(int32_t versioned, void *data, int32_t dtype, int64_t dim, const int64_t *sizes,
                               const int64_t *strides, int32_t read_only, int64_t key, void **notes, void **managed) {
    TFFM_REQUIRE(notes);
    TFFM_REQUIRE(managed);
    int64_t numel, last;
    TFFM_TRY(tffm_check_shape(dim, sizes, dtype, &numel));
    if (dim > 0) TFFM_REQUIRE(strides);
    TFFM_TRY(tffm_check_strides(dim, sizes, strides, 0, &last));
    if (numel > 0) TFFM_REQUIRE(data);
    if (read_only && !versioned)
        return tffm_refuse("the memory is read-only, which a DLManagedTensor cannot say: export a"
                           " DLManagedTensorVersioned");
    struct export *export = malloc(sizeof *export + 2 * (size_t)dim * sizeof *export->numbers);
    if (export == NULL) return tffm_refuse("there is no memory for a DLPack tensor of %lld dimensions", (long long)dim);
    DLTensor tensor = {
        .data = numel > 0 ? data : NULL,
        .device = {kDLCPU, 0},
        .ndim = (int32_t)dim,
        .dtype = {code_of(dtype), (uint8_t)(8 * tffm_element_size(dtype)), 1},
        .shape = export->numbers,
        .strides = export->numbers + dim,
    };
    for (int64_t d = 0; d < dim; d++) {
        tensor.shape[d] = sizes[d];
        tensor.strides[d] = sizes[d] < 2 ? 1 : strides[d]; /* as PyTorch does: some consumers look at these too */
    }
    export->notes = notes;
    export->key = key;
    if (versioned) {
        export->managed.versioned = (DLManagedTensorVersioned){
            .version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION},
            .manager_ctx = export,
            .deleter = delete_versioned,
            .flags = read_only ? DLPACK_FLAG_BITMASK_READ_ONLY : 0,
            .dl_tensor = tensor,
        };
    } else {
        export->managed.legacy = (DLManagedTensor){.dl_tensor = tensor, .manager_ctx = export, .deleter = delete_legacy};
    }
    *managed = &export->managed;
    return TFFM_OK;
}
