/* Tensors exchanged by DLPack, seen from the other library. */
#include <pthread.h>
#include <stdlib.h>

#include "check.h"

/* ---- theirs ---- */

static int deleted;
static void *deleted_last;

static void count_legacy(DLManagedTensor *self) {
    deleted++;
    deleted_last = self;
}

static void count_versioned(DLManagedTensorVersioned *self) {
    deleted++;
    deleted_last = self;
}

/* A tensor that is fine, in both forms. */
struct theirs {
    float elements[24];
    int64_t shape[2], strides[2];
    DLManagedTensor legacy;
    DLManagedTensorVersioned versioned;
};

static struct theirs *theirs(void) {
    struct theirs *made = calloc(1, sizeof *made);
    made->shape[0] = 2;
    made->shape[1] = 3;
    made->strides[0] = 8;
    made->strides[1] = 2;
    DLTensor tensor = {.data = made->elements,
                       .device = {kDLCPU, 0},
                       .ndim = 2,
                       .dtype = {kDLFloat, 32, 1},
                       .shape = made->shape,
                       .strides = made->strides,
                       .byte_offset = 8};
    made->legacy = (DLManagedTensor){.dl_tensor = tensor, .deleter = count_legacy};
    made->versioned = (DLManagedTensorVersioned){
        .version = {1, 0}, .deleter = count_versioned, .dl_tensor = tensor};
    deleted = 0;
    deleted_last = NULL;
    return made;
}

static void describes_theirs(void) {
    struct theirs *t = theirs();
    void *const managed[] = {&t->legacy, &t->versioned};
    for (int32_t versioned = 0; versioned < 2; versioned++) {
        tffm_dlpack_info info;
        if (!OK(tffm_dlpack_import(versioned, managed[versioned], &info))) continue;
        CHECK(info.data == t->elements + 2 && info.bytes == (8 + 2 * 2 + 1) * 4);
        CHECK(info.dim == 2 && info.dtype == TFFM_FLOAT32 && info.read_only == 0);
        CHECK(memcmp(info.sizes, t->shape, sizeof t->shape) == 0);
        CHECK(memcmp(info.strides, t->strides, sizeof t->strides) == 0);
        CHECK(deleted == versioned);
        OK(tffm_dlpack_release(versioned, managed[versioned]));
        CHECK(deleted == versioned + 1 && deleted_last == managed[versioned]);
    }
    free(t);
}

static void accepts_odd_theirs(void) {
    struct theirs *t = theirs();
    tffm_dlpack_info info;
    DLTensor *tensor = &t->versioned.dl_tensor;
    /* Older producers give no strides for what is row-major. */
    tensor->strides = NULL;
    OK(tffm_dlpack_import(1, &t->versioned, &info));
    CHECK(info.strides[0] == 3 && info.strides[1] == 1 && info.bytes == 24);
    /* A scalar needs no arrays. */
    tensor->ndim = 0;
    tensor->shape = NULL;
    OK(tffm_dlpack_import(1, &t->versioned, &info));
    CHECK(info.dim == 0 && info.bytes == 4 && info.data == t->elements + 2);
    /* Nothing needs no data, wherever it is. */
    tensor->ndim = 2;
    tensor->shape = t->shape;
    t->shape[0] = 0;
    tensor->byte_offset = 1;
    OK(tffm_dlpack_import(1, &t->versioned, &info));
    CHECK(info.data == NULL && info.bytes == 0 && info.sizes[0] == 0 && info.sizes[1] == 3);
    tensor->data = NULL;
    OK(tffm_dlpack_import(1, &t->versioned, &info));
    CHECK(info.data == NULL);
    /* A later minor version has the same structs. */
    t->versioned.version.minor = 99;
    t->versioned.flags = DLPACK_FLAG_BITMASK_READ_ONLY | DLPACK_FLAG_BITMASK_IS_COPIED;
    OK(tffm_dlpack_import(1, &t->versioned, &info));
    CHECK(info.read_only == 1);
    CHECK(deleted == 0);
    free(t);
}

static void null_deleters(void) {
    struct theirs *t = theirs();
    t->legacy.deleter = NULL;
    t->versioned.deleter = NULL;
    OK(tffm_dlpack_release(0, &t->legacy));
    OK(tffm_dlpack_release(1, &t->versioned));
    t->versioned.version.major = 2;
    tffm_dlpack_info info;
    REFUSED(tffm_dlpack_import(1, &t->versioned, &info), "version is 2.0");
    free(t);
}

