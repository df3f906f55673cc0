/* Tensors exported by DLPack, as the other library sees them. */
#include <pthread.h>
#include <stdlib.h>

#include "check.h"

static void *notes;

static int64_t awaited(void) {
    int64_t key = -1;
    OK(tffm_dlpack_await(&notes, &key));
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
            int32_t dtype = types[i].dtype;
            if (!OK(tffm_dlpack_export(versioned, memory, dtype, 3, sizes, strides, 0, i, &notes, &managed))) continue;
            DLManagedTensor *legacy = managed;
            DLManagedTensorVersioned *current = managed;
            DLTensor tensor = versioned ? current->dl_tensor : legacy->dl_tensor;
            CHECK(tensor.data == memory && tensor.byte_offset == 0 && tensor.ndim == 3);
            CHECK(tensor.device.device_type == 1 && tensor.device.device_id == 0);
            CHECK(memcmp(&tensor.dtype, &types[i].type, sizeof tensor.dtype) == 0);
            CHECK(memcmp(tensor.shape, sizes, sizeof sizes) == 0);
            CHECK(memcmp(tensor.strides, seen, sizeof seen) == 0);
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
    OK(tffm_dlpack_export(1, memory, TFFM_FLOAT64, TFFM_MAX_DIM, ones, ones, 1, INT64_MIN, &notes, &managed));
    DLManagedTensorVersioned *current = managed;
    CHECK(current->dl_tensor.ndim == TFFM_MAX_DIM && current->flags == DLPACK_FLAG_BITMASK_READ_ONLY);
    current->deleter(current);
    CHECK(awaited() == INT64_MIN);
    /* A scalar has arrays too, for consumers that look at the pointers. */
    OK(tffm_dlpack_export(0, memory, TFFM_FLOAT64, 0, NULL, NULL, 0, 5, &notes, &managed));
    DLManagedTensor *legacy = managed;
    CHECK(legacy->dl_tensor.ndim == 0 && legacy->dl_tensor.shape != NULL && legacy->dl_tensor.strides != NULL);
    legacy->deleter(legacy);
    CHECK(awaited() == 5);
    /* DLPack requires NULL for the data of an empty tensor. */
    OK(tffm_dlpack_export(0, memory, TFFM_FLOAT64, 1, (int64_t[]){0}, ones, 0, 6, &notes, &managed));
    legacy = managed;
    CHECK(legacy->dl_tensor.data == NULL && legacy->dl_tensor.shape[0] == 0 && legacy->dl_tensor.strides[0] == 1);
    legacy->deleter(legacy);
    CHECK(awaited() == 6);
}

static void refuses_to_export(void) {
    double memory[2];
    const int64_t one[] = {1}, two[] = {2}, minus[] = {-1};
    void *managed = UNTOUCHED;
    REFUSED(tffm_dlpack_export(0, memory, TFFM_FLOAT64, 1, two, one, 1, 0, &notes, &managed),
            "a DLManagedTensor cannot say");
    REFUSED(tffm_dlpack_export(1, memory, 8, 1, two, one, 0, 0, &notes, &managed), "dtype is 8");
    REFUSED(tffm_dlpack_export(1, memory, TFFM_FLOAT64, 65, two, one, 0, 0, &notes, &managed), "dim is 65");
    REFUSED(tffm_dlpack_export(1, memory, TFFM_FLOAT64, -1, two, one, 0, 0, &notes, &managed), "dim is -1");
    REFUSED(tffm_dlpack_export(1, memory, TFFM_FLOAT64, 1, minus, one, 0, 0, &notes, &managed), "sizes[0] is -1");
    REFUSED(tffm_dlpack_export(1, memory, TFFM_FLOAT64, 1, two, minus, 0, 0, &notes, &managed), "strides[0] is -1");
    REFUSED(tffm_dlpack_export(1, memory, TFFM_FLOAT64, 1, NULL, one, 0, 0, &notes, &managed),
            "sizes must not be NULL");
    REFUSED(tffm_dlpack_export(1, memory, TFFM_FLOAT64, 1, two, NULL, 0, 0, &notes, &managed),
            "strides must not be NULL");
    REFUSED(tffm_dlpack_export(1, NULL, TFFM_FLOAT64, 1, two, one, 0, 0, &notes, &managed), "data must not be NULL");
    REFUSED(tffm_dlpack_export(1, memory, TFFM_FLOAT64, 1, two, one, 0, 0, &notes, NULL), "managed must not be NULL");
    REFUSED(tffm_dlpack_export(1, memory, TFFM_FLOAT64, 1, two, one, 0, 0, NULL, &managed), "notes must not be NULL");
    CHECK(managed == UNTOUCHED);
    REFUSED(tffm_dlpack_await(&notes, NULL), "key must not be NULL");
    int64_t key = 7;
    REFUSED(tffm_dlpack_await(NULL, &key), "notes must not be NULL");
    CHECK(key == 7);
}

/* Another caller of this process does not get what is not its own. */
static void gives_each_caller_its_own(void) {
    double memory[1];
    void *theirs = NULL;
    DLManagedTensorVersioned *managed[2];
    OK(tffm_dlpack_export(1, memory, TFFM_FLOAT64, 0, NULL, NULL, 0, 1, &notes, (void **)&managed[0]));
    OK(tffm_dlpack_export(1, memory, TFFM_FLOAT64, 0, NULL, NULL, 0, 1, &theirs, (void **)&managed[1]));
    managed[1]->deleter(managed[1]);
    CHECK(notes == NULL && theirs != NULL);
    managed[0]->deleter(managed[0]);
    CHECK(awaited() == 1);
    CHECK(notes == NULL);
    int64_t key = -1;
    OK(tffm_dlpack_await(&theirs, &key));
    CHECK(key == 1 && theirs == NULL);
}

/* Consumers on threads of their own: every key is given, and only once. */
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
            OK(tffm_dlpack_export(1, memory, TFFM_FLOAT64, 0, NULL, NULL, 0, t * EACH + i, &notes, &managed[t][i]));
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
    TEST(exports),
    TEST(exports_at_the_edges),
    TEST(refuses_to_export),
    TEST(gives_each_caller_its_own),
    TEST(gives_back_from_any_thread),
    {0},
};
