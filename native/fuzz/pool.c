#include "pool.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Tensors of more elements are not kept, as work on them may take long. */
enum { TENSORS = 8, MAX_NUMEL = 1 << 12 };

static tffm_tensor *tensors[TENSORS];

/* Stands before the memory of a block, and keeps it aligned. */
static union header {
    union header *next;
    max_align_t aligned;
} *blocks;

/* The call that is checked, for the message. */
static const char *current = "no call yet";

void expect(bool holds, const char *what, const char *file, int line) {
    if (holds) return;
    const char *text = "";
    tffm_last_error(&text);
    fprintf(stderr, "%s:%d: %s\n    after %s\n    last error: %s\n", file, line, what, current, text);
    abort();
}

void trace(const char *format, ...) {
    static int wanted = -1;
    if (wanted < 0) wanted = getenv("FUZZ_TRACE") != NULL;
    if (!wanted) return;
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
}

/* Leaves a text that no other call leaves, to find failures without a text of their own. */
void before_call(const char *what) {
    current = what;
    trace("%s\n", what);
    tffm_libtorch_version(NULL);
}

bool after_call(tffm_status status) {
    const char *text = NULL;
    if (status == TFFM_OK) return true;
    EXPECT(status == TFFM_TORCH_ERROR || status == TFFM_INVALID_ARGUMENT);
    EXPECT(tffm_last_error(&text) == TFFM_OK && text != NULL && *text != '\0');
    EXPECT(strcmp(text, "version must not be NULL") != 0);
    trace("    status %d: %s\n", status, text);
    return false;
}

void *block(int64_t bytes) {
    union header *made = calloc(1, sizeof *made + (size_t)bytes);
    EXPECT(made != NULL);
    made->next = blocks;
    blocks = made;
    return made + 1;
}

tffm_tensor *pick(struct input *input) {
    tffm_tensor *tensor = tensors[below(input, TENSORS)];
    if (tensor == NULL) tensor = tensors[0];
    return rarely(input) ? NULL : tensor;
}

/* Describes a tensor, and reads its first and last byte; false for a tensor that cannot be described. */
static bool describe(tffm_tensor *tensor, tffm_info *info) {
    static const uint64_t element_sizes[] = {
        [TFFM_UINT8] = 1, [TFFM_INT8] = 1,    [TFFM_INT16] = 2,   [TFFM_INT32] = 4, [TFFM_INT64] = 8,
        [TFFM_FLOAT16] = 2, [TFFM_FLOAT32] = 4, [TFFM_FLOAT64] = 8, [TFFM_BOOL] = 1,  [TFFM_BFLOAT16] = 2};
    void *address;
    if (!TRY(tffm_describe(tensor, info))) return false;
    trace("    dtype %d, data %p, offset %lld, sizes (strides)", info->dtype, info->data,
          (long long)info->storage_offset);
    for (int64_t d = 0; d < info->dim; d++)
        trace(" %lld (%lld)", (long long)info->sizes[d], (long long)info->strides[d]);
    trace("\n");
    uint64_t numel = 1, last = 0; /* may wrap before a size of 0 */
    bool contiguous = true;
    for (int64_t d = info->dim - 1; d >= 0; d--) {
        EXPECT(info->sizes[d] >= 0 || info->numel == 0); /* expand(0, -1) of a scalar has just these sizes */
        contiguous &= info->sizes[d] == 1 || (uint64_t)info->strides[d] == numel;
        numel *= (uint64_t)info->sizes[d];
        last += (uint64_t)(info->sizes[d] - 1) * (uint64_t)info->strides[d];
    }
    EXPECT(numel == (uint64_t)info->numel && info->storage_offset >= 0);
    EXPECT(info->contiguous == (contiguous || numel == 0));
    EXPECT(info->requires_grad == 0 || info->requires_grad == 1);
    EXPECT(TRY(tffm_data_ptr(tensor, &address)) && address == info->data);
    uint64_t size = info->dtype >= 0 && info->dtype < COUNT(element_sizes) ? element_sizes[info->dtype] : 0;
    if (numel > 0 && size > 0) {
        const volatile char *data = info->data;
        (void)data[0];
        (void)data[(last + 1) * size - 1];
    }
    return true;
}

/* A call may have changed any tensor in place, and others that share its memory. */
void check_pool(void) {
    tffm_info info;
    for (int i = 0; i < TENSORS; i++)
        if (tensors[i] != NULL) describe(tensors[i], &info);
}

void adopt(struct input *input, tffm_tensor *tensor) {
    tffm_info info;
    tffm_tensor **slot = &tensors[below(input, TENSORS)];
    EXPECT(tensor != NULL && tensor != UNTOUCHED);
    if (describe(tensor, &info) && info.numel > MAX_NUMEL) slot = &tensor;
    if (*slot != NULL) EXPECT(TRY(tffm_free(*slot)));
    if (slot != &tensor) *slot = tensor;
}

/* A row-major tensor over a block of its own. */
static tffm_tensor *start(int32_t dtype, int64_t bytes, int64_t dim, const int64_t *sizes) {
    int64_t strides[4];
    for (int64_t d = dim - 1, step = 1; d >= 0; step *= sizes[d--]) strides[d] = step;
    tffm_tensor *made = NULL;
    EXPECT(TRY(tffm_from_memory(TFFM_RECORD, block(bytes), bytes, dtype, dim, sizes, strides, 0, &made)));
    return made;
}

/* A few tensors to begin with; the rest of the pool is empty. */
void fill_pool(void) {
    tensors[0] = start(TFFM_FLOAT32, 24, 2, (int64_t[]){2, 3});
    tensors[1] = start(TFFM_FLOAT32, 64, 4, (int64_t[]){1, 2, 2, 4});
    tensors[2] = start(TFFM_INT64, 24, 1, (int64_t[]){3});
    tensors[3] = start(TFFM_FLOAT64, 8, 0, NULL);
    tensors[4] = start(TFFM_BOOL, 6, 2, (int64_t[]){2, 3});
}

void empty_pool(void) {
    for (int i = 0; i < TENSORS; i++) {
        if (tensors[i] != NULL) EXPECT(TRY(tffm_free(tensors[i])));
        tensors[i] = NULL;
    }
    while (blocks != NULL) {
        union header *next = blocks->next;
        free(blocks);
        blocks = next;
    }
}