/* What is refused stays the caller's. */
static void refuses_bad_theirs(void) {
    static const int64_t minus[] = {2, -1}, huge[] = {INT64_MAX / 2, 3}, most[] = {INT64_MAX, 1};
    const DLTensor fine = {.device = {kDLCPU, 0}, .ndim = 2, .dtype = {kDLFloat, 32, 1}};
    struct {
        const char *text;
        DLTensor tensor; /* data, shape and strides that are NULL are filled in */
    } cases[] = {
        {"device_type is 2, and must be 1", fine},
        {"device_type is -1", fine},
        {"dtype is code 2 of 32 bits and 4 lanes", fine},
        {"dtype is code 2 of 32 bits and 0 lanes", fine},
        {"dtype is code 5 of 64 bits", fine},
        {"dtype is code 1 of 16 bits", fine},
        {"dtype is code 2 of 8 bits", fine},
        {"dtype is code 6 of 1 bits", fine},
        {"dtype is code 255 of 255 bits and 65535 lanes", fine},
        {"dim is -1, not within 0 to 64", fine},
        {"dim is 65", fine},
        {"dim is -2147483648", fine},
        {"dim is 2147483647", fine},
        {"sizes[1] is -1, below 0", fine},
        {"overflows 63 bits at sizes[0]", fine},
        {"strides[1] is -1, below 0", fine},
        {"overflows 63 bits at strides[0]", fine},
        {"reach beyond all memory", fine},
        {"reach beyond all memory", fine},
        {"not aligned to the element's 4 bytes", fine},
    };
    int i = 0;
    cases[i++].tensor.device.device_type = 2;
    cases[i++].tensor.device.device_type = -1;
    cases[i++].tensor.dtype.lanes = 4;
    cases[i++].tensor.dtype.lanes = 0;
    cases[i++].tensor.dtype = (DLDataType){5, 64, 1};
    cases[i++].tensor.dtype = (DLDataType){1, 16, 1};
    cases[i++].tensor.dtype = (DLDataType){2, 8, 1};
    cases[i++].tensor.dtype = (DLDataType){6, 1, 1};
    cases[i++].tensor.dtype = (DLDataType){255, 255, 65535};
    cases[i++].tensor.ndim = -1;
    cases[i++].tensor.ndim = 65;
    cases[i++].tensor.ndim = INT32_MIN;
    cases[i++].tensor.ndim = INT32_MAX;
    cases[i++].tensor.shape = (int64_t *)minus;
    cases[i++].tensor.shape = (int64_t *)huge;
    cases[i++].tensor.strides = (int64_t *)minus;
    cases[i].tensor.dtype = (DLDataType){kDLInt, 8, 1};
    cases[i].tensor.shape = (int64_t *)(const int64_t[]){3, 1};
    cases[i++].tensor.strides = (int64_t *)most;
    cases[i].tensor.shape = (int64_t *)(const int64_t[]){2, 1};
    cases[i++].tensor.strides = (int64_t *)most; /* an offset that is none in bytes */
    cases[i++].tensor.byte_offset = UINT64_MAX - 7;
    cases[i++].tensor.byte_offset = 2;
    CHECK(i == COUNT(cases));
    struct theirs *t = theirs();
    for (i = 0; i < COUNT(cases); i++) {
        DLTensor *tensor = &cases[i].tensor;
        tensor->data = t->elements;
        if (tensor->shape == NULL) tensor->shape = t->shape;
        if (tensor->strides == NULL) tensor->strides = t->strides;
        t->legacy.dl_tensor = t->versioned.dl_tensor = *tensor;
        tffm_dlpack_info info = {.dim = -7};
        REFUSED(tffm_dlpack_import(0, &t->legacy, &info), cases[i].text);
        REFUSED(tffm_dlpack_import(1, &t->versioned, &info), cases[i].text);
        CHECK(info.dim == -7 && deleted == 0);
    }
    free(t);
    t = theirs();
    tffm_dlpack_info info;
    t->legacy.dl_tensor.data = NULL;
    REFUSED(tffm_dlpack_import(0, &t->legacy, &info), "data is NULL, and the tensor has 6 elements");
    t->legacy.dl_tensor.shape = NULL;
    REFUSED(tffm_dlpack_import(0, &t->legacy, &info), "sizes must not be NULL");
    t->versioned.flags = 8;
    REFUSED(tffm_dlpack_import(1, &t->versioned, &info), "flags is 0x8, of which only those in 0x7 are known");
    REFUSED(tffm_dlpack_import(1, (char *)&t->versioned + 4, &info), "not aligned to 8 bytes");
    CHECK(deleted == 0);
    free(t);
}

/* Of another major version nothing is known but how it is deleted: the rest must not even be read. */
static void deletes_another_major_version(void) {
    struct theirs *t = theirs();
    tffm_dlpack_info info = {.dim = -7};
    memset(&t->versioned.flags, 0xFF, sizeof t->versioned - offsetof(DLManagedTensorVersioned, flags));
    t->versioned.version = (DLPackVersion){2, 5};
    REFUSED(tffm_dlpack_import(1, &t->versioned, &info), "version is 2.5, and must be 1.x; the deleter has been called");
    CHECK(deleted == 1 && deleted_last == &t->versioned);
    t->versioned.version = (DLPackVersion){0, 8};
    REFUSED(tffm_dlpack_import(1, &t->versioned, &info), "version is 0.8");
    CHECK(deleted == 2 && info.dim == -7);
    free(t);
}

/* ---- ours ---- */

static int64_t awaited(void) {
    int64_t key = -1;
    OK(tffm_dlpack_await(&key));
    return key;
}

static void exports(void) {
    static const struct {
        int32_t dtype;
        DLDataType type;
    } types[] = {
        {TFFM_UINT8, {1, 8, 1}},    {TFFM_INT8, {0, 8, 1}},     {TFFM_INT16, {0, 16, 1}},   {TFFM_INT32, {0, 32, 1}},
        {TFFM_INT64, {0, 64, 1}},   {TFFM_FLOAT16, {2, 16, 1}}, {TFFM_FLOAT32, {2, 32, 1}}, {TFFM_FLOAT64, {2, 64, 1}},
        {TFFM_BFLOAT16, {4, 16, 1}}, {TFFM_BOOL, {6, 8, 1}},
    };
    double memory[24];
    const int64_t sizes[] = {2, 1, 3}, strides[] = {8, 77, 2}, seen[] = {8, 1, 2};
    for (int64_t i = 0; i < COUNT(types); i++) {
        for (int32_t versioned = 0; versioned < 2; versioned++) {
            void *managed = NULL;
            if (!OK(tffm_dlpack_export(versioned, memory, types[i].dtype, 3, sizes, strides, 0, i, &managed))) continue;
            DLManagedTensor *legacy = managed;
            DLManagedTensorVersioned *current = managed;
            DLTensor tensor = versioned ? current->dl_tensor : legacy->dl_tensor;
            CHECK(tensor.data == memory && tensor.byte_offset == 0 && tensor.ndim == 3);
            CHECK(tensor.device.device_type == 1 && tensor.device.device_id == 0);
            CHECK(memcmp(&tensor.dtype, &types[i].type, sizeof tensor.dtype) == 0);
            CHECK(memcmp(tensor.shape, sizes, sizeof sizes) == 0);
            CHECK(memcmp(tensor.strides, seen, sizeof seen) == 0);
            tffm_dlpack_info info;
            OK(tffm_dlpack_import(versioned, managed, &info));
            CHECK(info.data == memory && info.dtype == types[i].dtype && info.dim == 3 && info.read_only == 0);
            if (versioned) {
                CHECK(current->version.major == 1 && current->flags == 0);
                current->deleter(current);
            } else {
                legacy->deleter(legacy);
            }
            CHECK(awaited() == i);
        }
    }
}

static void exports_at_the_edges(void) {
    double memory[1];
    void *managed = NULL;
    int64_t ones[TFFM_MAX_DIM];
    for (int d = 0; d < TFFM_MAX_DIM; d++) ones[d] = 1;
    OK(tffm_dlpack_export(1, memory, TFFM_FLOAT64, TFFM_MAX_DIM, ones, ones, 1, INT64_MIN, &managed));
    DLManagedTensorVersioned *current = managed;
    CHECK(current->dl_tensor.ndim == TFFM_MAX_DIM && current->flags == DLPACK_FLAG_BITMASK_READ_ONLY);
    OK(tffm_dlpack_release(1, managed));
    CHECK(awaited() == INT64_MIN);
    /* A scalar has arrays too, for consumers that look at the pointers. */
    OK(tffm_dlpack_export(0, memory, TFFM_FLOAT64, 0, NULL, NULL, 0, 5, &managed));
    DLManagedTensor *legacy = managed;
    CHECK(legacy->dl_tensor.ndim == 0 && legacy->dl_tensor.shape != NULL && legacy->dl_tensor.strides != NULL);
    OK(tffm_dlpack_release(0, managed));
    CHECK(awaited() == 5);
    /* DLPack wants NULL for the data of nothing. */
    OK(tffm_dlpack_export(0, memory, TFFM_FLOAT64, 1, (int64_t[]){0}, ones, 0, 6, &managed));
    legacy = managed;
    CHECK(legacy->dl_tensor.data == NULL && legacy->dl_tensor.shape[0] == 0 && legacy->dl_tensor.strides[0] == 1);
    OK(tffm_dlpack_release(0, managed));
    CHECK(awaited() == 6);
}

static void refuses_to_export(void) {
    double memory[2];
    const int64_t one[] = {1}, two[] = {2}, minus[] = {-1};
    void *managed = UNTOUCHED;
    REFUSED(tffm_dlpack_export(0, memory, TFFM_FLOAT64, 1, two, one, 1, 0, &managed), "a DLManagedTensor cannot say");
    REFUSED(tffm_dlpack_export(1, memory, 8, 1, two, one, 0, 0, &managed), "dtype is 8");
    REFUSED(tffm_dlpack_export(1, memory, TFFM_FLOAT64, 65, two, one, 0, 0, &managed), "dim is 65");
    REFUSED(tffm_dlpack_export(1, memory, TFFM_FLOAT64, -1, two, one, 0, 0, &managed), "dim is -1");
    REFUSED(tffm_dlpack_export(1, memory, TFFM_FLOAT64, 1, minus, one, 0, 0, &managed), "sizes[0] is -1");
    REFUSED(tffm_dlpack_export(1, memory, TFFM_FLOAT64, 1, two, minus, 0, 0, &managed), "strides[0] is -1");
    REFUSED(tffm_dlpack_export(1, memory, TFFM_FLOAT64, 1, NULL, one, 0, 0, &managed), "sizes must not be NULL");
    REFUSED(tffm_dlpack_export(1, memory, TFFM_FLOAT64, 1, two, NULL, 0, 0, &managed), "strides must not be NULL");
    REFUSED(tffm_dlpack_export(1, NULL, TFFM_FLOAT64, 1, two, one, 0, 0, &managed), "data must not be NULL");
    REFUSED(tffm_dlpack_export(1, memory, TFFM_FLOAT64, 1, two, one, 0, 0, NULL), "managed must not be NULL");
    CHECK(managed == UNTOUCHED);
    tffm_dlpack_info info;
    for (int32_t versioned = 0; versioned < 2; versioned++) {
        REFUSED(tffm_dlpack_import(versioned, NULL, &info), "managed must not be NULL");
        REFUSED(tffm_dlpack_import(versioned, memory, NULL), "info must not be NULL");
        REFUSED(tffm_dlpack_release(versioned, NULL), "managed must not be NULL");
    }
    REFUSED(tffm_dlpack_await(NULL), "key must not be NULL");
}

/* Consumers on threads of their own: every key is told, and once. */
enum { THREADS = 4, EACH = 500 };

static void *give_back_each(void *managed) {
    for (int i = 0; i < EACH; i++) {
        DLManagedTensorVersioned *tensor = ((void **)managed)[i];
        tensor->deleter(tensor);
    }
    return NULL;
}

static void gives_back_from_any_thread(void) {
    static void *managed[THREADS][EACH];
    static int told[THREADS * EACH];
    double memory[1];
    pthread_t threads[THREADS];
    for (int t = 0; t < THREADS; t++) {
        for (int i = 0; i < EACH; i++)
            OK(tffm_dlpack_export(1, memory, TFFM_FLOAT64, 0, NULL, NULL, 0, t * EACH + i, &managed[t][i]));
        CHECK(pthread_create(&threads[t], NULL, give_back_each, managed[t]) == 0);
    }
    for (int i = 0; i < THREADS * EACH; i++) {
        int64_t key = awaited();
        if (CHECK(key >= 0 && key < THREADS * EACH)) told[key]++;
    }
    for (int t = 0; t < THREADS; t++) pthread_join(threads[t], NULL);
    for (int i = 0; i < THREADS * EACH; i++) CHECK(told[i] == 1);
}

const struct test dlpack_tests[] = {
    TEST(describes_theirs),
    TEST(accepts_odd_theirs),
    TEST(null_deleters),
    TEST(refuses_bad_theirs),
    TEST(deletes_another_major_version),
    TEST(exports),
    TEST(exports_at_the_edges),
    TEST(refuses_to_export),
    TEST(gives_back_from_any_thread),
    {0},
};
